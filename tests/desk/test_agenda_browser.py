"""The agenda in a real browser: by keyboard, refreshing itself, counting down, without a connection."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from portal.database.node import fetch
from portal.domain.modality import Modality
from portal.domain.vocabulary import State
from tests.chromium import PHONE, NewPage, assert_accessible, assert_fits
from tests.desk.staged import staged_day
from tests.running_portal import RunningPortal

ASK_NOW = "document.getElementById('agenda').dispatchEvent(new Event('refresh'))"
HERE = "document.activeElement.closest('li')?.id ?? document.activeElement.id"


def ago(minutes: float) -> datetime:
    """So many minutes before the present moment."""
    return datetime.now(UTC) - timedelta(minutes=minutes)


async def test_rows_by_keyboard_and_never_while_somebody_types(
    desktop_page: Page, running_portal: RunningPortal
) -> None:
    page = desktop_page
    async with staged_day(running_portal) as day:
        done = await day.add(-60, State.ATTENDED, started_at=ago(60), finished_at=ago(40))
        now = await day.add(2)
        later = await day.add(40, modality=Modality.PHONE)
        await day.enter(page)
        await page.goto("/agenda")
        await page.keyboard.press("j")
        assert await page.evaluate(HERE) == f"c-{now}", "the first press leads to what is due"
        await page.keyboard.press("j")
        assert await page.evaluate(HERE) == f"c-{later}"
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("k")
        assert await page.evaluate(HERE) == f"c-{done}"
        await page.keyboard.press("ArrowDown")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        assert (await page.evaluate("document.activeElement.textContent")).startswith("Invitar")
        await page.get_by_label("Fecha").focus()
        await page.keyboard.press("j")
        assert await page.evaluate(HERE) == "fecha"
        await page.get_by_text("Teclado", exact=True).click()
        await page.get_by_label("Usar las teclas J y K").uncheck()
        await page.locator("h1").click()
        await page.keyboard.press("j")
        assert not (await page.evaluate(HERE)).startswith("c-")
        await page.reload()
        await page.keyboard.press("j")
        assert not (await page.evaluate(HERE)).startswith("c-"), "the choice is kept"


async def test_a_refresh_brings_news_and_leaves_focus_and_scroll(
    desktop_page: Page, running_portal: RunningPortal
) -> None:
    page = desktop_page
    async with staged_day(running_portal) as day:
        cita = await day.add(3)
        last = cita
        for number in range(12):
            last = await day.add(60 + number * 5)
        await day.enter(page)
        await page.goto("/agenda")
        await page.locator(f"#ver-{last}").focus()
        place = await page.evaluate("scrollY")
        assert place > 0
        await fetch('UPDATE "appointment" SET "invited_at" = {} WHERE "id" = {}', ago(1), cita)
        await page.evaluate(ASK_NOW)
        await expect(page.locator(f"#c-{cita}")).to_contain_text("Tolerancia")
        assert await page.evaluate(HERE) == f"c-{last}"
        assert await page.evaluate("scrollY") == place
        # The button that one stands on becomes another one: the row keeps the focus, on its name.
        await page.locator(f"#c-{cita} button").focus()
        await fetch(
            'UPDATE "appointment" SET "state" = {}, "started_at" = {} WHERE "id" = {}',
            *(State.IN_ATTENTION.value, ago(0), cita),
        )
        await page.evaluate(ASK_NOW)
        await expect(page.locator(f"#c-{cita}")).to_contain_text("En atención")
        assert await page.evaluate("document.activeElement.id") == f"ver-{cita}"


async def test_it_asks_by_itself_but_not_while_nobody_looks(desktop_page: Page, running_portal: RunningPortal) -> None:
    page = desktop_page
    async with staged_day(running_portal) as day:
        await day.add(60)
        await day.enter(page)
        await page.clock.install()
        await page.goto("/agenda")
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url) if "version=" in request.url else None)
        async with page.expect_response(lambda answer: "version=" in answer.url) as answer:
            await page.clock.run_for(21_000)
        assert (await answer.value).status == 204
        await page.evaluate("Object.defineProperty(document, 'hidden', {get: () => true, configurable: true})")
        await page.clock.run_for(60_000)
        assert len(asked) == 1


async def test_the_tolerance_counts_down_and_then_says_what_is_due(
    desktop_page: Page, running_portal: RunningPortal
) -> None:
    page = desktop_page
    async with staged_day(running_portal) as day:
        cita = await day.add(-4, invited_at=ago(4))
        await day.enter(page)
        await page.goto("/agenda")
        timer = page.locator(f"#c-{cita} [role=timer]")
        first = await timer.text_content()
        await expect(timer).to_have_text(re.compile(r"[0-4]:\d\d"))
        await expect(timer).not_to_have_text(first or "")


async def test_a_lost_connection_is_told_and_the_agenda_stays(browser: Browser, running_portal: RunningPortal) -> None:
    # A window that nobody watches: the browser complains on its console, as it should.
    page = await browser.new_page(base_url=running_portal.url)
    async with staged_day(running_portal) as day:
        cita = await day.add(60)
        await day.enter(page)
        await page.goto("/agenda")
        await page.context.set_offline(True)
        await page.evaluate(ASK_NOW)
        await expect(page.get_by_text("No pudimos actualizar la agenda")).to_be_visible()
        await expect(page.locator(f"#c-{cita}")).to_be_visible()
        await page.context.set_offline(False)
        await page.evaluate(ASK_NOW)
        await expect(page.get_by_text("No pudimos actualizar la agenda")).to_be_hidden()
    await page.close()


@pytest.mark.parametrize("address", ["/agenda", "/agenda/nueva", "/agenda/reporte"])
async def test_it_is_accessible_and_fits_a_small_phone(
    new_page: NewPage, running_portal: RunningPortal, address: str
) -> None:
    page = await new_page(PHONE, running_portal.url)
    async with staged_day(running_portal) as day:
        await day.add(-10)
        await day.add(-3, invited_at=ago(3), preference="adulto_mayor", language="qu")
        await day.add(-2 * 24 * 60)
        await day.add(20, State.CANCELLED)
        await day.enter(page)
        await page.goto(address)
        await assert_fits(page)
        await assert_accessible(page)
