"""GET, POST /reservar/confirmar, POST /reservar/reenviar"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from portal.database.node import fetch
from portal.domain.changing import cancel
from portal.domain.privacy import PRIVACY_VERSION
from tests.browser import NewVisitor, Page, Visitor
from tests.people import JULIO, NOW, ROSA, RULES, World, reserve, slot_at
from tests.portal.walking import (
    NINE,
    ROSA_TYPES,
    MovingClock,
    NewWalkApp,
    answer_to,
    confirm,
    describe,
    hold,
    one,
    post,
)

CITAS = 'SELECT count(*) FROM "appointment"'
JULIO_TYPES = ROSA_TYPES | {
    "numero_documento": "42388604", "nombres": "Julio", "apellido_paterno": "D'Angelo", "apellido_materno": "",
    "correo": "julio@example.org", "celular": "912345678",
}  # fmt: skip


async def sent(visitor: Visitor, review: Page, *, status: int) -> Page:
    """Press the button of the review, where no cita comes of it."""
    return await review.form("Confirmar mi cita").press(status=status)


class TestReview:
    async def test_everything_is_read_back_each_with_a_way_to_change_it(self, visitor: Visitor) -> None:
        page = await describe(visitor, fecha_nacimiento="27/03/1990", motivo="Mi primer empleo")
        read_back = (
            "lunes 11 de enero de 2027, 9:00 a. m.", "Videollamada", "DNI 10117410", "Rosa María", "Ñahui Quispe",
            "27 de marzo de 1990", "rosa@example.org", "987 654 321", "Mi primer empleo",
        )  # fmt: skip
        assert [words for words in read_back if words not in page.text] == []
        assert page.links["Cambiar celular o teléfono"] == "/reservar/datos#celular"
        assert page.links["Cambiar de horario"] == "/reservar?modalidad=virtual&fecha=2027-01-11"
        for address in page.links.values():
            _, mark, place = address.partition("/reservar/datos#")
            assert not mark or place in (await visitor.open("/reservar/datos")).ids

    @pytest.mark.parametrize(
        ("typed", "meant"),
        [
            ("rosa@gmial.com", "rosa@gmail.com"), ("rosa@gmail.con", "rosa@gmail.com"),
            ("rosa@hotnail.com", "rosa@hotmail.com"), ("rosa@yaho.es", "rosa@yahoo.es"),
        ],
    )  # fmt: skip
    async def test_a_mistyped_address_is_doubted(self, visitor: Visitor, typed: str, meant: str) -> None:
        assert f"¿Quisiste escribir {meant}?" in (await describe(visitor, correo=typed)).text

    @pytest.mark.parametrize("typed", ["rosa@gmail.com", "rosa@hotmail.es", "rosa@trabajo.gob.pe", "rosa@mail.ru"])
    async def test_a_good_address_is_not(self, visitor: Visitor, typed: str) -> None:
        assert "¿Quisiste escribir" not in (await describe(visitor, correo=typed)).text

    @pytest.mark.parametrize(("typed", "doubted"), [("42388604-1", True), ("42388604-H", False), ("10117410-2", False)])
    async def test_a_check_character_is_only_a_warning(self, visitor: Visitor, typed: str, doubted: bool) -> None:
        page = await describe(visitor, numero_documento=typed)
        assert ("el último carácter que escribiste no corresponde" in page.text) is doubted
        assert f"DNI {typed[:8]}" in page.text

    async def test_without_the_details_one_is_led_to_the_form(self, visitor: Visitor) -> None:
        await hold(visitor)
        assert (await visitor.open("/reservar/confirmar")).address == "/reservar/datos"


class TestOnce:
    async def test_one_button_makes_the_cita(self, visitor: Visitor) -> None:
        answer = await confirm(visitor, await describe(visitor, motivo="Mi primer empleo", acepta_promociones="si"))
        assert answer.status_code == 303
        row = (await fetch('SELECT * FROM "appointment"'))[0]
        assert answer.headers["location"] == f"/citas/{row['code']}"
        assert (row["given_names"], row["first_surname"], row["second_surname"]) == ("Rosa María", "Ñahui", "Quispe")
        assert (row["email"], row["phone"]) == ("rosa@example.org", "+51987654321")
        assert (row["starts_at"], row["modality"], row["origin"]) == (NINE, "virtual", "web")
        assert (row["privacy_version"], row["privacy_accepted_at"]) == (PRIVACY_VERSION, NOW)
        assert (row["motive"], row["promotions_accepted"]) == ("Mi primer empleo", True)

    async def test_what_was_typed_is_kept_with_the_cita_alone(self, visitor: Visitor) -> None:
        await confirm(visitor, await describe(visitor))
        assert "Rosa" not in await one('SELECT "draft" FROM "visit"')

    async def test_pressing_twice_shows_the_same_cita(self, visitor: Visitor) -> None:
        review = await describe(visitor)
        first, second = await confirm(visitor, review), await confirm(visitor, review)
        assert first.headers["location"] == second.headers["location"]
        assert await one(CITAS) == 1

    async def test_pressing_twice_at_the_same_instant_too(self, visitor: Visitor) -> None:
        review = await describe(visitor)
        answers = await asyncio.gather(*(confirm(visitor, review) for _ in range(5)))
        assert len({answer.headers["location"] for answer in answers}) == 1
        assert await one(CITAS) == 1

    @pytest.mark.parametrize("address", ["/reservar/confirmar", "/reservar/datos"])
    async def test_going_back_shows_the_same_cita(self, visitor: Visitor, address: str) -> None:
        booked = await confirm(visitor, await describe(visitor))
        answer = await visitor.client.get(address, follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, booked.headers["location"])

    async def test_sending_the_details_again_does_too(self, visitor: Visitor) -> None:
        booked = await confirm(visitor, await describe(visitor))
        answer = await answer_to(visitor, "/reservar/datos", ROSA_TYPES)
        assert answer.headers["location"] == booked.headers["location"]

    async def test_the_browser_may_open_the_cita(self, visitor: Visitor) -> None:
        answer = await confirm(visitor, await describe(visitor))
        assert any(value.startswith("citas_acceso=") for value in answer.headers.get_list("set-cookie"))


class TestOtherTab:
    async def test_an_older_form_says_that_the_time_was_changed(self, visitor: Visitor) -> None:
        older = await describe(visitor)
        await hold(visitor, NINE + timedelta(hours=1))
        page = await sent(visitor, older, status=409)
        assert page.heading == "Elegiste otro horario"
        assert "lunes 11 de enero de 2027, 10:00 a. m." in page.text
        assert await one(CITAS) == 0
        assert (await page.follow("Seguir con ese horario")).heading == "Revisa y confirma"

    async def test_details_that_were_changed_in_another_tab_are_read_back_first(
        self, visitor: Visitor, moving_clock: MovingClock
    ) -> None:
        review = await describe(visitor)
        moving_clock.pass_by(minutes=1)
        await post(visitor, "/reservar/datos", {**ROSA_TYPES, "nombres": "Luis Alberto"})
        page = await sent(visitor, review, status=200)
        assert page.address == "/reservar/confirmar"
        assert "Luis Alberto" in page.text
        assert await one('SELECT count(*) FROM "appointment"') == 0
        assert (await confirm(visitor, page)).status_code == 303
        assert await one('SELECT count(*) FROM "appointment" WHERE "given_names" = \'Luis Alberto\'') == 1

    async def test_an_older_form_that_was_booked_shows_its_cita(self, visitor: Visitor) -> None:
        older = await describe(visitor)
        booked = await confirm(visitor, older)
        await post(visitor, "/reservar/apartar", {"horario": str(slot_at(NINE + timedelta(hours=1)))})
        assert (await confirm(visitor, older)).headers["location"] == booked.headers["location"]

    @pytest.mark.parametrize("token", ["", "x", "\x00", "ñ", "a" * 5000])
    async def test_a_made_up_token_books_nothing(self, visitor: Visitor, token: str) -> None:
        await describe(visitor)
        page = await post(visitor, "/reservar/confirmar", {"apartado": token}, status=409)
        assert page.heading == "Elegiste otro horario"
        assert await one(CITAS) == 0


class TestTooLate:
    async def test_a_hold_that_ran_out_still_books_a_free_seat(
        self, visitor: Visitor, moving_clock: MovingClock
    ) -> None:
        review = await describe(visitor)
        moving_clock.pass_by(minutes=40)
        assert (await confirm(visitor, review)).status_code == 303

    async def test_when_somebody_was_faster_the_details_are_kept(
        self, visitor: Visitor, new_visitor: NewVisitor, moving_clock: MovingClock
    ) -> None:
        review = await describe(visitor)
        moving_clock.pass_by(minutes=11)
        for _ in range(2):
            await hold(new_visitor(visitor.app))
        page = await sent(visitor, review, status=409)
        assert page.heading == "Otra persona acaba de reservar ese horario"
        assert "Lo que escribiste sigue guardado" in page.text
        page = await page.form("lunes 11 de enero de 2027, 9:30").press()
        assert page.address == "/reservar/confirmar"
        assert "Rosa María" in page.text
        assert (await confirm(visitor, page)).status_code == 303

    async def test_a_seat_that_began_meanwhile_is_gone(self, visitor: Visitor, moving_clock: MovingClock) -> None:
        await hold(visitor, NOW + timedelta(hours=1))
        review = await post(visitor, "/reservar/datos", ROSA_TYPES)
        moving_clock.pass_by(hours=1, minutes=1)
        assert (await sent(visitor, review, status=409)).heading == "Ese horario ya no se atiende"

    async def test_a_visit_that_is_over_begins_anew(self, visitor: Visitor, moving_clock: MovingClock) -> None:
        review = await describe(visitor)
        moving_clock.pass_by(hours=3)
        answer = await confirm(visitor, review)
        assert answer.headers["location"] == "/reservar?aviso=sin-cupo"


class TestSecondCita:
    async def test_one_active_cita_for_each_person(self, visitor: Visitor) -> None:
        await reserve(ROSA, slot_at(NINE + timedelta(days=1)))
        page = await sent(visitor, await describe(visitor), status=409)
        assert page.heading == "Ya tienes una cita reservada"
        assert await one(CITAS) == 1

    async def test_the_page_gives_nothing_away(self, visitor: Visitor) -> None:
        booked = await reserve(JULIO, slot_at(NINE + timedelta(days=1)))
        page = await sent(visitor, await describe(visitor, JULIO_TYPES, correo="otra@example.org"), status=409)
        for secret in (booked.code, "martes", "julio@example.org", "42388604", "D'Angelo"):
            assert secret not in page.html

    async def test_after_cancelling_one_may_reserve_again(self, visitor: Visitor) -> None:
        booked = await reserve(ROSA, slot_at(NINE + timedelta(days=1)))
        await cancel(booked.code, NOW, RULES)
        assert (await confirm(visitor, await describe(visitor))).status_code == 303

    async def test_the_code_is_sent_again_to_the_address_held(self, visitor: Visitor) -> None:
        await reserve(JULIO, slot_at(NINE + timedelta(days=1)))
        page = await sent(visitor, await describe(visitor, JULIO_TYPES, correo="otra@example.org"), status=409)
        page = await page.form("Enviarme el código otra vez").press()
        assert page.heading == "Revisa tu correo"
        kinds = await fetch('SELECT "recipient" FROM "outbox_message" WHERE "kind" = {}', "code_again")
        assert [row["recipient"] for row in kinds] == ["julio@example.org"]

    async def test_the_answer_is_the_same_when_there_is_no_cita(self, visitor: Visitor) -> None:
        await reserve(JULIO, slot_at(NINE + timedelta(days=1)))
        await describe(visitor, JULIO_TYPES)
        known = await post(visitor, "/reservar/reenviar", {})
        await describe(visitor)
        unknown = await post(visitor, "/reservar/reenviar", {})
        assert known.text == unknown.text

    async def test_a_document_can_be_corrected(self, visitor: Visitor) -> None:
        await reserve(ROSA, slot_at(NINE + timedelta(days=1)))
        page = await sent(visitor, await describe(visitor), status=409)
        form = (await page.follow("Corrige tu documento")).form("Continuar")
        form.fill("Número de documento", "42388604")
        assert (await confirm(visitor, await form.press())).status_code == 303

    async def test_asking_for_one_document_has_a_limit(
        self, world: World, new_walk_app: NewWalkApp, new_visitor: NewVisitor
    ) -> None:
        assert world.center
        await reserve(ROSA, slot_at(NINE + timedelta(days=1)))
        app = new_walk_app(limit_bookings_per_document=2)
        for hours in range(2):
            visitor = new_visitor(app)
            await sent(visitor, await describe(visitor, moment=NINE + timedelta(hours=hours)), status=409)
        visitor = new_visitor(app, address="192.0.2.44")
        page = await sent(visitor, await describe(visitor), status=429)
        assert page.heading == "Demasiados intentos"
        julio = await describe(new_visitor(app), JULIO_TYPES, NINE + timedelta(hours=2))
        assert (await confirm(julio.visitor, julio)).status_code == 303


async def test_without_the_browsers_token_nothing_is_booked(visitor: Visitor) -> None:
    fields = dict((await describe(visitor)).form("Confirmar mi cita").values)
    del fields["_csrf_token"]
    assert (await visitor.client.post("/reservar/confirmar", data=fields)).status_code == 403
    assert await one(CITAS) == 0
