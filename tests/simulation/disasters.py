"""What goes wrong: processes die, clocks are wrong, and time is taken back: a portal restored from a copy, a machine's
file copied to another machine, or rewound.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from portal.domain.epochs import begin_epoch
from tests.simulation.machine import Machine
from tests.simulation.process import settle
from tests.simulation.world import World


async def doom_machine(world: World, machine: Machine) -> None:
    """A kiosk will die at some statement."""
    machine.process.doom(world.chance.randrange(40))


async def doom_portal(world: World, _: Machine) -> None:
    """The portal will die at some statement."""
    world.portal.doom(world.chance.randrange(80))


async def kill(_: World, machine: Machine) -> None:
    """A kiosk dies while it waits for the network, or for nothing."""
    machine.kill()


async def lose_patience(_: World, machine: Machine) -> None:
    """No answer came in time."""
    machine.lose_patience()


async def stop_waiting(_: World, machine: Machine) -> None:
    """Somebody at the desk waited too long for a claim: it is broken off, wherever it is."""
    machine.stop_waiting()


async def turn_clock(world: World, machine: Machine) -> None:
    """A clock is wrong by up to a day."""
    machine.skew = timedelta(seconds=world.chance.randint(-86_400, 86_400))
    world.note(f"{machine.process.name}: its clock is wrong by {machine.skew}")


async def pass_night(world: World, _: Machine) -> None:
    """Nothing happens for hours."""
    world.pass_time(timedelta(hours=world.chance.randint(2, 14)))


async def pass_days(world: World, _: Machine) -> None:
    """Nothing happens for days."""
    world.pass_time(timedelta(hours=world.chance.randint(40, 80)))


async def back_up(world: World, _: Machine) -> None:
    """Somebody makes a backup of the portal."""
    world.start(world.portal, "back up", world.back_up())


async def restore(world: World, _: Machine) -> None:
    """The portal dies and comes back as it was; mostly by the command that says so, else by whoever copies files."""
    world.portal.dead = True
    await settle()
    known = _leases(world)
    await world.portal.close()
    _put_in_place(world.backup, world.portal.path)
    await world.portal.open()
    _forget(world, known)
    if world.chance.random() < 0.7:
        world.start(world.portal, "new epoch", begin_epoch(world.now, "restored"))
        await settle()


def _leases(world: World) -> dict[str, tuple[str, str]]:
    return {row["id"]: (row["state"], row["kiosk"]) for row in world.portal.look("SELECT id, state, kiosk FROM lease")}


def _forget(world: World, known: dict[str, tuple[str, str]]) -> None:
    """Write down what the portal does not remember, or remembers otherwise."""
    left = _leases(world)
    forgotten = {lease for lease in known.keys() | left.keys() if known.get(lease) != left.get(lease)}
    world.ledger.forgotten |= forgotten
    entries = {row["hash"] for row in world.portal.look("SELECT hash FROM kiosk_entry")}
    if world.ledger.purged - entries:
        world.blame("a restored portal lacks what kiosks have purged")
    world.lose_what_nobody_keeps()
    world.begin_anew()
    world.note(f"portal: restored, {len(forgotten)} leases were different")


def _put_in_place(copy: Path, path: Path) -> None:
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)
    path.write_bytes(copy.read_bytes())


async def keep_image(world: World, machine: Machine) -> None:
    """Somebody makes an image of a machine."""
    machine.process.copy_file(_image(world, machine))
    world.note(f"{machine.process.name}: image")


def _image(world: World, machine: Machine) -> Path:
    return world.folder / f"{machine.process.name}.image"


async def add_twin(world: World, machine: Machine) -> None:
    """A second machine with the same file."""
    if len(world.machines) > len(world.template.ids):
        return
    world.ledger.copied.add(str(machine.kiosk))
    world.ledger.forked.add(str(machine.kiosk))
    twin = world.add_machine(f"{machine.process.name}twin", machine.kiosk)
    twin.skew = machine.skew
    machine.process.copy_file(twin.process.path)
    await twin.process.open()
    twin.set_back()
    world.note(f"{twin.process.name}: the same file")


async def rewind(world: World, machine: Machine) -> None:
    """A machine is set back to its latest image; what it wrote since is lost with its file."""
    image = _image(world, machine)
    if not image.exists():  # then to the one that it was set up from
        name = machine.process.name.removesuffix("twin")
        [image] = [path for path in world.files.kiosks if path.stem == name]
    machine.kill()
    await settle()
    await machine.process.close()
    _put_in_place(image, machine.process.path)
    await machine.restart()
    machine.set_back()
    [state] = machine.process.look("SELECT kiosk, answered FROM kiosk_state")
    world.ledger.forked.add(state["kiosk"])
    world.ledger.rewound[state["kiosk"]] = state["answered"]
    machine.note_entries(world.ledger)
    world.lose_what_nobody_keeps()
    world.note(f"{machine.process.name}: rewound")
