"""The kiosk's log: gapless, hash-chained, written in the transaction of the deed it tells of (ARCHITECTURE, rule 2)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

from portal.database.node import fetch, in_transaction
from portal.domain.exchange import ENTRY_FORMAT, FIRST_CHAIN, Deed, Entry, SignedEntry, write_entry

MOST_AT_ONCE: Final = 500
MOST_CHARACTERS: Final = 1_000_000
"""Of entries in one request; the rest goes with the next."""


async def append(deed: Deed, now: datetime, appointment: UUID | None = None, former: UUID | None = None) -> SignedEntry:
    """Write the next entry. ``appointment`` is the cita that the deed made or ended, ``former`` the one a move ended.

    Raises RuntimeError outside of a transaction, and when something else moved the log meanwhile.
    """
    if not in_transaction():
        raise RuntimeError("an entry belongs into the transaction of its deed")
    [state] = await fetch(
        'UPDATE "kiosk_state" SET "logged" = "logged" + 1 WHERE "id" = 1 RETURNING "logged", "chain", "offset_seconds"'
    )
    former_chain = state["chain"]
    entry = Entry(format=ENTRY_FORMAT, number=state["logged"], at=now, offset=state["offset_seconds"], deed=deed)
    signed = write_entry(entry, former_chain)
    moved = await fetch(
        'UPDATE "kiosk_state" SET "chain" = {} WHERE "id" = 1 AND "logged" = {} AND "chain" = {} RETURNING "id"',
        *(signed.hash, signed.number, former_chain),
    )
    if not moved:
        raise RuntimeError("the log was moved by somebody else")
    await fetch(
        'INSERT INTO "log_entry" ("number", "hash", "text", "appointment", "former", "made_at") '
        "VALUES ({}, {}, {}, {}, {}, {})",
        *(signed.number, signed.hash, signed.text, appointment, former, now),
    )
    return signed


async def read_entries(
    after: int, most: int = MOST_AT_ONCE, characters: int = MOST_CHARACTERS
) -> tuple[SignedEntry, ...]:
    """The entries that follow on a number, in order: at most so many, of about so many characters."""
    rows = await fetch(
        'SELECT "number", "hash", "text" FROM "log_entry" WHERE "number" > {} AND "number" <= {} ORDER BY "number"',
        *(after, after + most),
    )
    entries: list[SignedEntry] = []
    for row in rows:
        characters -= len(row["text"])
        if not row["text"] or (entries and characters < 0):
            break  # forgotten as safe, and asked for by a portal that was restored from an older copy
        entries.append(SignedEntry(number=row["number"], hash=row["hash"], text=row["text"]))
    return tuple(entries)


async def chain_at(number: int) -> str:
    """The hash that the log had at a number."""
    if number == 0:
        return FIRST_CHAIN
    rows = await fetch('SELECT "hash" FROM "log_entry" WHERE "number" = {}', number)
    return str(rows[0]["hash"]) if rows else FIRST_CHAIN


async def touched_after(number: int) -> set[UUID]:
    """The citas that entries later than a number made, ended or moved."""
    rows = await fetch('SELECT "appointment", "former" FROM "log_entry" WHERE "number" > {}', number)
    return {cita for row in rows for cita in (row["appointment"], row["former"]) if cita is not None}
