"""What must hold of a kiosk at every commit, read from its file by plain SQL, past its program (ARCHITECTURE)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from tests.simulation.invariants import judge_sellers

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.world import World

_KEPT_FOR = timedelta(days=2)


def judge_machine(world: World, machine: Machine) -> None:
    """Judge a kiosk's file as it is now."""
    look, name = machine.process.look, machine.process.name
    if look("SELECT 1 FROM known_lease WHERE state = 'held' GROUP BY seat HAVING count(*) > 1"):
        world.blame(f"{name} holds two leases of one seat")
    for row in look(
        "SELECT lease.id FROM known_lease AS lease LEFT JOIN seat ON lease.seat = seat.id WHERE lease.state = 'held' "
        "AND (seat.id IS NULL OR seat.appointment IS NOT NULL OR NOT seat.is_open)"
    ):
        world.blame(f"{name} holds the lease {row['id']} of a seat that it cannot sell")
    for row in look(
        "SELECT id FROM seat WHERE is_open AND appointment IS NULL AND id NOT IN "
        "(SELECT seat FROM known_lease WHERE state = 'held')"
    ):
        world.blame(f"{name} offers the seat {row['id']} that it does not hold")
    if look(
        "SELECT 1 FROM appointment WHERE state IN ('reserved', 'in_attention') AND seat IS NOT NULL "
        "GROUP BY seat HAVING count(*) > 1"
    ):
        world.blame(f"{name} has two active citas on one seat")
    [log] = look(
        "SELECT logged, (SELECT count(*) FROM log_entry) AS kept, (SELECT coalesce(max(number), 0) FROM log_entry) "
        "AS last FROM kiosk_state"
    )
    if not log["logged"] == log["kept"] == log["last"]:
        world.blame(f"the log of {name} has a gap")
    _judge_papers(world, machine)
    judge_sellers(world)


def _judge_papers(world: World, machine: Machine) -> None:
    """What this machine printed stays in its file, until it is past, and the portal has it also in its backup."""
    look = machine.process.look
    [state] = look("SELECT kept, applied FROM kiosk_state")
    for row in look("SELECT hash, number, made_at FROM log_entry WHERE text = ''"):
        if row["hash"] in world.ledger.purged:
            continue
        world.ledger.purged.add(row["hash"])
        young = world.now - world.at(row["made_at"]) < _KEPT_FOR
        kept = row["hash"] in world.kept_in_backup and row["number"] <= min(state["kept"], state["applied"])
        if young or not kept:
            world.blame(f"{machine.process.name} has purged the entry {row['number']} that nobody else keeps")
    on_file = machine.entries_on_file()
    # What it did as another kiosk it forgets once that was handed in, and is in a backup; its own log keeps the hashes.
    world.ledger.purged |= (machine.on_file - on_file) & world.kept_in_backup
    if gone := machine.on_file - on_file - world.ledger.purged:
        world.blame(f"{machine.process.name} has lost {len(gone)} entries of its log")
    machine.on_file = on_file
