"""What takes time back: a portal restored from a copy, a machine's file copied to another machine, or rewound."""

from __future__ import annotations

from pathlib import Path

from portal.domain.epochs import begin_epoch
from tests.simulation.machine import Machine
from tests.simulation.process import settle
from tests.simulation.world import World


def back_up(world: World) -> None:
    """Keep the portal's file as it is now."""
    world.backup = world.folder / "backup.db"
    world.portal.copy_file(world.backup)
    world.note("portal: backup")


async def restore(world: World) -> None:
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


def keep_copy(world: World, machine: Machine) -> None:
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
