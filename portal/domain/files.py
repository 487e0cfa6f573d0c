"""Files that citizens send with their cita: the CV (DOMAIN, data of a cita) and the copies that come with a doubt.

What may be sent is judged by its content (``portal.forms.upload``); here it is kept, replaced and taken back. Files lie
in the database, so that every worker sees them, a backup holds them, and no address leads to them.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.errors import NotReserved
from portal.domain.events import record_event
from portal.domain.vocabulary import EventKind, FileKind


class MediaType(StrEnum):
    """What a citizen may send; the value is stored, and comes from the content, never from the browser."""

    PDF = "application/pdf"
    DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    JPEG = "image/jpeg"
    PNG = "image/png"


CV_TYPES = frozenset(MediaType)
COPY_TYPES = frozenset({MediaType.PDF, MediaType.JPEG, MediaType.PNG})


class Refusal(StrEnum):
    """Why a file is not taken. The templates have a sentence for each."""

    MISSING = "missing"
    EMPTY = "empty"
    TOO_LARGE = "too_large"
    WRONG_TYPE = "wrong_type"
    BROKEN = "broken"
    PROTECTED = "protected"
    ACTIVE = "active"
    TOO_COMPLEX = "too_complex"
    TOO_MANY_PIXELS = "too_many_pixels"


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file whose content was found to be what ``media_type`` says. ``sha256`` is of the content, in hexadecimal."""

    media_type: MediaType
    content: bytes
    sha256: str


@dataclass(frozen=True, slots=True)
class FileView:
    """A file as pages tell of it; ``size`` in bytes, ``received_at`` in UTC."""

    id: UUID
    media_type: MediaType
    size: int
    received_at: datetime
    kind: FileKind = FileKind.CV


@dataclass(frozen=True, slots=True)
class OpenedFile:
    """A file with its content, as somebody of the staff opens it."""

    kind: FileKind
    media_type: MediaType
    content: bytes


async def find_cv(appointment: UUID) -> FileView | None:
    """The CV that came with a cita, or None."""
    rows = await fetch(
        f'SELECT {_COLUMNS} FROM "stored_file" '
        'WHERE "appointment" = {} AND "kind" = {} ORDER BY "received_at" DESC LIMIT 1',
        *(appointment, FileKind.CV.value),
    )
    return view_file(rows[0]) if rows else None


async def list_files(appointment: UUID) -> list[FileView]:
    """The CV and the copies of documents that came with a cita, oldest first."""
    rows = await fetch(
        f'SELECT {_COLUMNS} FROM "stored_file" WHERE "appointment" = {{}} ORDER BY "received_at", "id"', appointment
    )
    return [view_file(row) for row in rows]


async def read_file(appointment: UUID, file: UUID) -> OpenedFile | None:
    """A file with its content, or None when none of that id came with that cita."""
    rows = await fetch(
        'SELECT "kind", "media_type", "content" FROM "stored_file" WHERE "id" = {} AND "appointment" = {}',
        *(file, appointment),
    )
    if not rows:
        return None
    row = rows[0]
    return OpenedFile(FileKind(row["kind"]), MediaType(row["media_type"]), bytes(row["content"]))


_COLUMNS = '"id", "kind", "media_type", "size", "received_at"'


def view_file(row: Row) -> FileView:
    """A row of ``stored_file`` (its id, kind, media_type, size and received_at) as a value."""
    return FileView(row["id"], MediaType(row["media_type"]), row["size"], row["received_at"], FileKind(row["kind"]))


@transactional
async def keep_cv(appointment: UUID, file: CheckedFile, now: datetime) -> None:
    """Keep the CV of a cita that is still to come or under way; a former one is dropped. Raises NotReserved."""
    await _lock_active(appointment)
    await _drop_cv(appointment)
    await store_file(appointment, FileKind.CV, file, now)
    await record_event(appointment, EventKind.CV_RECEIVED, now, sha256=file.sha256)


@transactional
async def take_back_cv(appointment: UUID, now: datetime) -> None:
    """Drop the CV of a cita for good, in whatever state the cita is; nothing happens when there is none."""
    if await _drop_cv(appointment):
        await record_event(appointment, EventKind.CV_REMOVED, now)


async def hand_over_cv(former: UUID, appointment: UUID) -> None:
    """Let the CV of a cita go with the cita that it is moved to. Belongs into the transaction of the move."""
    await fetch(
        'UPDATE "stored_file" SET "appointment" = {} WHERE "appointment" = {} AND "kind" = {}',
        *(appointment, former, FileKind.CV.value),
    )


async def store_file(appointment: UUID, kind: FileKind, file: CheckedFile, now: datetime) -> UUID:
    """Write a checked file down; returns its id. Belongs into the transaction of what it comes with."""
    identity = uuid4()
    await fetch(
        'INSERT INTO "stored_file" ("id", "appointment", "kind", "media_type", "size", "sha256", "content", '
        '"received_at") VALUES ({}, {}, {}, {}, {}, {}, {}, {})',
        *(identity, appointment, kind.value, file.media_type.value),
        *(len(file.content), file.sha256, file.content, now),
    )
    return identity


async def _lock_active(appointment: UUID) -> None:
    """Let two uploads for one cita wait for each other. Raises NotReserved when the cita has ended."""
    # Writing the state onto itself takes the row's lock on both engines; SELECT … FOR UPDATE is PostgreSQL's alone.
    rows = await fetch(
        'UPDATE "appointment" SET "state" = "state" WHERE "id" = {} AND "state" IN (\'reserved\', \'in_attention\') '
        'RETURNING "id"',
        appointment,
    )
    if not rows:
        raise NotReserved


async def _drop_cv(appointment: UUID) -> bool:
    dropped = await fetch(
        'DELETE FROM "stored_file" WHERE "appointment" = {} AND "kind" = {} RETURNING "id"',
        *(appointment, FileKind.CV.value),
    )
    return bool(dropped)
