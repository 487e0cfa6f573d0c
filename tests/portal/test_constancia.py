"""GET /citas/{codigo}/constancia.pdf"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO

import pytest
from litestar import Litestar
from pypdf import PdfReader

from portal.database.node import fetch
from portal.documents.renderer import Renderer, RendererBusy
from portal.documents.slip import Paper, Slip
from portal.domain.changing import cancel, move
from portal.domain.vocabulary import State
from portal.web.services import Services
from tests.browser import Visitor
from tests.people import NOW, RULES, slot_at
from tests.portal.owning import Owner
from tests.portal.walking import NINE

MM = 72 / 25.4


@pytest.fixture
def owner_with_press(owner: Owner, owned_app: Litestar) -> Iterator[Owner]:
    """The owner of a cita, at a portal whose renderer runs."""
    services: Services = owned_app.state.services
    services.renderer.start()
    yield owner
    services.renderer.close()


async def test_it_is_an_a5_page_with_everything_on_it(owner_with_press: Owner) -> None:
    owner = owner_with_press
    answer = await owner.visitor.fetch(f"{owner.address}/constancia.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["content-disposition"] == 'inline; filename="constancia.pdf"'
    assert answer.headers["cache-control"] == "private, no-store"
    reader = PdfReader(BytesIO(answer.content))
    assert len(reader.pages) == 1
    assert [round(float(side) / MM) for side in reader.pages[0].mediabox[2:]] == [148, 210]
    text = " ".join(reader.pages[0].extract_text().split())
    assert "lunes 11 de enero de 2027" in text
    assert "Rosa María Ñahui Quispe" in text
    assert owner.cita.code in text.replace(" ", "")


async def test_the_ticket_is_80_mm_wide(owner_with_press: Owner) -> None:
    answer = await owner_with_press.visitor.fetch(f"{owner_with_press.address}/constancia.pdf?formato=ticket")
    reader = PdfReader(BytesIO(answer.content))
    assert round(float(reader.pages[0].mediabox[2]) / MM) == 80


@pytest.mark.parametrize("state", [State.ATTENDED, State.ABANDONED, State.NOT_HELD])
async def test_there_is_none_for_a_cita_that_is_over(owner: Owner, state: State) -> None:
    await fetch('UPDATE "appointment" SET "state" = {}', state.value)
    page = await owner.open("/constancia.pdf", status=410)
    assert "su constancia ya no vale" in page.text


async def test_a_cancelled_cita_says_so(owner: Owner) -> None:
    await cancel(owner.cita.code, NOW, RULES)
    assert (await owner.open("/constancia.pdf", status=410)).heading == "Esta cita está anulada"


async def test_a_moved_cita_leads_to_the_slip_that_is_good(owner: Owner) -> None:
    moved = await move(owner.cita.code, slot_at(NINE.replace(day=12)), NOW, RULES)
    page = await owner.open("/constancia.pdf", status=410)
    page = await page.follow("Ver mi nueva cita")
    assert page.links["Descargar constancia"] == f"/citas/{moved.code}/constancia.pdf"


async def test_while_too_many_slips_are_made_it_says_when_to_come_back(
    owner: Owner, owned_app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(_: Renderer, __: Slip, ___: Paper) -> bytes:
        raise RendererBusy

    services: Services = owned_app.state.services
    monkeypatch.setattr(type(services.renderer), "slip_pdf", refuse)
    page = await owner.open("/constancia.pdf", status=503)
    assert int(page.headers["retry-after"]) > 0


async def test_a_stranger_gets_no_slip(owner: Owner, stranger: Visitor) -> None:
    assert (await stranger.open(f"{owner.address}/constancia.pdf")).address == "/citas"
