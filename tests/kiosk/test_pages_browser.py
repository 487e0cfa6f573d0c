"""The desk in a real browser, without network: by keyboard alone, accessible, and on the narrowest phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, Keyboard, Page, expect

from tests.chromium import DESKTOP, NO_SCRIPT, PHONE, NewPage
from tests.e2e.steps import Newcomer, look_over
from tests.kiosk.paged import PIN, SECRET
from tests.kiosk.served import served_kiosk
from tests.running_portal import RunningPortal

HEADING = re.compile("Cita reservada")

SECONDS = 30
STROKES_PER_SECOND = 5
"""Of somebody who types every day, and looks at the person meanwhile."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningPortal]:
    """A kiosk without its cable."""
    kiosk = served_kiosk(tmp_path_factory.mktemp("served") / "data")
    kiosk.wait_until_ready()
    yield kiosk
    kiosk.stop()


async def enter(page: Page) -> None:
    """Sign in by keyboard: the first field has the focus."""
    await page.goto("/")
    await page.get_by_label("Usuario").focus()
    await page.keyboard.type("consultor1")
    await page.keyboard.press("Tab")
    await page.keyboard.type(SECRET)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Reservar una cita")


async def unlock(page: Page) -> None:
    await page.get_by_label("PIN").fill(PIN)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Reservar una cita")


async def type_person(page: Page, person: Newcomer) -> None:
    """From the number of the document to the accepted notice, Tab by Tab."""
    await expect(page.get_by_label("Número de documento")).to_be_focused()
    await page.keyboard.type(person.document)
    await page.keyboard.press("Tab")
    for text in ("Rosa María", "Ñahui", "Quispe", "987654321"):
        await page.keyboard.type(text)
        await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    await expect(page.get_by_label("Le leí el aviso")).to_be_focused()
    await page.keyboard.press("Space")


async def test_a_booking_by_keyboard_alone(new_page: NewPage, served: RunningPortal) -> None:
    page = await new_page(DESKTOP, served.url)
    await page.add_init_script("print = () => (top.document.body.dataset.printed = location.pathname)")
    await enter(page)
    await look_over(page, "kiosk-desk")
    await expect(page.locator("#aviso")).to_contain_text(re.compile("Sin conexión desde las"), timeout=10_000)
    person = Newcomer()
    await type_person(page, person)
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(HEADING)
    waited: float = await page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd")
    assert waited < 1000, "milliseconds from the Enter key to the page of the cita"
    await expect(page.get_by_role("link", name="Imprimir la constancia")).to_be_focused()
    await look_over(page, "kiosk-cita")
    # Enter prints by the browser's dialog, Enter again calls the next person.
    async with page.expect_response(re.compile(r"constancia\.pdf")) as paper:
        await page.keyboard.press("Enter")
    assert (await (await paper.value).header_value("content-type")) == "application/pdf"
    await expect(page.get_by_role("link", name="Siguiente persona")).to_be_focused()
    assert "constancia.pdf" in (await page.locator("body").get_attribute("data-printed") or "")
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Número de documento")).to_be_focused()
    # The same person again: they are known, and shown the cita that they have.
    await page.keyboard.type(person.document)
    await page.keyboard.press("Tab")
    await expect(page.locator("#conocida")).to_contain_text("Ya tiene una cita")
    await expect(page.get_by_label("Primer apellido")).to_have_value("Ñahui")
    await look_over(page, "kiosk-known")


@dataclass
class Typist:
    """Somebody at the keyboard, whose strokes are counted: a capital or an accent is two of them."""

    keyboard: Keyboard
    strokes: int = 0

    async def type(self, text: str) -> None:
        self.strokes += sum(1 if letter.isascii() and not letter.isupper() else 2 for letter in text)
        await self.keyboard.type(text)

    async def press(self, *keys: str) -> None:
        for key in keys:
            self.strokes += 1
            await self.keyboard.press(key)


async def test_a_booking_takes_less_than_thirty_seconds_of_typing(new_page: NewPage, served: RunningPortal) -> None:
    page, person = await new_page(DESKTOP, served.url), Newcomer()
    await enter(page)
    new, known = Typist(page.keyboard), Typist(page.keyboard)
    await expect(page.get_by_label("Número de documento")).to_be_focused()
    await new.type(person.document)
    await new.press("Tab")
    for text in ("Rosa María", "Ñahui", "Quispe", "987654321"):
        await new.type(text)
        await new.press("Tab")
    await new.press("Tab", "Space", "Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(HEADING)
    await page.get_by_role("link", name="Anular").click()
    await page.get_by_role("button", name="Anular").click()
    await page.goto("/")
    # They come again, and the machine remembers them.
    await expect(page.get_by_label("Número de documento")).to_be_focused()
    await known.type(person.document)
    await known.press("Tab")
    await expect(page.get_by_label("Celular o teléfono")).not_to_have_value("")
    await known.press(*["Tab"] * 5, "Space", "Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(HEADING)
    assert new.strokes / STROKES_PER_SECOND < SECONDS
    assert known.strokes / STROKES_PER_SECOND < SECONDS / 6, "what is known is not typed again"


async def test_every_page_is_accessible_and_fits(new_page: NewPage, served: RunningPortal) -> None:
    page = await new_page(PHONE, served.url)
    await page.goto("/ingresar")
    await look_over(page, "kiosk-phone-sign-in")
    await enter(page)
    await look_over(page, "kiosk-phone-desk")
    await page.get_by_role("button", name="Reservar e imprimir").last.click()
    await page.goto("/citas")
    await look_over(page, "kiosk-phone-citas")
    await page.get_by_role("link", name="Mei Li").first.click()
    await look_over(page, "kiosk-phone-cita")
    await page.get_by_role("link", name="Reprogramar").click()
    await look_over(page, "kiosk-phone-move")
    await page.goto("/estado")
    await look_over(page, "kiosk-phone-state")
    await page.goto("/citas/ABCDEFGH")
    await look_over(page, "kiosk-phone-404")
    await page.get_by_role("button", name="Bloquear").click()
    await look_over(page, "kiosk-phone-lock")
    await unlock(page)


async def test_what_is_typed_outlasts_the_lock(new_page: NewPage, served: RunningPortal) -> None:
    page = await new_page(DESKTOP, served.url)
    await enter(page)
    await page.get_by_label("Nombres").fill("Rosa María")
    elsewhere = await page.context.new_page()
    await elsewhere.goto(f"{served.url}/estado")
    await elsewhere.get_by_role("button", name="Bloquear").click()
    # The page hears of it when its banner asks the next time.
    await expect(page.get_by_role("heading", level=1)).to_have_text("Pantalla bloqueada", timeout=10_000)
    await unlock(page)
    await expect(page.get_by_label("Nombres")).to_have_value("Rosa María")
    await page.get_by_label("Primer apellido").fill("Ñahui")
    await page.get_by_role("button", name="Bloquear").click()
    await unlock(page)
    await expect(page.get_by_label("Primer apellido")).to_have_value("Ñahui")


async def test_whole_without_scripts(new_page: NewPage, served: RunningPortal) -> None:
    page = await new_page(NO_SCRIPT, served.url)
    await enter(page)
    await look_over(page, "kiosk-plain-desk", scripts=False)
    person = Newcomer()
    await page.get_by_label("Número de documento").fill(person.document)
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Este módulo no la conoce")).to_be_visible()
    for label, text in (("Nombres", "Luz"), ("Primer apellido", "Quispe"), ("Celular o teléfono", "987654321")):
        await page.get_by_label(label).fill(text)
    await page.get_by_label("Le leí el aviso").check()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text(HEADING)


async def test_another_modality_brings_its_times_and_a_dead_kiosk_is_told(browser: Browser, tmp_path: Path) -> None:
    kiosk = served_kiosk(tmp_path / "data")
    try:
        kiosk.wait_until_ready()
        page = await browser.new_page(base_url=kiosk.url)  # unwatched: that nobody answers is what it is about
        await enter(page)
        await page.get_by_label("Por teléfono").check()
        await expect(page.locator("#anuncio")).to_have_text("Horarios actualizados")
        assert "telefonica" in (await page.locator("#horarios input").first.get_attribute("value") or "")
    finally:
        kiosk.stop()
    await expect(page.locator("#aviso")).to_contain_text("El módulo no responde", timeout=12_000)
    await page.close()
