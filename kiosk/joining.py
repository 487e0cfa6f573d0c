"""Become a kiosk: the portal's answer to a pairing code, kept (ARCHITECTURE, rule 14); and become another one, after
this one was revoked or forked (rule 10), without losing what was not sent.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from kiosk.log import read_entries
from portal.database.node import fetch, transactional
from portal.domain.errors import DomainError
from portal.domain.exchange import FormerLog, PairAnswer, SignedEntry, Standing

_ALL: Final = 2**40


class PairedAlready(DomainError):
    """This machine is another kiosk, in good standing."""


@transactional
async def become(answer: PairAnswer) -> None:
    """Make this machine the kiosk that the portal said; again does nothing.

    What a locked kiosk has not sent is set aside, to be handed in by file, and its leases are dropped. Raises
    PairedAlready.
    """
    [state] = await fetch('SELECT "kiosk", "standing", "applied" FROM "kiosk_state" WHERE "id" = 1')
    if state["kiosk"] == answer.kiosk:
        return
    if state["kiosk"] is not None:
        if state["standing"] == Standing.GOOD:
            raise PairedAlready
        await _set_aside()
    await fetch(
        'UPDATE "kiosk_state" SET "kiosk" = {}, "name" = {}, "center" = {}, "standing" = \'good\', "epoch" = 0, '
        '"number" = 0, "answered" = 0, "answer_mark" = \'\', "logged" = 0, "chain" = \'\', "applied" = 0, '
        '"applied_chain" = \'\', "kept" = 0, "declare" = {}, "version" = 0, "state_day" = NULL, '
        '"reference_digest" = \'\', "portal_time" = {}, "answered_at" = NULL, "away_since" = NULL, '
        '"message" = \'\' WHERE "id" = 1',
        *(answer.kiosk, answer.name, answer.center, False, answer.portal_time),
    )


async def _set_aside() -> None:
    await fetch(
        'INSERT INTO "former_entry" ("hash", "kiosk", "number", "text", "appointment", "former", "made_at") '
        'SELECT "log_entry"."hash", "kiosk_state"."kiosk", "log_entry"."number", "log_entry"."text", '
        '"log_entry"."appointment", "log_entry"."former", "log_entry"."made_at" FROM "log_entry" JOIN "kiosk_state" '
        'ON "kiosk_state"."id" = 1 WHERE "log_entry"."text" <> \'\''
    )
    await fetch('DELETE FROM "log_entry"')
    await fetch('DELETE FROM "asked_claim"')
    await fetch('DELETE FROM "known_lease"')
    await fetch('UPDATE "seat" SET "is_open" = {} WHERE "is_open"', False)


async def read_unsent() -> dict[str, tuple[SignedEntry, ...]]:
    """What this machine has not sent, as the kiosk that it is and as those that it was: entries by the kiosk's id.

    Of a locked kiosk all that is not purged: what it took for applied may have been another machine's log.
    """
    [state] = await fetch('SELECT "kiosk", "standing", "applied", "logged" FROM "kiosk_state" WHERE "id" = 1')
    unsent: dict[str, tuple[SignedEntry, ...]] = {}
    rows = await fetch('SELECT "kiosk", "number", "hash", "text" FROM "former_entry" ORDER BY "kiosk", "number"')
    for row in rows:
        entry = SignedEntry(number=row["number"], hash=row["hash"], text=row["text"])
        unsent[str(row["kiosk"])] = (*unsent.get(str(row["kiosk"]), ()), entry)
    after = state["applied"] if state["standing"] == Standing.GOOD else 0
    entries = await read_entries(after, state["logged"], _ALL)
    if state["kiosk"] is not None and (kept := tuple(entry for entry in entries if entry.text)):
        unsent[str(state["kiosk"])] = kept
    return unsent


async def read_former() -> tuple[FormerLog, ...]:
    """The logs of kiosks that this machine was, as far as they are kept to be handed in."""
    rows = await fetch(
        'SELECT "kiosk", "hash" FROM "former_entry" WHERE "number" = (SELECT max("number") FROM "former_entry" AS '
        '"other" WHERE "other"."kiosk" = "former_entry"."kiosk") ORDER BY "made_at", "hash"'
    )
    return tuple(FormerLog(kiosk=row["kiosk"], hash=row["hash"]) for row in rows)


async def forget_handed_in(logs: Sequence[FormerLog]) -> None:
    """Inside the transaction of an answer: forget what was handed in, and is in a backup of the portal (rule 10)."""
    kept = await read_former() if logs else ()
    for log in kept:
        if log in logs:
            await fetch('DELETE FROM "former_entry" WHERE "kiosk" = {}', log.kiosk)
