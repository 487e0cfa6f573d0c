"""GET, POST /v, GET /v/{codigo}"""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.documents.slip_of import Signer, slip_of
from portal.domain.changing import cancel, move
from portal.domain.key_ring import add_key
from portal.domain.vocabulary import State
from portal.web.services import Services
from tests.browser import NewVisitor, Page, Visitor
from tests.people import NOW, ROSA, RULES, slot_at
from tests.portal.owning import UNKNOWN, Owner
from tests.portal.walking import NINE, NewWalkApp

PERSONAL = ("Rosa", "Ñahui", "Quispe", "10117410", "rosa@example.org", "987654321", "987 654 321")


@pytest.fixture
async def printed(owner: Owner, owned_app: Litestar) -> str:
    """What the QR on Rosa's slip opens."""
    services: Services = owned_app.state.services
    private = services.keys.signing.private
    await add_key(private.public_key().public_bytes_raw(), "portal", NOW)
    slip = slip_of(await owner.view(), services.settings.origin, Signer("portal", private), NOW)
    address = urlsplit(slip.verify_url)
    assert (address.scheme, address.netloc) == ("http", "127.0.0.1:8000")
    return f"{address.path}?{address.query}"


def assert_impersonal(page: Page) -> None:
    """Nothing that the paper does not say."""
    assert not [detail for detail in PERSONAL if detail in page.html]


async def test_a_true_slip_is_shown_to_compare(printed: str, stranger: Visitor) -> None:
    page = await stranger.open(printed)
    assert page.heading == "La constancia es auténtica"
    assert "La cita sigue en pie: está reservada." in page.text
    for words in ("Bolsa de Trabajo", "Centro de Empleo – Sede central", "lunes 11 de enero de 2027, 9:00 a. m.",
                  "Videollamada", "RMÑQ", "Su documento termina en 410"):  # fmt: skip
        assert words in page.text
    assert_impersonal(page)


async def test_its_code_may_be_read_in_small_letters(printed: str, owner: Owner, stranger: Visitor) -> None:
    page = await stranger.open(printed.replace(owner.cita.code, owner.cita.code.lower()))
    assert page.heading == "La constancia es auténtica"


async def test_a_true_slip_of_a_cancelled_cita_says_that_it_is_over(
    printed: str, owner: Owner, stranger: Visitor
) -> None:
    await cancel(owner.cita.code, NOW, RULES)
    page = await stranger.open(printed)
    assert page.heading == "La constancia es auténtica"
    assert "La cita ya no vale: se anuló." in page.text


async def test_a_true_slip_of_a_moved_cita_does_not_tell_the_new_code(
    printed: str, owner: Owner, stranger: Visitor
) -> None:
    moved = await move(owner.cita.code, slot_at(NINE.replace(day=12)), NOW, RULES)
    page = await stranger.open(printed)
    assert "se cambió a otro horario" in page.text
    assert moved.code not in page.html


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.IN_ATTENTION, "La cita está en atención."),
        (State.ATTENDED, "La cita ya fue atendida."),
        (State.ABANDONED, "quedó como abandonada"),
        (State.NOT_HELD, "no se realizó, por causas del Centro de Empleo"),
    ],
)
async def test_it_tells_how_the_cita_stands(printed: str, stranger: Visitor, state: State, words: str) -> None:
    await fetch('UPDATE "appointment" SET "state" = {}', state.value)
    assert words in (await stranger.open(printed)).text


async def test_an_altered_slip_is_told_from_a_true_one(printed: str, stranger: Visitor) -> None:
    altered = printed[:60] + ("A" if printed[60] != "A" else "B") + printed[61:]
    page = await stranger.open(altered)
    assert page.heading == "La constancia está alterada"
    assert "sigue en pie" not in page.text


async def test_a_slip_under_another_code_does_not_tell_whether_that_one_exists(
    printed: str, owner: Owner, stranger: Visitor
) -> None:
    page = await stranger.open(printed.replace(owner.cita.code, UNKNOWN))
    assert page.heading == "La constancia está alterada"


@pytest.mark.parametrize("signed", ["ABC", "%00", "%F1", "a" * 3_000, "<script>"])
async def test_what_nobody_signed_is_nothing(owner: Owner, stranger: Visitor, signed: str) -> None:
    for code in (owner.cita.code, UNKNOWN, "nada", "%3Cb%3E"):
        page = await stranger.open(f"/v/{code}?s={signed}")
        assert page.heading == "No podemos decir si la constancia es auténtica"
        assert "reservada" not in page.text


async def test_without_a_signature_there_is_a_form_with_the_code(owner: Owner, stranger: Visitor) -> None:
    page = await stranger.open(f"/v/{UNKNOWN}")
    assert page.form("Comprobar").value("Código de la cita") == UNKNOWN
    assert (await stranger.open("/v/nada")).form("Comprobar").value("Código de la cita") == ""


async def test_by_hand_it_shows_the_same_and_no_more(owner: Owner, stranger: Visitor) -> None:
    form = (await stranger.open("/v")).form("Comprobar")
    form.fill("Código de la cita", owner.cita.code)
    form.fill("Número de documento", ROSA.document_number)
    page = await form.press()
    assert page.heading == "Encontramos la cita"
    assert "La cita sigue en pie: está reservada." in page.text
    assert "RMÑQ" in page.text
    assert_impersonal(page)
    assert (await stranger.open(owner.address)).address == "/citas"


@pytest.mark.parametrize(("code", "document"), [(UNKNOWN, "10117410"), ("", "42388604"), ("\x00", "\x00")])
async def test_by_hand_whatever_is_wrong_is_told_with_the_same_words(
    owner: Owner, stranger: Visitor, code: str, document: str
) -> None:
    form = (await stranger.open("/v")).form("Comprobar")
    form.fill("Código de la cita", code or owner.cita.code)
    form.fill("Número de documento", document)
    page = await form.press(status=422)
    assert "No encontramos una cita con ese código y ese documento. Revisa los dos" in page.text


async def test_guesses_by_hand_are_limited_together_with_those_at_citas(
    owner: Owner, new_walk_app: NewWalkApp, new_visitor: NewVisitor
) -> None:
    guesser = new_visitor(new_walk_app(limit_lookups_per_code=2))
    for address, button, status in (("/v", "Comprobar", 422), ("/citas", "Ver mi cita", 422), ("/v", "Comprobar", 429)):
        form = (await guesser.open(address)).form(button)
        form.fill("Código de", owner.cita.code)
        form.fill("Número de documento", "1")
        await form.press(status=status)
