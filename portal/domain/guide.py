"""The Guía del Consultor: what to say, do and send, activity by activity; edited by the responsable, versions kept.

A version is the whole guide. Version 0 is the text that the software comes with; the highest number holds.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid4

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.errors import DomainError
from portal.domain.procedure import STANDARD_MINUTES, STANDARD_TOTAL, Activity
from portal.domain.start_guide import START_GUIDE, TITLES

LONGEST_TEXT: Final = 3_000
"""Of one of the three texts of an activity, in characters."""

_TRIES: Final = 5
_HIGHEST: Final = 2**31 - 1
"""Of what the database takes for a number."""


@dataclass(frozen=True, slots=True)
class GuideSection:
    """What the guide says of one activity, one instruction to an entry. ``minutes`` is the standard, if it has one."""

    activity: Activity
    title: str
    minutes: int | None
    say: tuple[str, ...]
    do: tuple[str, ...]
    send: tuple[str, ...]

    @property
    def texts(self) -> tuple[tuple[str, ...], ...]:
        """What people edit."""
        return self.say, self.do, self.send


@dataclass(frozen=True, slots=True)
class Guide:
    """One version, whole. ``edited_at`` (UTC) is None for the text that the software comes with."""

    number: int
    edited_at: datetime | None
    edited_by: str
    sections: tuple[GuideSection, ...]
    total: int = STANDARD_TOTAL

    def section(self, activity: str) -> GuideSection:
        """What it says of an activity, by its number: ``guide.section("03")``. Raises KeyError when there is none."""
        for section in self.sections:
            if section.activity == activity:
                return section
        raise KeyError(activity)


@dataclass(frozen=True, slots=True)
class GuideVersion:
    """A version in the list of them; ``edited_at`` in UTC."""

    number: int
    edited_at: datetime | None
    edited_by: str


class GuideChanged(DomainError):
    """Somebody else saved meanwhile what was being edited; ``newest`` is the guide as it is now."""

    def __init__(self, newest: Guide) -> None:
        super().__init__(f"version {newest.number} was saved meanwhile")
        self.newest = newest


class GuideUnknown(DomainError):
    """There is no version of that number."""


async def read_guide() -> Guide:
    """The guide that holds."""
    rows = await fetch(f'{_SELECT} ORDER BY "guide_version"."number" DESC LIMIT 1')
    return _view(rows[0]) if rows else _START


async def read_version(number: int) -> Guide:
    """The guide as it was. Raises GuideUnknown."""
    if number == _START.number:
        return _START
    rows = await fetch(f'{_SELECT} WHERE "guide_version"."number" = {{}}', number) if 0 < number <= _HIGHEST else ()
    if not rows:
        raise GuideUnknown
    return _view(rows[0])


async def list_versions() -> list[GuideVersion]:
    """All versions, the newest first."""
    rows = await fetch(
        'SELECT "guide_version"."number", "guide_version"."edited_at", "staff"."name" FROM "guide_version" '
        'LEFT JOIN "staff" ON "staff"."id" = "guide_version"."edited_by" ORDER BY "guide_version"."number" DESC'
    )
    kept = [GuideVersion(row["number"], row["edited_at"], row["name"] or "") for row in rows]
    return [*kept, GuideVersion(_START.number, None, "")]


async def save_section(section: GuideSection, base: int, staff: UUID, now: datetime) -> Guide | None:
    """Keep a new version with what was written about one activity while ``base`` was the newest; returns it.

    Two people who edit different activities at once do not disturb each other. What says the same as the newest makes
    no new version: None. Raises GuideChanged when somebody changed the same activity since ``base``, GuideUnknown.
    """
    before = (await read_version(base)).section(section.activity)
    for _ in range(_TRIES):
        newest = await read_guide()
        current = newest.section(section.activity)
        if current.texts == section.texts:
            return None
        if current.texts != before.texts:
            raise GuideChanged(newest)
        sections = tuple(section if one.activity == section.activity else one for one in newest.sections)
        if await _add(replace(newest, sections=sections), newest.number + 1, staff, now):
            return await read_version(newest.number + 1)
    raise GuideChanged(await read_guide())


async def restore_version(number: int, base: int, staff: UUID, now: datetime) -> Guide | None:
    """Keep an earlier version once more, as the newest one; returns that, or None when the newest says the same.

    Raises GuideChanged when ``base`` is no longer the newest, GuideUnknown.
    """
    version, newest = await read_version(number), await read_guide()
    if newest.sections == version.sections:
        return None
    if newest.number != base or not await _add(version, base + 1, staff, now):
        raise GuideChanged(await read_guide())
    return await read_version(base + 1)


@transactional
async def _add(guide: Guide, number: int, staff: UUID, now: datetime) -> bool:
    """Keep it under that number; False when another has it already."""
    sections = [
        {"activity": one.activity.value, "say": one.say, "do": one.do, "send": one.send} for one in guide.sections
    ]
    return bool(
        await fetch(
            'INSERT INTO "guide_version" ("id", "number", "sections", "edited_by", "edited_at") '
            'VALUES ({}, {}, {}, {}, {}) ON CONFLICT ("number") DO NOTHING RETURNING "number"',
            *(uuid4(), number, json.dumps(sections, ensure_ascii=False), staff, now),
        )
    )


_SELECT = (
    'SELECT "guide_version"."number", "guide_version"."sections", "guide_version"."edited_at", "staff"."name" '
    'FROM "guide_version" LEFT JOIN "staff" ON "staff"."id" = "guide_version"."edited_by"'
)


def _view(row: Row) -> Guide:
    kept: dict[str, Mapping[str, Any]] = {one["activity"]: one for one in json.loads(row["sections"])}
    sections = tuple(_section(activity, kept.get(activity, {})) for activity in Activity)
    return Guide(row["number"], row["edited_at"], row["name"] or "", sections)


def _section(activity: Activity, texts: Mapping[str, Any]) -> GuideSection:
    return GuideSection(
        activity,
        TITLES[activity],
        STANDARD_MINUTES.get(activity),
        *(tuple(texts.get(name, ())) for name in ("say", "do", "send")),
    )


_START: Final = Guide(
    number=0,
    edited_at=None,
    edited_by="",
    sections=tuple(
        GuideSection(activity, TITLES[activity], STANDARD_MINUTES.get(activity), text.say, text.do, text.send)
        for activity, text in START_GUIDE.items()
    ),
)
