"""Visits: what a browser holds and typed, until two hours after its last step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from portal.database.node import Node, fetch
from portal.domain.modality import Modality
from portal.domain.visits import (
    LASTS,
    Draft,
    find_visit,
    new_cookie,
    purge_visits,
    remember_hold,
    save_draft,
    stay,
)

NOW = datetime(2027, 1, 4, 14, 20, tzinfo=UTC)
SEAT = UUID("5d1b6f0e-53a5-4f6c-9a53-1c4a4a0a7b11")
OTHER_SEAT = UUID("0b8a3a36-28c1-4d43-8a3e-7d0c5f3b9e02")
TYPED = Draft(tipo_documento="01", numero_documento="45678912", nombres="María José", correo="mj@example.pe")


async def begin(now: datetime = NOW) -> str:
    cookie = new_cookie()
    await remember_hold(cookie, "token-1", SEAT, Modality.VIRTUAL, now)
    return cookie


async def test_a_visit_begins_with_a_hold_and_an_empty_draft(node: Node) -> None:
    visit = await find_visit(await begin(), NOW)
    assert visit is not None
    assert (visit.hold_token, visit.seat, visit.modality) == ("token-1", SEAT, Modality.VIRTUAL)
    assert visit.draft == Draft()
    assert visit.expires_at == NOW + LASTS


async def test_what_was_typed_comes_back_as_it_was_typed(node: Node) -> None:
    cookie = await begin()
    typed = replace(TYPED, motivo='ñandú "comillas"\n{llaves} \\ 😀', acepta_promociones="si")
    await save_draft(cookie, typed, NOW)
    visit = await find_visit(cookie, NOW)
    assert visit is not None
    assert visit.draft == typed


async def test_another_hold_keeps_what_was_typed(node: Node) -> None:
    cookie = await begin()
    await save_draft(cookie, TYPED, NOW)
    await remember_hold(cookie, "token-2", OTHER_SEAT, Modality.PHONE, NOW)
    visit = await find_visit(cookie, NOW)
    assert visit is not None
    assert (visit.hold_token, visit.seat, visit.modality, visit.draft) == (
        "token-2",
        OTHER_SEAT,
        Modality.PHONE,
        TYPED,
    )


async def test_no_cookie_and_an_unknown_cookie_are_no_visit(node: Node) -> None:
    await begin()
    assert await find_visit("", NOW) is None
    assert await find_visit(new_cookie(), NOW) is None


async def test_a_visit_is_over_two_hours_after_the_last_step(node: Node) -> None:
    cookie = await begin()
    assert await find_visit(cookie, NOW + LASTS - timedelta(seconds=1)) is not None
    assert await find_visit(cookie, NOW + LASTS) is None


async def test_every_step_keeps_it_for_two_more_hours(node: Node) -> None:
    cookie = await begin()
    later = NOW + timedelta(hours=1)
    await save_draft(cookie, TYPED, later)
    assert await find_visit(cookie, later + LASTS - timedelta(seconds=1)) is not None
    even_later = NOW + timedelta(hours=2)
    await stay(cookie, even_later)
    assert await find_visit(cookie, even_later + LASTS - timedelta(seconds=1)) is not None


async def test_a_visit_that_is_over_is_not_revived_by_what_is_typed(node: Node) -> None:
    cookie = await begin()
    await save_draft(cookie, TYPED, NOW + LASTS)
    await stay(cookie, NOW + LASTS)
    assert await find_visit(cookie, NOW + LASTS) is None


async def test_visits_that_are_over_are_deleted(node: Node) -> None:
    await begin()
    later = await begin(NOW + timedelta(hours=1))
    await purge_visits(NOW + LASTS)
    assert len(await fetch('SELECT "key" FROM "visit"')) == 1
    assert await find_visit(later, NOW + LASTS) is not None


async def test_the_database_does_not_know_the_cookie(node: Node) -> None:
    cookie = await begin()
    (row,) = await fetch('SELECT * FROM "visit"')
    assert cookie not in str(row)


async def test_a_draft_of_an_older_program_is_read(node: Node) -> None:
    cookie = await begin()
    await fetch('UPDATE "visit" SET "draft" = {}', '{"nombres": "Ana", "campo_antiguo": "x"}')
    visit = await find_visit(cookie, NOW)
    assert visit is not None
    assert visit.draft == Draft(nombres="Ana")
