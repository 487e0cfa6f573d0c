"""GET /ayuda, /privacidad, /accesibilidad, /cartilla.pdf"""

from __future__ import annotations

from io import BytesIO

import pytest
from litestar import Litestar
from pypdf import PdfReader

from portal.database.node import fetch
from portal.domain.privacy import PRIVACY_VERSION
from portal.web.services import Services
from tests.browser import Visitor


async def test_help_leads_through_the_booking(visitor: Visitor) -> None:
    page = await visitor.open("/ayuda")
    assert page.heading == "Ayuda"
    for words in ("Cómo reservar, paso a paso", "Apartamos tu cupo 10 minutos", "Atención preferente",
                  "hasta 30 minutos antes", "Llama al 016306000.", "Escribe a la sede: central@"):  # fmt: skip
        assert words in page.text
    assert page.links["Cartilla para entrar a la videollamada (PDF)"] == "/cartilla.pdf"


async def test_a_sede_without_phone_and_mail_still_has_a_door(visitor: Visitor) -> None:
    await fetch('UPDATE "center" SET "phone" = {}, "email" = {}', "", "")
    page = await visitor.open("/ayuda")
    assert "Acércate a Centro de Empleo – Sede central: Av. Salaverry 655, Jesús María." in page.text
    assert "Llama al" not in page.text


@pytest.mark.parametrize("address", ["/ayuda", "/privacidad", "/accesibilidad"])
async def test_they_are_shown_when_nothing_is_set_up_yet(visitor: Visitor, address: str) -> None:
    await fetch('UPDATE "center" SET "active" = {}', False)
    await visitor.open(address)


async def test_the_privacy_notice_is_the_version_that_the_form_asks_to_accept(visitor: Visitor) -> None:
    page = await visitor.open("/privacidad")
    assert page.heading == "Aviso de privacidad"
    assert f"Versión {PRIVACY_VERSION}, vigente desde el 23 de noviembre de 2026." in page.text
    for words in ("Ley 29733", "016-2024-JUS", "acceso", "rectificación", "cancelación", "oposición", "Gratis",
                  "Reservar tu cita no depende de eso"):  # fmt: skip
        assert words in page.text


async def test_the_accessibility_statement_says_what_was_not_tried(visitor: Visitor) -> None:
    page = await visitor.open("/accesibilidad")
    assert "WCAG) 2.2, nivel AA" in page.text
    assert "Lo que todavía no hicimos" in page.text


async def test_the_cartilla_is_a_pdf_that_anyone_may_keep(owned_app: Litestar, stranger: Visitor) -> None:
    services: Services = owned_app.state.services
    services.renderer.start()
    try:
        answer = await stranger.fetch("/cartilla.pdf")
    finally:
        services.renderer.close()
    assert answer.headers["content-type"] == "application/pdf"
    assert answer.headers["cache-control"] == "public, max-age=86400"
    assert "Google Meet" in PdfReader(BytesIO(answer.content)).pages[0].extract_text()
