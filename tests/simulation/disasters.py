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


async def turn_clock(world: World, machine: Machine) -> None:
    """A clock is wrong by up to a day."""
    machine.skew = timedelta(seconds=world.chance.randint(-86_400, 86_400))
    world.note(f"{machine.process.name}: its clock is wrong by {machine.skew}")


async def pass_night(world: World, _: Machine) -> None:
    """Nothing happens for hours."""
    world.pass_time(timedelta(hours=world.chance.randint(2, 14)))


async def back_up(world: World, _: Machine) -> None:
    """Keep the portal's file as it is now."""
    world.backup = world.folder / "backup.db"
    world.portal.copy_file(world.backup)
    world.note("portal: backup")


async def restore(world: World, _: Machine) -> None:
    """The portal dies and comes back as it was; mostly by the command that says so, else by whoever copies files."""
    if world.backup is None:
        return
    world.portal.dead = True
    await settle()
    before = _seats(world)
    await world.portal.close()
    _put_in_place(world.backup, world.portal.path)
    await world.portal.open()
    after = _seats(world)
    forgotten = {seat for seat in before.keys() | after.keys() if before.get(seat) != after.get(seat)}
    world.mishaps.seats |= forgotten | _seats_of_kiosks(world)
    world.delays.clear()
    world.restored += 1
    world.note(f"portal: restored, {len(forgotten)} seats were different")
    told = world.chance.random() < 0.7
    if told:
        world.start(world.portal, "new epoch", begin_epoch(world.now, "restored"))
        await settle()


def _seats(world: World) -> dict[str, tuple[object, ...]]:
    rows = world.portal.look("SELECT id, is_open, appointment, kiosk FROM seat")
    return {row["id"]: tuple(row) for row in rows}


def _seats_of_kiosks(world: World) -> set[str]:
    """What kiosks hold, or have sold without the restored portal's knowing."""
    known = {row["id"]: row["state"] for row in world.portal.look("SELECT id, state FROM lease")}
    seats = set()
    for machine in world.machines:
        for row in machine.process.look("SELECT id, seat, state FROM known_lease WHERE state <> 'dropped'"):
            if known.get(row["id"]) != {"held": "granted", "sold": "sold"}[row["state"]]:
                seats.add(row["seat"])
    return seats


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
    world.mishaps.kiosks.add(str(machine.kiosk))
    twin = world.add_machine(f"{machine.process.name}twin", machine.kiosk)
    world.twins = (machine.process.name, twin.process.name)
    machine.process.copy_file(twin.process.path)
    await twin.process.open()
    twin.forget_log()
    world.note(f"{twin.process.name}: the same file")


async def rewind(world: World, machine: Machine) -> None:
    """A machine is set back to its image; what it wrote since is lost with its file."""
    image = _image(world, machine)
    if not image.exists():
        return
    world.mishaps.kiosks.add(str(machine.kiosk))
    machine.kill()
    await settle()
    await machine.process.close()
    _put_in_place(image, machine.process.path)
    await machine.restart()
    machine.forget_log()
    machine.forget_lost_papers()
    world.note(f"{machine.process.name}: rewound")
