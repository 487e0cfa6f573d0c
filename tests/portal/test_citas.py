"""GET, POST /citas"""

from __future__ import annotations

import pytest

from portal.domain.changing import cancel
from tests.browser import NewVisitor, Visitor
from tests.people import MEI, ROSA, RULES, reserve, slot_at
from tests.portal.owning import UNKNOWN, Owner
from tests.portal.walking import NINE, NewWalkApp

BUTTON = "Ver mi cita"
NOT_FOUND = "No encontramos una cita con ese código y ese documento. Revisa los dos"


async def look_up(visitor: Visitor, code: str, document: str, *, status: int = 200) -> str:
    """Fill the form in; the text of the page that comes of it."""
    form = (await visitor.open("/citas")).form(BUTTON)
    form.fill("Código de tu cita", code)
    form.fill("Número de documento", document)
    page = await form.press(status=status)
    return f"{page.address} {page.text}"


async def test_code_and_document_lead_to_the_cita(owner: Owner, stranger: Visitor) -> None:
    text = await look_up(stranger, owner.cita.code, "10117410")
    assert text.startswith(f"{owner.address} ")
    assert "Tu cita está reservada" in text


@pytest.mark.parametrize("document", ["10117410", " 10.117.410 ", "1011 7410"])
async def test_spaces_dots_hyphens_and_case_do_not_matter(owner: Owner, stranger: Visitor, document: str) -> None:
    code = owner.cita.code.lower()
    assert "Tu cita está reservada" in await look_up(stranger, f" {code[:4]} - {code[4:]} ", document)


async def test_a_passport_may_be_typed_in_small_letters(owner: Owner, stranger: Visitor) -> None:
    cita = await reserve(MEI, slot_at(NINE))
    assert "Mei Li" in await look_up(stranger, cita.code, "g1234567")


@pytest.mark.parametrize(
    ("code", "document"),
    [
        ("", "42388604"),
        ("", "1011741"),
        (UNKNOWN, "10117410"),
        (UNKNOWN, "1' OR '1'='1"),
        ("0" * 500, "9" * 500),
        ("ÑANDÚ", "ñ"),
        ("\x00\x01", "\x00"),
    ],
)
async def test_whatever_is_wrong_is_told_with_the_same_words(
    owner: Owner, stranger: Visitor, code: str, document: str
) -> None:
    text = await look_up(stranger, code or owner.cita.code, document, status=422)
    assert NOT_FOUND in text
    assert "citas_acceso" not in stranger.client.cookies


async def test_what_was_typed_is_still_there(owner: Owner, stranger: Visitor) -> None:
    form = (await stranger.open("/citas")).form(BUTTON)
    form.fill("Código de tu cita", "abcd")
    form.fill("Número de documento", "123")
    page = await form.press(status=422)
    assert page.title.startswith("Error: ")
    assert page.form(BUTTON).value("Código de tu cita") == "abcd"
    assert page.form(BUTTON).value("Número de documento") == "123"


async def test_an_empty_form_says_what_is_missing(stranger: Visitor) -> None:
    text = await look_up(stranger, " ", "", status=422)
    assert "Escribe el código de tu cita" in text
    assert "Escribe el número de tu documento" in text


async def test_a_cancelled_cita_is_found_too(owner: Owner, stranger: Visitor) -> None:
    await cancel(owner.cita.code, owner.clock(), RULES)
    assert "Tu cita está anulada" in await look_up(stranger, owner.cita.code, ROSA.document_number)


async def test_guesses_for_one_code_are_limited_also_for_who_guesses_right(
    owner: Owner, new_walk_app: NewWalkApp, new_visitor: NewVisitor
) -> None:
    app = new_walk_app(limit_lookups_per_code=3)
    for number in range(3):
        guesser = new_visitor(app, address=f"192.0.2.{number}")
        await look_up(guesser, owner.cita.code, f"4000000{number}", status=422)
    form = (await new_visitor(app, address="192.0.2.9").open("/citas")).form(BUTTON)
    form.fill("Código de tu cita", owner.cita.code)
    form.fill("Número de documento", ROSA.document_number)
    page = await form.press(status=429)
    assert page.heading == "Demasiados intentos"
    assert int(page.headers["retry-after"]) > 0


async def test_one_origin_may_not_try_code_after_code(
    owner: Owner, new_walk_app: NewWalkApp, new_visitor: NewVisitor
) -> None:
    guesser = new_visitor(new_walk_app(limit_lookups_per_origin=2))
    for code in (UNKNOWN, "K7WM3R9J"):
        await look_up(guesser, code, "10117410", status=422)
    await look_up(guesser, owner.cita.code, ROSA.document_number, status=429)
