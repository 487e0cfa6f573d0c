"""What the address of the audit asks for; what was not understood is as if it had not been asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from portal.domain.audit import Action
from portal.domain.audit_reading import AuditQuery, Place
from portal.forms.state import Mistake

_USUAL = timedelta(days=6)
_LONGEST = timedelta(days=366)
_EARLIEST, _LATEST = date(2020, 1, 1), date(2199, 12, 31)


def read_audit_query(query: Mapping[str, str], today: date) -> AuditQuery | tuple[Mistake, ...]:
    """The range (local days, a week by default), the person, the action, and where the page begins."""
    last = _read_day(query.get("hasta", ""), today)
    first = _read_day(query.get("desde", ""), (last or today) - _USUAL)
    mistakes = [Mistake(name, "malformed") for name, day in (("desde", first), ("hasta", last)) if day is None]
    if first is None or last is None:
        return tuple(mistakes)
    if first > last:
        return (Mistake("hasta", "inverted"),)
    if last - first > _LONGEST:
        return (Mistake("hasta", "longer_than_a_year"),)
    action = query.get("accion", "")
    return AuditQuery(
        first,
        last,
        staff=_read_id(query.get("persona", "")),
        action=Action(action) if action in set(Action) else None,
        after=_read_place(query.get("despues", "")),
    )


def write_place(place: Place) -> str:
    """Where a page begins, as addresses carry it: microseconds and an id."""
    return f"{int((place.at - _EPOCH) / _MICROSECOND)}_{place.id}"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_MOST_DIGITS = 17


def _read_place(text: str) -> Place | None:
    number, _, identity = text.partition("_")
    found = _read_id(identity)
    if found is None or not number.isdecimal() or not number.isascii() or len(number) > _MOST_DIGITS:
        return None
    try:
        return Place(_EPOCH + int(number) * _MICROSECOND, found)
    except OverflowError:
        return None


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _read_day(text: str, usual: date) -> date | None:
    if not text:
        return usual
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _EARLIEST <= day <= _LATEST else None
