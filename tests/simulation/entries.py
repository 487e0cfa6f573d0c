"""What must hold of the entries that the portal has taken, judged at the commit that took them (ARCHITECTURE, rules 2,
5 and 6): what was applied is a path through logs that were written, and a printed sale has its cita, on its seat unless
that was taken.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING

import msgspec

from portal.domain.exchange import Entry, Move
from tests.simulation.machine import sale_of

if TYPE_CHECKING:
    from tests.simulation.ledger import Paper
    from tests.simulation.world import World


def judge_entries(world: World) -> None:
    """Judge the entries that this commit has added."""
    for row in world.portal.look(
        "SELECT rowid, kiosk, number, hash, body, outcome, remark, appointment FROM kiosk_entry WHERE rowid > ? "
        "ORDER BY rowid",
        world.before.last_entry,
    ):
        world.before.last_entry = row["rowid"]
        _judge_place(world, row)
        if row["outcome"] == "quarantined":
            world.blame(f"the entry {row['number']} of a kiosk is quarantined")
        elif sale_of(row["body"]) is not None:
            _judge_sale(world, row)


def _judge_place(world: World, row: sqlite3.Row) -> None:
    """In the log it follows on the one before it; beside the log it is one that was written."""
    number, former = world.ledger.written[row["kiosk"]].get(row["hash"], (0, ""))
    if number == 0:
        world.blame("an entry was applied that nobody wrote")
    if row["number"] <= 0:
        return
    [kiosk] = world.portal.look("SELECT applied, chain FROM kiosk WHERE id = ?", row["kiosk"])
    there = world.portal.look(
        "SELECT hash FROM kiosk_entry WHERE kiosk = ? AND number = ?", row["kiosk"], row["number"] - 1
    )
    follows = former == (there[0]["hash"] if there else "")
    if (kiosk["applied"], kiosk["chain"], number) != (row["number"], row["hash"], row["number"]) or not follows:
        world.blame(f"the entry {row['number']} of a kiosk does not follow on what was applied")


def _judge_sale(world: World, row: sqlite3.Row) -> None:
    """The cita of a printed slip is there, displaced exactly if its seat was taken, and that for a reason."""
    paper = world.ledger.papers.get(row["hash"])
    if paper is None:
        return  # judged as one that nobody wrote
    citas = world.portal.look("SELECT code, displaced, seat FROM appointment WHERE id = ?", str(paper.appointment))
    if not citas:
        world.blame(f"the entry of the cita {paper.code} is applied without it")
        return
    [cita] = citas
    if bool(cita["displaced"]) != _was_taken(world, paper, row["body"]):
        world.blame(f"the cita {paper.code} is {'' if cita['displaced'] else 'not '}displaced, against its seat")
    if cita["displaced"] and not _for_a_reason(world, paper):
        world.blame(f"the cita {paper.code} is displaced without a reason")
    if cita["code"] != paper.code and not _is_rivalled(world, paper, row["remark"]):
        world.blame(f"the cita {paper.code} has another code")


def _was_taken(world: World, paper: Paper, body: bytes) -> bool:
    """Whether the seat was another cita's or another kiosk's, before this commit; not by the cita that it moved."""
    seat = world.before.seats.get(str(paper.seat))
    if seat is None:
        return _was_taken_anew(world, paper)
    if seat["appointment"] is None:
        return seat["kiosk"] not in (None, str(paper.kiosk))
    deed = msgspec.json.decode(body, type=Entry).deed
    if not isinstance(deed, Move):
        return True
    moved = world.portal.look(
        "SELECT id FROM appointment WHERE code = ? AND id = ? AND state = 'rescheduled'", deed.code, seat["appointment"]
    )
    return not moved


def _was_taken_anew(world: World, paper: Paper) -> bool:
    """The same of a seat that a restored portal has forgotten: it opens another one then, or has by now."""
    if not world.ledger.forgotten:
        world.blame(f"the seat of the cita {paper.code} is gone")
    across = [
        seat
        for seat in world.before.seats.values()
        if seat["consultant"] == str(paper.consultant)
        and world.at(seat["starts_at"]) < paper.ends_at
        and paper.starts_at < world.at(seat["ends_at"])
        and (seat["is_open"] or seat["appointment"] or seat["kiosk"])
    ]
    same = [seat for seat in across if world.at(seat["starts_at"]) == paper.starts_at]
    return any(seat["appointment"] or seat["kiosk"] for seat in same) if same else bool(across)


def _for_a_reason(world: World, paper: Paper) -> bool:
    """Only revocation, fork and restore cost a seat that was lent; before this commit the lease was then no more."""
    lease = world.before.leases.get(str(paper.lease))
    state = "forgotten" if lease is None else lease["state"]
    if state == "granted":
        return False
    [kiosk] = world.portal.look("SELECT standing FROM kiosk WHERE id = ?", str(paper.kiosk))
    by_restore = str(paper.lease) in world.ledger.forgotten
    by_fork = str(paper.kiosk) in world.ledger.forked
    return by_restore or {"revoked": kiosk["standing"] != "good", "sold": by_fork, "released": by_fork}.get(
        state, False
    )


def _is_rivalled(world: World, paper: Paper, remark: str) -> bool:
    """Two copies of a kiosk sold under one code: the one that came in second has another."""
    rivals = [other for other in world.ledger.papers.values() if other.code == paper.code and other is not paper]
    return bool(rivals) and remark == "new_code"
