"""The sede's citas as the portal tells of them: those of today and the next working day, beside the kiosk's own.

They are rows of ``appointment`` with the fewest fields that the desk needs. A cita that a later entry of the log has
touched stays as it is here until the portal has applied that entry (ARCHITECTURE, rules 3 and 12).
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from kiosk.log import touched_after
from kiosk.reference import find_service, know_person
from portal.database.errors import ConstraintError
from portal.database.node import fetch, savepoint
from portal.domain.exchange import CitaState, State
from portal.domain.people import find_or_add_citizen
from portal.domain.spanish_dates import local_day, midnight_before
from portal.domain.vocabulary import DocumentType, Language, Origin

UNSENT_BEFORE: Final = (
    'EXISTS (SELECT 1 FROM "former_entry" WHERE "former_entry"."appointment" = "appointment"."id" '
    'OR "former_entry"."former" = "appointment"."id")'
)
"""Of a cita: this machine did something to it as another kiosk, and the portal was not told."""

OWN: Final = (
    '(EXISTS (SELECT 1 FROM "log_entry" WHERE "log_entry"."appointment" = "appointment"."id" '
    f'OR "log_entry"."former" = "appointment"."id") OR {UNSENT_BEFORE})'
)
"""Of a cita: this kiosk made it, or did something to it."""

_PULLED: Final = "pulled:"

_NOT_OURS_TO_KEEP: Final = (
    f"(NOT {OWN} OR (\"hold_token\" LIKE '{_PULLED}%' AND \"state\" IN ('reserved', 'in_attention') "
    f"AND NOT {UNSENT_BEFORE}))"
)
"""Of a cita that the portal does not list any more: also one that was told as active after this kiosk had ended it."""


async def take_state(state: State, applied: int, center: UUID, portal_time: datetime) -> None:
    """Make the portal's citas one's own, as of log entry ``applied``, inside the transaction of its answer.

    While something here is newer, the version stays, so that what is passed over now comes again.
    """
    newer = await touched_after(applied)
    listed = {cita.id for cita in state.citas}
    if state.whole:
        await _forget_unlisted(listed | newer)
    await _forget(set(state.gone) - newer)
    await _set_aside_past(portal_time)
    taken = [cita for cita in state.citas if cita.id not in newer]
    # Two citas of one person may change places as the flagged one: none stands in the other's way meanwhile.
    known = {row["id"] for row in await fetch('SELECT "id" FROM "appointment"')}
    for cita in taken:
        if cita.id in known:
            await fetch('UPDATE "appointment" SET "duplicate" = {} WHERE "id" = {}', True, cita.id)
    for person in {cita.consultant for cita in taken}:
        await know_person(person)
    services = {code: await find_service(code) for code in {cita.service for cita in taken}}
    for cita in taken:
        await _leave_code(cita)
    rows = [await _row_of(cita, services[cita.service], center, portal_time) for cita in taken]
    as_told = [await _take(row, newer) for row in rows]
    if not all(as_told) or newer & (listed | set(state.gone)):
        return
    await fetch('UPDATE "kiosk_state" SET "version" = {} WHERE "id" = 1', state.version)
    if state.whole:
        await fetch('UPDATE "kiosk_state" SET "state_day" = {} WHERE "id" = 1', local_day(portal_time))


async def _set_aside_past(portal_time: datetime) -> None:
    """What became of citas of past days the desk is not told; they keep nobody from another one."""
    await fetch(
        'UPDATE "appointment" SET "unrecorded" = {} WHERE NOT "unrecorded" AND "starts_at" < {} '
        "AND \"state\" IN ('reserved', 'in_attention')",
        *(True, midnight_before(portal_time)),
    )


async def _leave_code(cita: CitaState) -> None:
    """Another copy of this kiosk has sold under the same code, and the portal knows that one's cita by it: ours has
    another code there, which is no code until we are told.
    """
    await fetch(
        'UPDATE "appointment" SET "code" = substr("id", 1, 8) WHERE "code" = {} AND "id" <> {}', *(cita.code, cita.id)
    )


async def _take(row: dict[str, Any], newer: Collection[UUID]) -> bool:
    """Write a cita as it is told; whether that could be."""
    try:
        async with savepoint():
            await _write(row)
    except ConstraintError:
        # The wall of one active cita per person and service.
        as_told = await _flag_other(row, newer)
        await _write({**row, "duplicate": not as_told})
        return as_told
    return True


async def _flag_other(row: dict[str, Any], newer: Collection[UUID]) -> bool:
    """Flag the cita that stands in the way of one that the portal does not flag; whether that was right.

    If the portal knows of it, it has flagged it, and does not list it because its day is far off. If not, it will flag
    one of the two when it does.
    """
    others = await fetch(
        'SELECT "id" FROM "appointment" WHERE "citizen" = {} AND "service" = {} AND "id" <> {} '
        'AND "state" IN (\'reserved\', \'in_attention\') AND NOT "duplicate" AND NOT "unrecorded"',
        *(row["citizen"], row["service"], row["id"]),
    )
    if any(other["id"] in newer for other in others):
        return False
    for other in others:
        await fetch('UPDATE "appointment" SET "duplicate" = {} WHERE "id" = {}', True, other["id"])
    return True


async def _row_of(cita: CitaState, service: UUID, center: UUID, now: datetime) -> dict[str, Any]:
    return {
        "id": cita.id,
        "code": cita.code,
        "hold_token": f"{_PULLED}{cita.id}",
        "state": cita.state,
        "displaced": cita.displaced,
        "duplicate": cita.duplicate,
        "unrecorded": False,
        "citizen": await find_or_add_citizen(DocumentType(cita.document_type), cita.document_number, now),
        "center": center,
        "service": service,
        "consultant": cita.consultant,
        "modality": cita.modality,
        "starts_at": cita.starts_at,
        "ends_at": cita.ends_at,
        "given_names": cita.name,
        "first_surname": "",
        "second_surname": "",
        "preference": cita.preference,
        "language": Language.OTHER.value if cita.interpreter else Language.SPANISH.value,
        "origin": Origin.WEB.value,
        "calendar_uid": cita.id,
        "calendar_sequence": 0,
        "created_at": now,
        # These have no default in the file.
        "email": "",
        "phone": "",
        "ubigeo": "",
        "motive": "",
        "privacy_version": "",
        "promotions_accepted": False,
        "meet_link": "",
    }


_CHANGES: Final = (
    "code",
    "state",
    "displaced",
    "duplicate",
    "consultant",
    "modality",
    "starts_at",
    "ends_at",
    "preference",
)
"""What the portal knows better of a cita that was sold here; names and contact data are fuller here."""


async def _write(row: dict[str, Any]) -> None:
    columns = ", ".join(f'"{column}"' for column in row)
    marks = ", ".join("{}" for _ in row)
    changes = ", ".join(f'"{column}" = "excluded"."{column}"' for column in _CHANGES)
    await fetch(
        f'INSERT INTO "appointment" ({columns}) VALUES ({marks}) ON CONFLICT ("id") DO UPDATE SET {changes}',
        *row.values(),
    )


async def _forget_unlisted(kept: Collection[UUID]) -> None:
    rows = await fetch(f'SELECT "id" FROM "appointment" WHERE {_NOT_OURS_TO_KEEP}')
    await _forget({row["id"] for row in rows} - set(kept))


async def _forget(citas: Collection[UUID]) -> None:
    """Forget citas that were pulled; the kiosk's own stay, also those whose day is out of the portal's sight."""
    for cita in citas:
        rows = await fetch(f'SELECT "id" FROM "appointment" WHERE "id" = {{}} AND {_NOT_OURS_TO_KEEP}', cita)
        if rows:
            await delete_cita(cita)


async def delete_cita(cita: UUID) -> None:
    """Delete a cita with what hangs on it, and its person if they have no other; the log keeps its id alone."""
    await fetch('UPDATE "appointment" SET "moved_from" = NULL WHERE "moved_from" = {}', cita)
    await fetch('DELETE FROM "appointment_event" WHERE "appointment" = {}', cita)
    await fetch('DELETE FROM "print_job" WHERE "appointment" = {}', cita)
    rows = await fetch('DELETE FROM "appointment" WHERE "id" = {} RETURNING "citizen"', cita)
    for row in rows:
        await fetch(
            'DELETE FROM "citizen" WHERE "id" = {} AND NOT EXISTS '
            '(SELECT 1 FROM "appointment" WHERE "appointment"."citizen" = "citizen"."id")',
            row["citizen"],
        )
