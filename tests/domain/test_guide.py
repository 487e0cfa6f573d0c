"""The Guía del Consultor: a starting text, versions that are kept, two who edit at once."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from portal.database.node import Node, fetch
from portal.domain.guide import (
    LONGEST_TEXT,
    Guide,
    GuideChanged,
    GuideSection,
    GuideUnknown,
    list_versions,
    read_guide,
    read_version,
    restore_version,
    save_section,
)
from portal.domain.procedure import STANDARD_TOTAL, Activity
from tests.people import NOW
from tests.staffing import Staffed


def told(guide: Guide, activity: Activity, *say: str) -> GuideSection:
    return replace(guide.section(activity), say=say)


async def test_it_starts_with_the_whole_procedure(node: Node) -> None:
    guide = await read_guide()
    assert guide.number == 0
    assert [section.activity for section in guide.sections] == ["01", "02", "03", "04", "05", "06", "07", "08"]
    assert sum(section.minutes or 0 for section in guide.sections) == STANDARD_TOTAL == 26
    assert [guide.section(number).minutes for number in ("02", "03", "05", "07", "08")] == [3, 5, 15, 1, 2]
    for section in guide.sections:
        assert section.title
        assert section.do
        assert all(0 < len("\n".join(text)) <= LONGEST_TEXT for text in section.texts if text)


async def test_an_edit_is_a_new_version_and_the_old_one_stays(staffed: Staffed) -> None:
    start = await read_guide()
    saved = await save_section(told(start, Activity.INVITE, "«Hola, ñandú»."), 0, staffed.supervisor, NOW)
    assert saved
    assert (saved.number, saved.edited_by, saved.edited_at) == (1, "Elena Ríos", NOW)
    assert saved.section("03").say == ("«Hola, ñandú».",)
    assert saved.section("04") == start.section("04")
    assert await read_guide() == saved
    assert await read_version(0) == start
    assert [(one.number, one.edited_by) for one in await list_versions()] == [(1, "Elena Ríos"), (0, "")]


async def test_what_says_the_same_makes_no_version(staffed: Staffed) -> None:
    start = await read_guide()
    assert await save_section(start.section("03"), 0, staffed.supervisor, NOW) is None
    assert await read_guide() == start
    assert [one.number for one in await list_versions()] == [0]


async def test_the_second_editor_of_an_activity_is_told(staffed: Staffed) -> None:
    start = await read_guide()
    await save_section(told(start, Activity.INVITE, "Uno."), 0, staffed.supervisor, NOW)
    with pytest.raises(GuideChanged) as told_so:
        await save_section(told(start, Activity.INVITE, "Dos."), 0, staffed.administrator, NOW)
    assert told_so.value.newest.number == 1
    assert (await read_guide()).section("03").say == ("Uno.",)


async def test_editors_of_different_activities_do_not_disturb_each_other(staffed: Staffed) -> None:
    start = await read_guide()
    await save_section(told(start, Activity.INVITE, "Uno."), 0, staffed.supervisor, NOW)
    guide = await save_section(told(start, Activity.START, "Dos."), 0, staffed.administrator, NOW)
    assert guide
    assert guide.number == 2
    assert (guide.section("03").say, guide.section("04").say) == (("Uno.",), ("Dos.",))


async def test_of_many_editors_at_the_same_instant_nobody_is_overwritten(staffed: Staffed) -> None:
    start = await read_guide()
    outcomes = await asyncio.gather(
        *(
            save_section(told(start, Activity.INVITE, f"Texto {number}."), 0, staffed.supervisor, NOW)
            for number in range(6)
        ),
        return_exceptions=True,
    )
    saved = [outcome for outcome in outcomes if isinstance(outcome, Guide)]
    assert len(saved) == 1
    assert sum(isinstance(outcome, GuideChanged) for outcome in outcomes) == 5
    assert [one.number for one in await list_versions()] == [1, 0]
    assert await read_guide() == saved[0]


async def test_an_old_version_comes_back_as_a_new_one(staffed: Staffed) -> None:
    start = await read_guide()
    await save_section(told(start, Activity.INVITE, "Uno."), 0, staffed.supervisor, NOW)
    later = NOW + timedelta(days=1)
    restored = await restore_version(0, 1, staffed.administrator, later)
    assert restored
    assert (restored.number, restored.edited_at) == (2, later)
    assert restored.sections == start.sections
    assert (await read_version(1)).section("03").say == ("Uno.",)
    assert await restore_version(0, 2, staffed.administrator, later) is None
    assert await read_guide() == restored


async def test_who_restores_over_a_newer_version_is_told(staffed: Staffed) -> None:
    start = await read_guide()
    await save_section(told(start, Activity.INVITE, "Uno."), 0, staffed.supervisor, NOW)
    await save_section(told(start, Activity.START, "Dos."), 0, staffed.supervisor, NOW)
    with pytest.raises(GuideChanged):
        await restore_version(0, 1, staffed.administrator, NOW)
    assert (await read_guide()).number == 2


async def test_a_version_that_never_was_is_unknown(staffed: Staffed) -> None:
    for number in (-1, 1, 99, 10**12):
        with pytest.raises(GuideUnknown):
            await read_version(number)
    with pytest.raises(GuideUnknown):
        await save_section((await read_guide()).section("03"), 7, staffed.supervisor, NOW)
    assert await fetch('SELECT "id" FROM "guide_version"') == []
