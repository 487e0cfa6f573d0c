"""Story: what a person does with a cita afterwards, in a real browser: its papers, a doubt, its end, the QR."""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, Page, expect

from tests.chromium import DESKTOP, NO_SCRIPT, PHONE, Device, NewPage
from tests.documents.reading import decode_qr, picture
from tests.e2e.steps import Newcomer, look_over, reserve
from tests.forms import sample_files as files
from tests.running_portal import RunningPortal

HEADINGS = {
    "reserved": "¿Todavía no te atienden?",
    "in_attention": "Te estamos atendiendo",
    "attended": "Tu cita fue atendida",
    "abandoned": "Tu cita quedó como abandonada",
    "not_held": "Tu cita no se realizó",
}


def end(portal: RunningPortal, code: str, state: str) -> None:
    """Let a cita have begun seven minutes ago, and put it into a state that only consultores bring about."""
    began = str(datetime.now(UTC) - timedelta(minutes=7))
    with closing(sqlite3.connect(portal.data / "portal.db", timeout=20)) as database, database:
        database.execute('UPDATE "appointment" SET "state" = ?, "starts_at" = ? WHERE "code" = ?', (state, began, code))


async def choose(page: Page, label: str, content: bytes) -> None:
    """Choose a file that calls itself a PDF."""
    await page.get_by_label(label).set_input_files(
        FilePayload(name="cv.pdf", mimeType="application/pdf", buffer=content)
    )


@pytest.mark.parametrize(("device", "name"), [(PHONE, "phone"), (NO_SCRIPT, "no-script")], ids=str)
async def test_a_cv_is_refused_then_sent_then_taken_back(
    new_page: NewPage, running_portal: RunningPortal, device: Device, name: str
) -> None:
    page = await new_page(device, running_portal.url)
    await reserve(page, Newcomer(), 7)
    await choose(page, "Archivo de tu CV", files.EXE)
    await page.get_by_role("button", name="Enviar mi CV").click()
    await expect(page).to_have_title(re.compile("^Error: "))
    if device.scripts:
        await expect(page.locator("#errores")).to_be_focused()
    await look_over(page, f"{name}-12-cv-error", scripts=device.scripts)
    await choose(page, "Archivo de tu CV", files.pdf())
    await page.get_by_role("button", name="Enviar mi CV").click()
    await expect(page.get_by_text("Recibimos tu CV")).to_be_visible()
    await look_over(page, f"{name}-13-cv", scripts=device.scripts)
    await page.get_by_role("button", name="Retirar mi CV").click()
    await expect(page.get_by_text("Recibimos tu CV")).to_have_count(0)


async def test_a_doubt_with_a_copy_of_the_document(new_page: NewPage, running_portal: RunningPortal) -> None:
    page = await new_page(PHONE, running_portal.url)
    await reserve(page, Newcomer(), 8)
    await page.get_by_role("link", name="Tengo una duda").click()
    await look_over(page, "phone-14-consulta")
    await page.get_by_label("Tu consulta").fill("No puedo entrar a mi cuenta.\n¿Qué hago?")
    await choose(page, "Copia de tu documento", files.png())
    await page.get_by_role("button", name="Enviar consulta").click()
    await expect(page.get_by_text("Recibida")).to_be_visible()
    await look_over(page, "phone-15-consulta-recibida")


async def test_the_page_of_every_end_is_accessible_and_fits(new_page: NewPage, running_portal: RunningPortal) -> None:
    page = await new_page(PHONE, running_portal.url)
    code = await reserve(page, Newcomer(), 9)
    for state, heading in HEADINGS.items():
        end(running_portal, code, state)
        await page.goto(f"/citas/{code}")
        # Around midnight in Lima the day of a cita of seven minutes ago is over.
        await expect(page.get_by_role("heading", level=1)).to_have_text(
            re.compile(f"{re.escape(heading)}|El día de tu cita ya pasó")
        )
        await look_over(page, f"phone-16-{state}")
        await page.goto(f"/citas/{code}/anular")
        await look_over(page, f"phone-17-{state}-anular")


async def test_the_qr_of_the_slip_opens_its_verification(
    new_page: NewPage, running_portal: RunningPortal, tmp_path: Path
) -> None:
    page = await new_page(DESKTOP, running_portal.url)
    code = await reserve(page, Newcomer(), 10)
    slip = await page.request.get(f"/citas/{code}/constancia.pdf?formato=ticket")
    (address,) = decode_qr(picture(await slip.body(), tmp_path, 203))
    other = await new_page(PHONE, running_portal.url)
    await other.goto(address)
    await expect(other.get_by_role("heading", level=1)).to_have_text("La constancia es auténtica")
    await expect(other.get_by_text(code)).to_be_visible()
    await look_over(other, "phone-18-v")
    await other.goto(address[:-40] + "A" * 40)
    await expect(other.get_by_role("heading", level=1)).to_have_text("La constancia está alterada")
    await look_over(other, "phone-19-v-alterada")
