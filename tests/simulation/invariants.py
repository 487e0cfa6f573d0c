"""What must hold at every commit, read from the files by plain SQL, past all of the programs (ARCHITECTURE)."""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tests.simulation.machine import Machine
    from tests.simulation.world import World

_ACTIVE: Final = ("reserved", "in_attention")
_PAUSED_FROM: Final = "5"
"""A hold until the year 5000 or later is the pause of a sede, no delay."""


def judge_portal(world: World) -> None:
    """Judge the portal's file as it is now."""
    seats = {row["id"]: row for row in world.portal.look("SELECT * FROM seat")}
    citas = world.portal.look(
        "SELECT id, code, state, seat, displaced, duplicate, unrecorded, citizen, service, hold_token, starts_at, "
        "origin FROM appointment"
    )
    _judge_seats(world, seats, citas)
    _judge_people(world, citas)
    _judge_delays(world, seats, {cita["id"]: cita for cita in citas})
    _judge_displaced(world, citas)
    _judge_entries(world)
    judge_sellers(world, seats)


def _judge_seats(world: World, seats: dict[str, sqlite3.Row], citas: list[sqlite3.Row]) -> None:
    """Of each seat at most one active cita, and the seat says which; it is in one state only."""
    on = Counter(cita["seat"] for cita in citas if cita["state"] in _ACTIVE and not cita["displaced"])
    for cita in citas:
        if cita["state"] in _ACTIVE and not cita["displaced"]:
            seat = seats.get(cita["seat"])
            if seat is None or seat["appointment"] != cita["id"] or on[cita["seat"]] != 1:
                world.blame(f"the cita {cita['code']} is active without its seat")
    by_id = {cita["id"]: cita for cita in citas}
    lent = {
        row["seat"]: row["kiosk"] for row in world.portal.look("SELECT seat, kiosk FROM lease WHERE state = 'granted'")
    }
    for name, seat in seats.items():
        if seat["appointment"] is not None:
            booked = by_id.get(seat["appointment"])
            if booked is None or booked["seat"] != name or booked["state"] in ("cancelled", "rescheduled"):
                world.blame(f"the seat {name} is booked for a cita that is not on it")
            if seat["kiosk"] is not None or seat["hold_token"] is not None or seat["held_until"] is not None:
                world.blame(f"the seat {name} is booked and something else")
        if seat["kiosk"] is not None and (seat["held_until"] is not None or seat["hold_token"] is not None):
            world.blame(f"the seat {name} is lent and held")
        if seat["kiosk"] != lent.get(name):
            world.blame(f"the seat {name} is lent to {seat['kiosk']}, by its lease to {lent.get(name)}")


def _judge_people(world: World, citas: list[sqlite3.Row]) -> None:
    """Of a person and a service one unflagged active cita, if any is active."""
    active = [cita for cita in citas if cita["state"] in _ACTIVE]
    unflagged = Counter((cita["citizen"], cita["service"]) for cita in active if not cita["duplicate"])
    behind = Counter(
        (cita["citizen"], cita["service"]) for cita in active if not cita["duplicate"] and cita["unrecorded"]
    )
    for cita in active:
        whose = (cita["citizen"], cita["service"])
        if unflagged[whose] - behind[whose] > 1:
            world.blame("a person has two unflagged active citas")
        if cita["duplicate"] and not unflagged[whose]:
            world.blame(f"the cita {cita['code']} is flagged a duplicate of none")


def _judge_delays(world: World, seats: dict[str, sqlite3.Row], citas: dict[str, sqlite3.Row]) -> None:
    """No cancelled seat sells before its delay is over."""
    for name, seat in seats.items():
        until, taken = seat["held_until"], seat["appointment"] or seat["kiosk"] or seat["hold_token"]
        if until is not None and until >= _PAUSED_FROM:
            continue
        if until is not None and not taken:
            world.delays[name] = until
        elif name in world.delays:
            over = world.now >= datetime.fromisoformat(world.delays[name])
            cita = citas.get(seat["appointment"])
            excused = name in world.mishaps.seats or (cita is not None and cita["origin"] == "kiosk")
            if not over and not excused and (taken or seat["is_open"]):
                world.blame(f"the seat {name} is on offer before its delay is over")
            if over or taken:
                del world.delays[name]


def _judge_displaced(world: World, citas: list[sqlite3.Row]) -> None:
    """A cita is displaced for a reason: its kiosk is not trusted any more, was copied or rewound, or we forgot."""
    displaced = [cita for cita in citas if cita["displaced"]]
    if not displaced:
        return
    untrusted = world.mishaps.kiosks | {
        row["id"] for row in world.portal.look("SELECT id FROM kiosk WHERE standing <> 'good'")
    }
    papers = {
        str(paper.appointment): paper
        for machine in world.machines
        for paper in (*machine.papers.values(), *machine.lost.values())
    }
    for cita in displaced:
        paper = papers.get(cita["id"])
        if paper is None:
            world.blame(f"the cita {cita['code']} is displaced and was never printed")
        elif str(paper.kiosk) not in untrusted and str(paper.seat) not in world.mishaps.seats:
            world.blame(f"the cita {cita['code']} is displaced without a reason")


def _judge_entries(world: World) -> None:
    """The applied entries are a prefix of the log."""
    for row in world.portal.look(
        "SELECT kiosk.id, applied, count(number) AS kept, coalesce(max(number), 0) AS last FROM kiosk "
        "LEFT JOIN kiosk_entry ON kiosk_entry.kiosk = kiosk.id AND number > 0 GROUP BY kiosk.id"
    ):
        if not row["applied"] == row["kept"] == row["last"]:
            world.blame(f"entries {row['kept']} of {row['applied']} of the kiosk {row['id']}")


def judge_sellers(world: World, seats: dict[str, sqlite3.Row] | None = None) -> None:
    """Without revocation, fork or restore one node at most can sell a seat, or has sold it."""
    if seats is None:
        seats = {row["id"]: row for row in world.portal.look("SELECT * FROM seat")}
    standing = {row["id"]: row for row in world.portal.look("SELECT id, standing, applied FROM kiosk")}
    sellers: Counter[str] = Counter(
        name for name, seat in seats.items() if seat["kiosk"] is None and (seat["is_open"] or seat["appointment"])
    )
    for machine in world.machines:
        kiosk = standing.get(str(machine.kiosk))
        if kiosk is None or kiosk["standing"] != "good" or kiosk["id"] in world.mishaps.kiosks:
            continue
        rows = machine.process.look(
            "SELECT seat FROM known_lease WHERE (state = 'held' AND NOT recalled) OR (state = 'sold' AND entry > ?)",
            kiosk["applied"],
        )
        sellers.update({row["seat"] for row in rows})
    for seat, count in sellers.items():
        if count > 1 and seat not in world.mishaps.seats:
            world.blame(f"{count} nodes can sell the seat {seat}")


def judge_machine(world: World, machine: Machine) -> None:
    """Judge a kiosk's file as it is now."""
    look = machine.process.look
    for row in look(
        "SELECT lease.id, count(*) AS times FROM known_lease AS lease JOIN known_lease AS other "
        "ON other.seat = lease.seat AND other.state = 'held' WHERE lease.state = 'held' GROUP BY lease.id"
    ):
        if row["times"] != 1:
            world.blame(f"{machine.process.name} holds two leases of one seat")
    for row in look(
        "SELECT seat.id FROM seat JOIN known_lease ON known_lease.seat = seat.id AND known_lease.state = 'held' "
        "WHERE seat.appointment IS NOT NULL OR NOT seat.is_open"
    ):
        world.blame(f"{machine.process.name} holds the seat {row['id']} that it cannot sell")
    if look(
        "SELECT 1 FROM appointment WHERE state IN ('reserved', 'in_attention') AND seat IS NOT NULL "
        "GROUP BY seat HAVING count(*) > 1"
    ):
        world.blame(f"{machine.process.name} has two active citas on one seat")
    [log] = look(
        "SELECT logged, (SELECT count(*) FROM log_entry) AS kept, (SELECT coalesce(max(number), 0) FROM log_entry) "
        "AS last FROM kiosk_state"
    )
    if not log["logged"] == log["kept"] == log["last"]:
        world.blame(f"the log of {machine.process.name} has a gap")
    sold = Counter(paper.lease for paper in machine.papers.values())
    if any(times > 1 for times in sold.values()):
        world.blame(f"{machine.process.name} sold a lease twice")
    judge_sellers(world)
