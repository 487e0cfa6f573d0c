"""A citizen's CV: kept with the cita, replaced by the next one, taken back, and carried along when the cita moves."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import timedelta

import pytest

from portal.database.node import Node, fetch
from portal.domain.appointments import find_appointment_by_id
from portal.domain.changing import cancel, move
from portal.domain.errors import NotReserved
from portal.domain.files import CheckedFile, MediaType, find_cv, keep_cv, take_back_cv
from portal.domain.new_appointment import Booked
from tests.people import NOW, ROSA, RULES, build_world, reserve, slot_at


def a_file(text: bytes, media_type: MediaType = MediaType.PDF) -> CheckedFile:
    return CheckedFile(media_type, text, hashlib.sha256(text).hexdigest())


async def a_cita() -> Booked:
    await build_world()
    return await reserve(ROSA, slot_at(NOW + timedelta(days=1)))


async def says_of_a_cv(cita: Booked) -> bool:
    view = await find_appointment_by_id(cita.id)
    assert view is not None
    return view.has_cv


async def test_a_cv_is_kept_whole_under_the_type_of_its_content(node: Node) -> None:
    cita = await a_cita()
    await keep_cv(cita.id, a_file(b"\x00uno\xff", MediaType.DOCX), NOW)
    cv = await find_cv(cita.id)
    assert cv is not None
    assert await says_of_a_cv(cita)
    assert (cv.media_type, cv.size, cv.received_at) == (MediaType.DOCX, 5, NOW)
    row = (await fetch('SELECT "content", "sha256", "kind" FROM "stored_file" WHERE "id" = {}', cv.id))[0]
    assert (bytes(row["content"]), row["kind"]) == (b"\x00uno\xff", "cv")
    assert row["sha256"] == hashlib.sha256(b"\x00uno\xff").hexdigest()


async def test_the_next_cv_replaces_the_former(node: Node) -> None:
    cita = await a_cita()
    await keep_cv(cita.id, a_file(b"uno"), NOW)
    await keep_cv(cita.id, a_file(b"dos!", MediaType.PNG), NOW + timedelta(minutes=1))
    cv = await find_cv(cita.id)
    assert cv is not None
    assert (cv.size, cv.media_type) == (4, MediaType.PNG)
    assert len(await fetch('SELECT "id" FROM "stored_file"')) == 1


async def test_two_cvs_at_once_leave_one(node: Node) -> None:
    cita = await a_cita()
    await asyncio.gather(*(keep_cv(cita.id, a_file(b"x" * size), NOW) for size in range(1, 9)))
    assert len(await fetch('SELECT "id" FROM "stored_file"')) == 1


async def test_a_cv_can_be_taken_back(node: Node) -> None:
    cita = await a_cita()
    await keep_cv(cita.id, a_file(b"uno"), NOW)
    await take_back_cv(cita.id, NOW)
    await take_back_cv(cita.id, NOW)
    assert await find_cv(cita.id) is None
    assert not await says_of_a_cv(cita)
    assert await fetch('SELECT "id" FROM "stored_file"') == []
    events = await fetch('SELECT "kind" FROM "appointment_event" WHERE "kind" = {}', "cv_removed")
    assert len(events) == 1


async def test_a_cancelled_cita_takes_no_cv(node: Node) -> None:
    cita = await a_cita()
    await cancel(cita.code, NOW, RULES)
    with pytest.raises(NotReserved):
        await keep_cv(cita.id, a_file(b"uno"), NOW)
    assert await fetch('SELECT "id" FROM "stored_file"') == []


async def test_the_cv_goes_with_a_moved_cita(node: Node) -> None:
    cita = await a_cita()
    await keep_cv(cita.id, a_file(b"uno"), NOW)
    moved = await move(cita.code, slot_at(NOW + timedelta(days=4)), NOW, RULES)
    assert await find_cv(cita.id) is None
    assert await find_cv(moved.id) is not None
