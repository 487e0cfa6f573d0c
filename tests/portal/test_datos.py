"""GET, POST /reservar/datos, POST /reservar/ampliar, GET /reservar/distritos"""

from __future__ import annotations

from datetime import timedelta

import pytest

from portal.database.node import fetch
from portal.domain.districts import load_districts
from tests.browser import NewVisitor, Page, Visitor
from tests.people import slot_at
from tests.portal.walking import NINE, ROSA_TYPES, MovingClock, answer_to, describe, hold, one, post

SURNAME = "Primer apellido"


def mistakes_of(page: Page) -> dict[str, str]:
    """What the summary at the top says, by the field that it leads to."""
    summary = page.ids["errores"]
    return {link.get("href", ""): "".join(link.itertext()) for link in summary.iter("a")}


async def refused(visitor: Visitor, **changes: str) -> Page:
    """Send Rosa's form with changes; it comes back."""
    await hold(visitor)
    return await post(visitor, "/reservar/datos", {**ROSA_TYPES, **changes}, status=422)


async def test_the_form_tells_which_time_is_held_and_until_when(visitor: Visitor) -> None:
    page = await hold(visitor)
    assert page.heading == "Tus datos"
    assert "lunes 11 de enero de 2027, 9:00 a. m." in page.text
    assert "Tu cupo está apartado hasta las 9:10 a. m." in page.text


async def test_a_person_fills_it_in_by_its_labels(visitor: Visitor) -> None:
    form = (await hold(visitor)).form("Continuar")
    form.choose("Tipo de documento", "Pasaporte")
    form.fill("Número de documento", "G-123 4567")
    form.fill("Nombres", "José Ángel")
    form.fill(SURNAME, "O’Neill-Ñahui")
    form.fill("Fecha de nacimiento", "5/9/1988")
    form.fill("Correo electrónico", "jose@example.org")
    form.fill("Celular o teléfono", "01 456 7890")
    form.choose("Atención preferente", "Tengo una discapacidad")
    form.choose("Lengua", "Lengua de señas peruana, con intérprete")
    form.fill("Qué quieres lograr", "Mi primer empleo.\nGracias.")
    form.tick("Leí y acepto el aviso de privacidad")
    page = await form.press()
    assert page.address == "/reservar/confirmar"
    read_back = ("Pasaporte G1234567", "José Ángel", "O'Neill-Ñahui", "5 de setiembre de 1988", "jose@example.org",
                 "(01) 4567890", "Tengo una discapacidad", "Lengua de señas peruana", "Mi primer empleo.")  # fmt: skip
    assert [words for words in read_back if words not in page.text] == []


async def test_what_was_typed_is_there_when_one_comes_back(visitor: Visitor) -> None:
    await describe(visitor, acepta_promociones="si")
    form = (await visitor.open("/reservar/datos")).form("Continuar")
    assert form.value("Nombres") == "Rosa María"
    assert form.value("Tipo de documento") == "01"
    assert form.value("Leí y acepto el aviso de privacidad") == "si"
    assert form.value("Quiero recibir correos") == "si"


async def test_promotions_are_not_ticked_by_us(visitor: Visitor) -> None:
    form = (await hold(visitor)).form("Continuar")
    assert form.value("Quiero recibir correos") is None
    assert form.value("Leí y acepto el aviso de privacidad") is None


async def test_every_mistake_is_told_at_once_with_nothing_lost(visitor: Visitor) -> None:
    await hold(visitor)
    page = await post(visitor, "/reservar/datos", {"nombres": "R2D2", "correo": "rosa@"}, status=422)
    assert page.title.startswith("Error: Tus datos")
    assert list(mistakes_of(page)) == [
        "#tipo_documento", "#numero_documento", "#nombres", "#apellido_paterno", "#correo", "#celular",
        "#aviso_privacidad",
    ]  # fmt: skip
    assert page.form("Continuar").value("Nombres") == "R2D2"
    assert "Usa solo letras, sin números" in page.description_of("Nombres")
    assert page.field("Nombres").get("aria-invalid") == "true"


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("tipo_documento", "", "Elige tu tipo de documento"),
        ("tipo_documento", "99", "Elige tu tipo de documento"),
        ("numero_documento", "", "Escribe el número de tu documento"),
        ("numero_documento", "1011741", "El DNI tiene 8 dígitos"),
        ("numero_documento", "101174101", "El DNI tiene 8 dígitos"),
        ("numero_documento", "1011741O", "El DNI tiene 8 dígitos"),
        ("numero_documento", "77777777", "Ese no es un número de DNI"),
        ("numero_documento", "1011\x007410", "solo lleva letras y números"),
        ("nombres", " ", "Escribe tus nombres"),
        ("nombres", "Rosa 2", "Usa solo letras, sin números"),
        ("nombres", "Rosa\x07", "Hay caracteres que no podemos leer"),
        ("nombres", "<b>Rosa</b>", "Usa solo letras"),
        ("nombres", "--", "Usa solo letras"),
        ("nombres", "A" * 61, "como máximo 60"),
        ("apellido_paterno", "", "Escribe tu primer apellido"),
        ("apellido_materno", "123", "Usa solo letras, sin números"),
        ("fecha_nacimiento", "ayer", "así: 27/03/1990"),
        ("fecha_nacimiento", "31/02/1990", "Esa fecha no existe"),
        ("fecha_nacimiento", "08/01/2027", "no puede ser después de hoy"),
        ("fecha_nacimiento", "01/01/1890", "Revisa el año"),
        ("correo", "", "Escribe tu correo electrónico"),
        ("correo", "rosa.example.org", "Escribe un correo electrónico completo"),
        ("correo", "rosa@example..org", "Escribe un correo electrónico completo"),
        ("correo", "rosa\x00@example.org", "Escribe un correo electrónico completo"),
        ("correo", "r" * 250 + "@example.org", "como máximo 254"),
        ("celular", "", "Escribe tu número de celular"),
        ("celular", "12345", "un celular de 9 dígitos que empiece con 9"),
        ("celular", "887654321", "un celular de 9 dígitos que empiece con 9"),
        ("celular", "987\x00654321", "un celular de 9 dígitos que empiece con 9"),
        ("ubigeo", "999999", "No encontramos ese distrito"),
        ("ubigeo", "Atlántida", "No encontramos ese distrito"),
        ("ubigeo", "Miraflores, Cusco", "No encontramos ese distrito"),
        ("ubigeo", "Lima\x00", "Hay caracteres que no podemos leer"),
        ("atencion_preferente", "vip", "Elige una opción de la lista"),
        ("idioma", "klingon", "Elige una opción de la lista"),
        ("motivo", "x" * 501, "como máximo 500"),
        ("motivo", "uno\x00dos", "Hay caracteres que no podemos leer"),
        ("aviso_privacidad", "", "tienes que aceptar el aviso de privacidad"),
    ],
)  # fmt: skip
async def test_bad_input_is_told_beside_the_field(visitor: Visitor, field: str, typed: str, said: str) -> None:
    page = await refused(visitor, **{field: typed})
    assert list(mistakes_of(page)) == [f"#{field}"]
    assert said in mistakes_of(page)[f"#{field}"]
    assert said in "".join(page.ids[f"{field}-error"].itertext())


async def test_a_number_that_is_no_dni_may_be_a_passport(visitor: Visitor) -> None:
    page = await describe(visitor, tipo_documento="07", numero_documento="ab 1234567")
    assert "Pasaporte AB1234567" in page.text


async def test_a_document_of_another_kind_has_a_length_of_its_own(visitor: Visitor) -> None:
    page = await refused(visitor, tipo_documento="04", numero_documento="A" * 13)
    assert "como máximo 12" in mistakes_of(page)["#numero_documento"]
    page = await refused(visitor, tipo_documento="04", numero_documento="A/123")
    assert "solo lleva letras y números" in mistakes_of(page)["#numero_documento"]


class TestDistrict:
    async def test_a_name_is_found_whatever_its_accents(self, visitor: Visitor) -> None:
        await load_districts()
        assert "Jesús María, Lima, Lima" in (await describe(visitor, ubigeo="jesus maria")).text

    async def test_a_number_of_inei_is_taken(self, visitor: Visitor) -> None:
        await load_districts()
        assert "Jesús María, Lima, Lima" in (await describe(visitor, ubigeo="150113")).text

    async def test_one_of_several_is_chosen_from_a_list(self, visitor: Visitor) -> None:
        await load_districts()
        page = await refused(visitor, ubigeo="miraflores")
        assert "Hay varios distritos con ese nombre" in mistakes_of(page)["#ubigeo"]
        form = page.form("Continuar")
        form.choose("Distrito donde vives", "Miraflores, Arequipa, Arequipa")
        assert "Miraflores, Arequipa, Arequipa" in (await form.press()).text

    async def test_the_province_decides(self, visitor: Visitor) -> None:
        await load_districts()
        assert "Miraflores, Yauyos, Lima" in (await describe(visitor, ubigeo="Miraflores, Yauyos")).text

    async def test_it_is_shown_by_name_when_one_comes_back(self, visitor: Visitor) -> None:
        await load_districts()
        await describe(visitor, ubigeo="150113")
        page = await visitor.open("/reservar/datos")
        assert page.form("Continuar").value("Distrito donde vives") == "Jesús María, Lima, Lima"
        assert (await page.form("Continuar").press()).address == "/reservar/confirmar"

    async def test_a_chosen_one_is_shown_by_name_beside_another_mistake(self, visitor: Visitor) -> None:
        await load_districts()
        page = await refused(visitor, ubigeo="150113", nombres="")
        assert page.form("Continuar").value("Distrito donde vives") == "Jesús María, Lima, Lima"

    async def test_what_is_typed_brings_suggestions(self, visitor: Visitor) -> None:
        await load_districts()
        page = await visitor.swap("/reservar/distritos?ubigeo=miraf")
        assert [option.get("value") for option in page.elements("option")][:2] == [
            "Miraflores, Arequipa, Arequipa", "Miraflores, Huamalíes, Huánuco",
        ]  # fmt: skip

    @pytest.mark.parametrize("typed", ["", "%00", "%25", "zzzz", "%FF", "a" * 500, ","])
    async def test_odd_letters_bring_none(self, visitor: Visitor, typed: str) -> None:
        await load_districts()
        page = await visitor.swap(f"/reservar/distritos?ubigeo={typed}")
        assert not list(page.elements("option"))


class TestMoreTime:
    async def test_it_is_given_anew_and_what_was_typed_stays(self, visitor: Visitor, moving_clock: MovingClock) -> None:
        form = (await hold(visitor)).form("Necesito más tiempo")
        form.fill("Nombres", "Rosa María")
        form.tick("Leí y acepto el aviso de privacidad")
        moving_clock.pass_by(minutes=5)
        page = await form.press()
        assert "Tu cupo está apartado hasta las 9:15 a. m." in page.text
        assert page.form("Continuar").value("Nombres") == "Rosa María"
        assert page.form("Continuar").value("Leí y acepto el aviso de privacidad") == "si"

    @pytest.mark.parametrize("typed", ["Rosa\x00", "x" * 5000, "\ufffe", "😀"])
    async def test_whatever_is_typed_can_wait(self, visitor: Visitor, typed: str) -> None:
        await hold(visitor)
        page = await post(visitor, "/reservar/ampliar", {"numero_documento": "", "nombres": typed, "motivo": typed})
        assert page.address == "/reservar/datos"

    async def test_half_a_form_does_not_pass_for_a_whole_one(self, visitor: Visitor) -> None:
        form = (await hold(visitor)).form("Necesito más tiempo")
        form.tick("Leí y acepto el aviso de privacidad")
        await form.press()
        assert (await visitor.open("/reservar/confirmar")).address == "/reservar/datos"

    async def test_htmx_gets_the_box_alone(self, visitor: Visitor, moving_clock: MovingClock) -> None:
        await hold(visitor)
        moving_clock.pass_by(minutes=5)
        page = await post(visitor, "/reservar/ampliar", {"numero_documento": "1"}, htmx=True)
        assert page.is_fragment
        assert "hasta las 9:15 a. m." in page.text

    async def test_it_ends_after_ten_times(self, visitor: Visitor) -> None:
        page = await hold(visitor)
        for _ in range(10):
            page = await page.form("Necesito más tiempo").press()
        assert "Ya no podemos darte más tiempo" in page.text
        assert (await post(visitor, "/reservar/ampliar", {})).address == "/reservar/datos"
        assert await one('SELECT max("hold_extensions") FROM "seat"') == 10

    async def test_from_the_review_it_leads_back_to_the_review(self, visitor: Visitor) -> None:
        page = await (await describe(visitor)).form("Necesito más tiempo").press()
        assert page.address == "/reservar/confirmar"
        assert "Rosa María" in page.text


class TestTimeRunsOut:
    async def test_the_seat_stays_while_nobody_takes_it(self, visitor: Visitor, moving_clock: MovingClock) -> None:
        await hold(visitor)
        moving_clock.pass_by(minutes=11)
        page = await visitor.open("/reservar/datos")
        assert "Se acabó el tiempo de tu cupo" in page.text
        assert "hasta las 9:21 a. m." in (await page.form("Necesito más tiempo").press()).text

    async def test_when_somebody_took_it_the_nearest_are_offered(
        self, visitor: Visitor, new_visitor: NewVisitor, moving_clock: MovingClock
    ) -> None:
        await hold(visitor)
        moving_clock.pass_by(minutes=11)
        for _ in range(2):
            await hold(new_visitor(visitor.app))
        page = await visitor.open("/reservar/datos", status=409)
        assert "Se acabó el tiempo de tu cupo apartado" in page.text
        assert page.form("lunes 11 de enero de 2027, 9:30")

    @pytest.mark.parametrize(
        ("changes", "address"), [({}, "/reservar/confirmar"), ({"celular": "1"}, "/reservar/datos")]
    )
    async def test_what_was_typed_is_kept_for_the_next_time(
        self,
        visitor: Visitor,
        new_visitor: NewVisitor,
        moving_clock: MovingClock,
        changes: dict[str, str],
        address: str,
    ) -> None:
        await hold(visitor)
        moving_clock.pass_by(minutes=11)
        for _ in range(2):
            await hold(new_visitor(visitor.app))
        page = await post(visitor, "/reservar/datos", {**ROSA_TYPES, **changes}, status=409)
        assert "Lo que escribiste sigue guardado" in page.text
        page = await page.form("lunes 11 de enero de 2027, 9:30").press()
        assert page.address == address
        assert "Rosa María" in page.html

    async def test_asking_for_more_time_too_late_keeps_it_too(
        self, visitor: Visitor, new_visitor: NewVisitor, moving_clock: MovingClock
    ) -> None:
        form = (await hold(visitor)).form("Necesito más tiempo")
        form.fill("Nombres", "Rosa María")
        moving_clock.pass_by(minutes=11)
        for _ in range(2):
            await hold(new_visitor(visitor.app))
        page = await (await form.press(status=409)).form("lunes 11 de enero de 2027, 9:30").press()
        assert page.form("Continuar").value("Nombres") == "Rosa María"

    async def test_a_visit_that_is_over_begins_anew(self, visitor: Visitor, moving_clock: MovingClock) -> None:
        await hold(visitor)
        moving_clock.pass_by(hours=3)
        page = await visitor.open("/reservar/datos")
        assert page.address.startswith("/reservar?")
        assert "No encontramos tu cupo apartado" in page.text


@pytest.mark.parametrize("address", ["/reservar/datos", "/reservar/confirmar"])
async def test_without_a_held_seat_one_is_led_to_the_picker(visitor: Visitor, address: str) -> None:
    page = await visitor.open(address)
    assert page.heading == "Elige un horario"
    assert "No encontramos tu cupo apartado" in page.text


async def test_a_form_sent_without_a_visit_is_led_there_too(visitor: Visitor) -> None:
    for address in ("/reservar/datos", "/reservar/confirmar", "/reservar/ampliar", "/reservar/reenviar"):
        answer = await answer_to(visitor, address, ROSA_TYPES)
        assert (answer.status_code, answer.headers["location"]) == (303, "/reservar?aviso=sin-cupo")


async def test_a_seat_of_a_day_that_was_closed_meanwhile_is_gone(visitor: Visitor) -> None:
    await hold(visitor)
    await fetch('UPDATE "seat" SET "is_open" = {}', False)
    page = await visitor.open("/reservar/datos", status=409)
    assert "no quedan otros cupos" in page.text


async def test_nobody_reads_what_another_typed(visitor: Visitor, new_visitor: NewVisitor) -> None:
    await describe(visitor)
    other = new_visitor(visitor.app)
    await post(other, "/reservar/apartar", {"horario": str(slot_at(NINE + timedelta(hours=1)))})
    assert (await other.open("/reservar/datos")).form("Continuar").value("Nombres") == ""
