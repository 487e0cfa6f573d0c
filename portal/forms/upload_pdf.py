"""PDF files: readable by anyone who opens them, and only read: no scripts, no programs, no files inside."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from io import BytesIO
from time import monotonic

from pypdf import Configuration, PdfReader, apply_configuration
from pypdf.errors import LimitReachedError
from pypdf.generic import ArrayObject, DictionaryObject, IndirectObject, NameObject

from portal.domain.errors import FileRefused
from portal.domain.files import Refusal

MOST_OBJECTS = 50_000
MOST_READS = 4_000_000
"""Steps that pypdf may take in the file: a tagged PDF of 4 MB and 600 pages needs 2.4 million, a CV some thousands."""
MOST_SECONDS = 10.0
"""For work that is not done in the file itself, such as searching for lost objects."""

# Only the lists of objects are unpacked here, never pages or pictures.
_MOST_UNPACKED_BYTES = 4 * 1024 * 1024
_LIMITS = Configuration(
    maximum_declared_stream_length=_MOST_UNPACKED_BYTES,
    zlib_maximum_output_length=_MOST_UNPACKED_BYTES,
    lzw_maximum_output_length=_MOST_UNPACKED_BYTES,
    run_length_maximum_output_length=_MOST_UNPACKED_BYTES,
    stream_decoding_work_maximum_length=2 * _MOST_UNPACKED_BYTES,
    page_tree_maximum_entries=MOST_OBJECTS,
    page_tree_maximum_page_entries=MOST_OBJECTS,
)

# ISO 32000: entries of dictionaries, kinds of actions and kinds of annotations that make a reader do something.
_ACTIVE_KEYS = frozenset({"/JS", "/JavaScript", "/EmbeddedFiles", "/EF", "/XFA", "/RichMediaContent"})
_ACTIVE_ACTIONS = frozenset(
    {
        "/JavaScript",
        "/Launch",
        "/ImportData",
        "/SubmitForm",
        "/Rendition",
        "/Movie",
        "/Sound",
        "/GoToE",
        "/RichMediaExecute",
    }
)
_ACTIVE_SUBTYPES = frozenset({"/FileAttachment", "/RichMedia", "/Movie", "/Sound", "/Screen", "/3D"})

# pypdf quotes what it stumbles over; what people send does not belong into the log.
logging.getLogger("pypdf").setLevel(logging.CRITICAL)


class _TooMuchWork(BaseException):
    """Not an Exception: pypdf catches those, and tries again another way."""


class _Metered(BytesIO):
    """The file, given out piece by piece as long as the steps last: malformed lists make a parser walk it for ever."""

    reads_left = MOST_READS

    def read(self, size: int | None = -1, /) -> bytes:
        self.reads_left -= 1
        if self.reads_left < 0:
            raise _TooMuchWork
        return super().read(size)


def check_pdf(content: bytes) -> None:
    """Raises FileRefused unless the file opens without a password, has a page, and nothing in it acts by itself."""
    deadline = monotonic() + MOST_SECONDS
    try:
        with apply_configuration(_LIMITS):
            _check(content, deadline)
    except FileRefused:
        raise
    except (LimitReachedError, RecursionError, MemoryError, _TooMuchWork):
        raise FileRefused(Refusal.TOO_COMPLEX) from None
    except Exception:  # noqa: BLE001  # pypdf raises whatever a malformed file makes it trip over
        raise FileRefused(Refusal.BROKEN) from None


def _check(content: bytes, deadline: float) -> None:
    reader = PdfReader(_Metered(content), xref_stream_maximum_entries=MOST_OBJECTS)
    if reader.is_encrypted:
        raise FileRefused(Refusal.PROTECTED)
    numbers = list(_object_numbers(reader))
    if len(numbers) > MOST_OBJECTS:
        raise FileRefused(Refusal.TOO_COMPLEX)
    for number, generation in numbers:
        if monotonic() > deadline:
            raise FileRefused(Refusal.TOO_COMPLEX)
        _check_object(reader.get_object(IndirectObject(number, generation, reader)))
    if not reader.pages:
        raise FileRefused(Refusal.BROKEN)


def _object_numbers(reader: PdfReader) -> Iterator[tuple[int, int]]:
    """Every object that the file lists, also those that no page leads to."""
    for generation, places in reader.xref.items():
        for number in places:
            if not reader.xref_free_entry.get(generation, {}).get(number, False):
                yield number, generation
    for number in reader.xref_objStm:
        yield number, 0


def _check_object(root: object) -> None:
    waiting = [root]
    while waiting:
        thing = waiting.pop()
        if isinstance(thing, DictionaryObject):
            if _acts(thing):
                raise FileRefused(Refusal.ACTIVE)
            waiting.extend(thing.values())
        elif isinstance(thing, ArrayObject):
            waiting.extend(thing)


def _acts(entries: DictionaryObject) -> bool:
    # raw_get does not follow references: each object is looked at in its own turn.
    def name_of(key: str) -> str:
        value = entries.raw_get(key) if key in entries else None
        return str(value) if isinstance(value, NameObject) else ""

    return (
        not _ACTIVE_KEYS.isdisjoint(entries)
        or name_of("/S") in _ACTIVE_ACTIONS
        or name_of("/Subtype") in _ACTIVE_SUBTYPES
        or name_of("/Type") == "/EmbeddedFile"
    )
