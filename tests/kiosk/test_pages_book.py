"""GET and POST /: one screen to book, offline and online."""

from __future__ import annotations

import re

import pytest

from kiosk.selling import sell
from kiosk.state import count_on_hand
from portal.database.node import fetch
from portal.documents.slip import Paper
from portal.domain.exchange import State
from tests.browser import Form, Page, Visitor
from tests.kiosk.desk import Desk
from tests.kiosk.paged import HandPortal
from tests.people import JULIO, ROSA

BOOK = "Reservar e imprimir"


def fill_in(page: Page, document: str = "10117410") -> Form:
    """Everything that is asked for, at the soonest time."""
    form = page.form(BOOK)
    form.choose("Tipo de documento", "DNI")
    form.fill("Número de documento", document)
    form.fill("Nombres", "Rosa María")
    form.fill("Primer apellido", "Ñahui")
    form.fill("Celular o teléfono", "987654321")
    form.tick("Le leí el aviso de privacidad y lo acepta")
    return form


async def test_offline_a_cita_is_booked_and_its_slip_can_be_opened(desk: Desk, visitor: Visitor) -> None:
    soonest, _ = leases = (desk.lease(10), desk.lease(11))
    await desk.hear(leases=leases)
    page = await fill_in(await visitor.open("/")).press()
    assert page.heading == "Cita reservada"
    assert soonest.code in page.text.replace(" ", "")
    assert "Siguiente persona" in page.links
    slip = await visitor.fetch(f"/citas/{soonest.code}/constancia.pdf")
    assert slip.content.startswith(b"%PDF")
    [cita] = await fetch('SELECT "booked_by", "origin", "email" FROM "appointment"')
    assert (cita["booked_by"], cita["origin"], cita["email"]) == (desk.consultant, "kiosk", "")
