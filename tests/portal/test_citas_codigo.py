"""GET /citas/{codigo}"""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.changing import cancel, move
from portal.domain.modality import Modality
from portal.domain.vocabulary import State
from tests.browser import NewVisitor, Visitor
from tests.people import JULIO, MEI, NOW, RULES, slot_at
from tests.portal.owning import UNKNOWN, Owner, link_to, own
from tests.portal.walking import NINE, MovingClock, confirm, describe


async def as_state(owner: Owner, state: State) -> None:
    """Put the cita into a state that only consultores can bring about."""
    await fetch('UPDATE "appointment" SET "state" = {} WHERE "code" = {}', state.value, owner.cita.code)


def comparable(answer: httpx.Response) -> tuple[int, bytes, dict[str, str]]:
    """An answer without what differs each time."""
    left_out = {"x-request-id", "date"}
    headers = {name: value for name, value in answer.headers.items() if name not in left_out}
    return answer.status_code, answer.content, headers


async def test_whoever_has_just_booked_sees_the_code_and_what_to_do(visitor: Visitor) -> None:
    answer = await confirm(visitor, await describe(visitor))
    page = await visitor.open(answer.headers["location"])
    assert page.heading == "Tu cita está reservada"
    assert "Listo: tu cita quedó reservada." in page.text
    code = page.address.removeprefix("/citas/")
    assert f"{code[:4]}{code[4:]}" in page.text.replace(" ", "")
    assert "lunes 11 de enero de 2027" in page.text
    assert "Reservaste esta cita. Enviamos la constancia a rosa@example.org." in page.text


async def test_it_tells_when_where_and_how_long_until(owner: Owner) -> None:
    page = await owner.open()
    assert "lunes 11 de enero de 2027 9:00 a. m." in page.text
    assert "Faltan 4 días" in page.text
    assert "https://meet.google.com/abc-defg-hij" in page.links
    assert "Tu currículum vítae" in page.text
    assert "A nombre de Rosa María Ñahui Quispe" in page.text
    for link in ("Descargar constancia", "Añadir a mi calendario", "Reprogramar", "Anular", "Tengo una duda"):
        assert page.links[link].startswith(owner.address)


async def test_nothing_is_kept_by_browsers_or_proxies(owner: Owner) -> None:
    assert (await owner.open()).headers["cache-control"] == "private, no-store"


async def test_the_news_on_top_is_gone_a_quarter_of_an_hour_later(owner: Owner) -> None:
    assert "Listo: tu cita quedó reservada." in (await owner.open()).text
    owner.clock.pass_by(minutes=15)
    assert "Listo" not in (await owner.open()).text


@pytest.mark.parametrize(
    ("modality", "words"),
    [
        (Modality.PHONE, "Te llamamos al 912 345 678."),
        (Modality.IN_PERSON, "Llega unos minutos antes a Centro de Empleo – Sede central: Av. Salaverry 655"),
    ],
)
async def test_each_modality_has_its_words(
    owner: Owner, owned_app: Litestar, new_visitor: NewVisitor, modality: Modality, words: str
) -> None:
    julio = await own(owned_app, new_visitor(owned_app), owner.clock, JULIO, modality=modality)
    page = await julio.open()
    assert words in page.text
    assert "meet.google.com" not in page.html


async def test_without_a_link_the_consultor_invites(owner: Owner) -> None:
    await fetch('UPDATE "staff" SET "meet_link" = {}', "")
    assert "tu consultor te invita por correo a la videollamada" in (await owner.open()).text


async def test_without_mail_and_phone_nothing_is_promised(
    owner: Owner, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    mei = await own(owned_app, new_visitor(owned_app), owner.clock, MEI, modality=Modality.IN_PERSON)
    assert "nviamos" not in (await mei.open()).text


@pytest.mark.parametrize(
    ("before", "heading", "words"),
    [
        (timedelta(days=1), "Tu cita está reservada", "Es mañana"),
        (timedelta(hours=2), "Tu cita está reservada", "Es hoy"),
        (timedelta(minutes=5), "Es la hora de tu cita", "Entrar a la videollamada"),
        (timedelta(minutes=-4), "Es la hora de tu cita", "ya no se puede cambiar ni anular"),
        (timedelta(minutes=-5), "¿Todavía no te atienden?", "Llama al 016306000."),
        (timedelta(days=-1), "El día de tu cita ya pasó", "central@example.org"),
    ],
)
async def test_it_says_what_to_do_now(
    owner: Owner, owned_app: Litestar, before: timedelta, heading: str, words: str
) -> None:
    owner.clock.now = NINE - before
    page = await owner.visitor.open(link_to(owned_app, owner.cita.code))
    assert page.heading == heading
    assert words in page.text


@pytest.mark.parametrize(
    ("state", "heading", "words"),
    [
        (State.IN_ATTENTION, "Te estamos atendiendo", "Si se cortó la comunicación, vuelve a entrar"),
        (State.ATTENDED, "Tu cita fue atendida", "Gracias por venir"),
        (State.ABANDONED, "Tu cita quedó como abandonada", "Reservar otra cita"),
        (State.NOT_HELD, "Tu cita no se realizó", "No fue por ti"),
    ],
)
async def test_a_cita_that_is_over_says_how_it_ended(owner: Owner, state: State, heading: str, words: str) -> None:
    await as_state(owner, state)
    page = await owner.open()
    assert page.heading == heading
    assert words in page.text
    assert "Reprogramar" not in page.links
    assert "anulada" not in page.text.lower()


async def test_a_cancelled_cita_invites_to_book_again(owner: Owner) -> None:
    await cancel(owner.cita.code, NOW, RULES)
    page = await owner.open()
    assert page.heading == "Tu cita está anulada"
    assert page.links["Reservar otra cita"] == "/reservar"
    assert not {"Descargar constancia", "Reprogramar", "Anular"} & set(page.links)


async def test_a_moved_cita_leads_to_the_new_one_which_its_owner_may_open(owner: Owner) -> None:
    new = await move(owner.cita.code, slot_at(NINE + timedelta(days=1)), NOW, RULES)
    page = await owner.open()
    assert page.heading == "Cambiaste esta cita a otro horario"
    page = await page.follow("Ver mi nueva cita")
    assert page.address == f"/citas/{new.code}"
    assert "Antes era el lunes 11 de enero de 2027, 9:00 a. m." in page.text


async def test_the_code_may_be_typed_in_small_letters(owner: Owner) -> None:
    assert (await owner.visitor.open(owner.address.lower())).heading == "Tu cita está reservada"


async def test_a_stranger_learns_nothing_not_even_whether_there_is_such_a_cita(owner: Owner, stranger: Visitor) -> None:
    answers = [
        comparable(await stranger.client.get(f"/citas/{code}", follow_redirects=False))
        for code in (owner.cita.code, UNKNOWN, "nada")
    ]
    assert answers[0] == answers[1] == answers[2]
    assert answers[0][0] == 303
    assert answers[0][2]["location"] == "/citas"


async def test_nothing_is_looked_up_for_a_stranger(
    owner: Owner, stranger: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: str) -> None:
        raise AssertionError("a stranger's code was looked up")

    monkeypatch.setattr("portal.pages.citizen.own.find_appointment", refuse)
    for rest in ("", "/constancia.pdf", "/cita.ics", "/anular", "/reprogramar", "/consulta"):
        answer = await stranger.client.get(f"{owner.address}{rest}", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/citas")


async def test_one_owner_is_a_stranger_to_another_cita(
    owner: Owner, owned_app: Litestar, new_visitor: NewVisitor
) -> None:
    julio = await own(owned_app, new_visitor(owned_app), owner.clock, JULIO)
    page = await julio.visitor.open(owner.address)
    assert page.heading == "Ver mi cita"


async def test_the_link_of_a_mail_opens_it_and_leaves_no_signature_in_the_address(
    owner: Owner, owned_app: Litestar, stranger: Visitor
) -> None:
    page = await stranger.open(link_to(owned_app, owner.cita.code))
    assert page.address == owner.address
    assert page.heading == "Tu cita está reservada"


async def test_the_link_of_a_mail_opens_the_move_as_well(owner: Owner, owned_app: Litestar, stranger: Visitor) -> None:
    path, _, query = link_to(owned_app, owner.cita.code).partition("?")
    page = await stranger.open(f"{path}/reprogramar?{query}")
    assert (page.address, page.heading) == (f"{owner.address}/reprogramar", "Elige tu nuevo horario")


async def test_a_link_for_another_cita_or_of_long_ago_opens_nothing(
    owner: Owner, owned_app: Litestar, stranger: Visitor
) -> None:
    query = link_to(owned_app, UNKNOWN).partition("?")[2]
    assert (await stranger.open(f"{owner.address}?{query}")).address == "/citas"
    old = link_to(owned_app, owner.cita.code, NINE - timedelta(days=60))
    assert (await stranger.open(old)).address == "/citas"
    assert (await stranger.open(f"{owner.address}?k=%00%F1")).address == "/citas"


async def test_opening_it_changes_nothing(owner: Owner) -> None:
    before = await owner.view()
    await owner.open()
    assert await owner.view() == before


async def test_the_grant_ends_after_half_a_day(owner: Owner, moving_clock: MovingClock) -> None:
    moving_clock.pass_by(hours=12)
    assert (await owner.open()).address == "/citas"
