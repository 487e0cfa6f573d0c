"""GET, POST /citas/{codigo}/anular"""

from __future__ import annotations

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.changing import cancel
from portal.domain.vocabulary import State
from tests.browser import Visitor
from tests.people import RULES
from tests.portal.owning import UNKNOWN, Owner, link_to
from tests.portal.walking import NINE, answer_to, one, post

YES = "Sí, anular mi cita"
MAILS = 'SELECT count(*) FROM "outbox_message" WHERE "kind" = \'cancellation\''


async def test_it_is_asked_once_more_then_done(owner: Owner) -> None:
    page = await (await owner.open()).follow("Anular")
    assert page.heading == "¿Anular tu cita?"
    assert (await owner.view()).state is State.RESERVED
    page = await page.form(YES).press()
    assert page.address == owner.address
    assert page.heading == "Tu cita está anulada"
    assert "Listo: anulaste tu cita." in page.text
    assert "Se anuló esta cita." in page.text
    assert (await owner.view()).state is State.CANCELLED
    assert await one(MAILS) == 1


async def test_the_seat_comes_back_later_and_not_at_once(owner: Owner) -> None:
    await (await owner.open("/anular")).form(YES).press()
    seat = (await fetch('SELECT "held_until", "hold_token" FROM "seat" WHERE "held_until" IS NOT NULL'))[0]
    assert seat["hold_token"] is None
    assert RULES.release_min <= seat["held_until"] - owner.clock() <= RULES.release_max


async def test_pressing_twice_cancels_once(owner: Owner) -> None:
    form = (await owner.open("/anular")).form(YES)
    await form.press()
    page = await form.press()
    assert page.heading == "Tu cita está anulada"
    assert await one(MAILS) == 1


async def test_there_is_a_way_back_that_changes_nothing(owner: Owner) -> None:
    page = await (await owner.open("/anular")).follow("No, conservar mi cita")
    assert page.heading == "Tu cita está reservada"


async def test_after_it_began_it_is_too_late(owner: Owner, owned_app: Litestar) -> None:
    owner.clock.now = NINE
    await owner.visitor.open(link_to(owned_app, owner.cita.code))
    page = await owner.open("/anular", status=409)
    assert page.heading == "Tu cita ya empezó"
    await post(owner.visitor, f"{owner.address}/anular", {}, status=409)
    assert (await owner.view()).state is State.RESERVED


@pytest.mark.parametrize(
    ("state", "heading"),
    [
        (State.CANCELLED, "Esta cita está anulada"),
        (State.IN_ATTENTION, "Tu cita ya empezó"),
        (State.ATTENDED, "Tu cita ya fue atendida"),
        (State.ABANDONED, "Tu cita quedó como abandonada"),
        (State.NOT_HELD, "Tu cita no se realizó"),
    ],
)
async def test_a_cita_that_does_not_stand_says_why(owner: Owner, state: State, heading: str) -> None:
    await fetch('UPDATE "appointment" SET "state" = {}', state.value)
    assert (await owner.open("/anular", status=409)).heading == heading


async def test_who_cancelled_in_another_tab_sees_it_cancelled(owner: Owner) -> None:
    form = (await owner.open("/anular")).form(YES)
    await cancel(owner.cita.code, owner.clock(), RULES)
    assert (await form.press()).heading == "Tu cita está anulada"


async def test_a_stranger_cancels_nothing_and_learns_nothing(owner: Owner, stranger: Visitor) -> None:
    answers = [await answer_to(stranger, f"/citas/{code}/anular", {}) for code in (owner.cita.code, UNKNOWN)]
    assert [(answer.status_code, answer.headers["location"]) for answer in answers] == [(303, "/citas")] * 2
    assert (await owner.view()).state is State.RESERVED


async def test_another_sites_form_cancels_nothing(owner: Owner) -> None:
    answer = await owner.visitor.client.post(f"{owner.address}/anular", data={"_csrf_token": "x"})
    assert answer.status_code == 403
    assert (await owner.view()).state is State.RESERVED
