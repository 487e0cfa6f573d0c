"""What must hold of the portal at every commit, read from its file by plain SQL, past the programs (ARCHITECTURE).

No seat is excused. A kiosk that is not trusted, or is on two machines, may hold what is not its own; so may one with a
lease that a restored portal has forgotten, until it is declared. Nothing else is passed over.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final

from portal.domain.slots import FREE

if TYPE_CHECKING:
    from tests.simulation.world import World

_ACTIVE: Final = ("reserved", "in_attention")
_PAUSED_FROM: Final = "5"
"""A hold until the year 5000 or later is the pause of a sede, no delay."""


def judge_portal(world: World) -> None:
    """Judge the portal's file as it is now, and remember it for the next commit."""
    look = world.portal.look
    seats = {row["id"]: row for row in look("SELECT * FROM seat")}
    leases = {row["id"]: row for row in look("SELECT id, kiosk, seat, state, claimed FROM lease")}
    citas = {
        row["id"]: row
        for row in look(
            "SELECT id, code, state, seat, displaced, duplicate, unrecorded, citizen, service FROM appointment"
        )
    }
    _judge_kinds(world, seats)
    _judge_seats(world, seats, citas)
    _judge_leases(world, seats, leases)
    _judge_people(world, list(citas.values()))
    _judge_delays(world, seats, leases)
    _judge_displaced(world, list(citas.values()))
    _judge_events(world, citas)
    _judge_share(world, seats, leases)
    world.before.seats, world.before.leases = seats, leases
    judge_sellers(world)


def _judge_kinds(world: World, seats: dict[str, sqlite3.Row]) -> None:
    """Every seat is exactly one of free, held, leased, booked, closed, past; the engine offers those that are free."""
    now = str(world.now)
    free = {row["id"] for row in world.portal.look(f"SELECT id FROM seat WHERE {FREE.replace('{}', '?')}", now)}
    [center] = world.portal.look("SELECT paused_at FROM center")
    for name, seat in seats.items():
        held = seat["held_until"] is not None and world.now < _moment(seat["held_until"])
        if (seat["appointment"] is not None) + (seat["kiosk"] is not None) + held > 1:
            world.blame(f"the seat {name} is two of booked, leased and held")
        if seat["hold_token"] is not None and (seat["held_until"] is None or not seat["is_open"]):
            world.blame(f"the seat {name} is held by somebody without an end, or on a closed day")
        nobodys = seat["appointment"] is None and seat["kiosk"] is None and not held
        if (name in free) != (nobodys and bool(seat["is_open"])):
            world.blame(f"the seat {name} is free to the engine alone, or to nobody but us")
        if name in free and center["paused_at"] is not None and now < seat["starts_at"]:
            world.blame(f"the seat {name} is on offer at a sede that waits for its kiosks")


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _judge_seats(world: World, seats: dict[str, sqlite3.Row], citas: dict[str, sqlite3.Row]) -> None:
    """Of each seat at most one active cita, and the seat says which."""
    seated = [cita for cita in citas.values() if cita["state"] in _ACTIVE and not cita["displaced"]]
    on = Counter(cita["seat"] for cita in seated)
    for cita in seated:
        seat = seats.get(cita["seat"])
        if seat is None or seat["appointment"] != cita["id"] or on[cita["seat"]] != 1:
            world.blame(f"the cita {cita['code']} is active without its seat")
    for name, seat in seats.items():
        if seat["appointment"] is None:
            continue
        booked = citas.get(seat["appointment"])
        if booked is None or booked["seat"] != name or booked["state"] in ("cancelled", "rescheduled"):
            world.blame(f"the seat {name} is booked for a cita that is not on it")


def _judge_leases(world: World, seats: dict[str, sqlite3.Row], leases: dict[str, sqlite3.Row]) -> None:
    """A seat is lent exactly if one lease says so, to a kiosk that is trusted."""
    granted = [lease for lease in leases.values() if lease["state"] == "granted"]
    lent = {lease["seat"]: lease["kiosk"] for lease in granted}
    if len(lent) != len(granted):
        world.blame("a seat is lent twice")
    good = {row["id"] for row in world.portal.look("SELECT id FROM kiosk WHERE standing = 'good'")}
    for name, seat in seats.items():
        if seat["kiosk"] != lent.get(name):
            world.blame(f"the seat {name} is lent to {seat['kiosk']}, by its lease to {lent.get(name)}")
        if seat["kiosk"] is not None and seat["kiosk"] not in good:
            world.blame(f"the seat {name} is lent to a kiosk that is not trusted")


def _judge_people(world: World, citas: list[sqlite3.Row]) -> None:
    """Of a person and a service one unflagged active cita, if any is active; not counted is one whose day went by."""
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


def _judge_delays(world: World, seats: dict[str, sqlite3.Row], leases: dict[str, sqlite3.Row]) -> None:
    """No cancelled seat sells before its delay is over; only paper that was printed before comes first (rule 6), and
    what a kiosk held when the portal was restored (rule 10).
    """
    delays = world.before.delays
    declared = {
        lease["seat"]
        for name, lease in leases.items()
        if lease["state"] == "granted" and name in world.ledger.forgotten
    }
    for name, seat in seats.items():
        until = seat["held_until"]
        if until is not None and until >= _PAUSED_FROM:
            continue
        taken = seat["appointment"] or seat["kiosk"] or seat["hold_token"]
        if until is not None and not taken:
            delays[name] = until
        elif name in delays:
            over = world.now >= _moment(delays[name])
            excused = bool(world.ledger.papers_of(seat["appointment"] or "")) or name in declared
            if not over and not excused and (taken or seat["is_open"]):
                world.blame(f"the seat {name} is on offer before its delay is over")
            if over or taken:
                del delays[name]


def _judge_displaced(world: World, citas: list[sqlite3.Row]) -> None:
    """A displaced cita was printed, and has no seat; why it is displaced was judged as its entry came."""
    for cita in citas:
        if cita["displaced"] and (cita["seat"] is not None or not world.ledger.papers_of(cita["id"])):
            world.blame(f"the cita {cita['code']} is displaced with a seat, or was never printed")


_EVENTS: Final = """
    SELECT appointment, sum(kind IN ('reserved', 'moved_from')) AS made,
    sum(kind IN ('cancelled', 'moved_to')) AS ended,
    sum(kind = 'started') AS begun, sum(kind IN ('abandoned', 'taken_back', 'not_held', 'finished')) AS over
    FROM appointment_event GROUP BY appointment
"""


def _judge_events(world: World, citas: dict[str, sqlite3.Row]) -> None:
    """An entry has one set of events: a cita is made once, ends once, and nothing happens to it twice."""
    told = {row["appointment"]: row for row in world.portal.look(_EVENTS)}
    for name, cita in citas.items():
        events = told.get(name)
        state, expected = cita["state"], cita["state"] in ("cancelled", "rescheduled")
        if events is None or (events["made"], events["ended"]) != (1, expected) or events["begun"] > 1:
            world.blame(f"the cita {cita['code']} has another history than its state")
        elif state != "in_attention" and (events["over"] == 0) != (state in ("reserved", "cancelled", "rescheduled")):
            world.blame(f"the cita {cita['code']} is over, or not, against its history")


def _judge_share(world: World, seats: dict[str, sqlite3.Row], leases: dict[str, sqlite3.Row]) -> None:
    """What is lent unasked stays within the day's share of the policy, at the exchange that lends it."""
    former = world.before.leases
    lent_now = [lease for name, lease in leases.items() if name not in former and name not in world.ledger.forgotten]
    days = {seats[lease["seat"]]["day"] for lease in lent_now if lease["state"] == "granted" and not lease["claimed"]}
    if not days or not former:
        return
    policies = world.portal.look("SELECT share, minimum FROM lease_policy")
    share, minimum = (policies[0]["share"], policies[0]["minimum"]) if policies else (50, 0)
    now = str(world.now)
    to_come = {name: seat["day"] for name, seat in seats.items() if seat["is_open"] and seat["starts_at"] > now}
    of_day = Counter(to_come.values())
    lent = Counter(
        to_come[lease["seat"]]
        for lease in leases.values()
        if lease["state"] == "granted" and not lease["claimed"] and lease["seat"] in to_come
    )
    for day in days:
        if lent[day] > max(of_day[day] * share // 100, minimum):
            world.blame(f"{lent[day]} of {of_day[day]} seats are lent on {day}")


_CLAIMS: Final = (
    "SELECT id, seat FROM known_lease WHERE (state = 'held' AND NOT recalled) OR (state = 'sold' AND entry > ?)"
)


def judge_sellers(world: World) -> None:
    """At most one node can sell a seat, or has sold it.

    But for a kiosk that is not trusted, is on two machines, or was set back and not answered since, and a lease that a
    restored portal has not been told of.
    """
    seats, leases, ledger = world.before.seats, world.before.leases, world.ledger
    standing = {row["id"]: row for row in world.portal.look("SELECT id, standing, applied FROM kiosk")}
    sellers: Counter[str] = Counter(
        name
        for name, seat in seats.items()
        if seat["kiosk"] is None
        and (seat["appointment"] or (seat["is_open"] and (seat["held_until"] or "") < _PAUSED_FROM))
    )
    for machine in world.machines:
        kiosk = standing[str(machine.kiosk)]
        _hear_of_rewound(world, str(machine.kiosk))
        if kiosk["standing"] != "good" or kiosk["id"] in ledger.copied or kiosk["id"] in ledger.rewound:
            continue
        for row in machine.process.look(_CLAIMS, kiosk["applied"]):
            lease = leases.get(row["id"])
            if row["id"] not in ledger.forgotten or (lease is not None and lease["state"] == "granted"):
                sellers[row["seat"]] += 1
    for seat, count in sellers.items():
        if count > 1:
            world.blame(f"{count} nodes can sell the seat {seat}")


def _hear_of_rewound(world: World, kiosk: str) -> None:
    """A kiosk that was set back is as good as any once an answer leaves it so, and no letter of that life is left."""
    if kiosk not in world.ledger.rewound:
        return
    for machine in world.machines:
        if str(machine.kiosk) == kiosk and not world.network.has_letters_of(kiosk, machine.life):
            [state] = machine.process.look("SELECT answered, standing FROM kiosk_state")
            if state["answered"] > world.ledger.rewound[kiosk] and state["standing"] == "good":
                del world.ledger.rewound[kiosk]
                return
