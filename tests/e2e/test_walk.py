"""Story: a person reserves a cita and has the PDF in hand, in a real browser, whatever the device."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect
from pypdf import PdfReader

from tests.chromium import DESKTOP, NO_SCRIPT, PHONE, Device, NewPage
from tests.e2e.steps import Newcomer, choose_a_time, code_of, confirm, look_over, reserve, say_who
from tests.running_portal import RunningPortal

TWO_MINUTES = 120


@pytest.mark.parametrize(
    ("device", "name"), [(PHONE, "phone"), (DESKTOP, "desktop"), (NO_SCRIPT, "no-script")], ids=str
)
async def test_a_person_reserves_and_has_the_constancia_in_hand(
    new_page: NewPage, running_portal: RunningPortal, device: Device, name: str
) -> None:
    page = await new_page(device, running_portal.url)
    scripts, began = device.scripts, time.monotonic()
    await page.goto("/")
    await look_over(page, f"{name}-1-home", scripts=scripts)
    await page.get_by_role("link", name="Reservar cita").click()
    await look_over(page, f"{name}-2-reservar", scripts=scripts)
    chosen = await choose_a_time(page)
    await look_over(page, f"{name}-3-datos", scripts=scripts)
    await page.get_by_role("button", name="Continuar").click()
    await expect(page).to_have_title(re.compile("^Error: "))
    await look_over(page, f"{name}-4-datos-errores", scripts=scripts)
    await say_who(page, Newcomer())
    await expect(page.get_by_text(chosen).first).to_be_visible()
    await look_over(page, f"{name}-5-confirmar", scripts=scripts)
    code = await confirm(page)
    await look_over(page, f"{name}-6-cita", scripts=scripts)
    slip = await page.request.get(f"/citas/{code}/constancia.pdf")
    assert slip.headers["content-type"] == "application/pdf"
    text = PdfReader(io.BytesIO(await slip.body())).pages[0].extract_text()
    assert code in re.sub(r"\s", "", text)
    assert chosen in re.sub(r"\s+", " ", text)
    assert time.monotonic() - began < TWO_MINUTES


async def test_the_first_page_of_the_walk_is_light(desktop_page: Page) -> None:
    session = await desktop_page.context.new_cdp_session(desktop_page)
    await session.send("Network.enable")
    requests: list[str] = []
    weights: list[float] = []

    def note_request(event: dict[str, Any]) -> None:
        requests.append(event["request"]["url"])

    def note_weight(event: dict[str, Any]) -> None:
        weights.append(event["encodedDataLength"])

    session.on("Network.requestWillBeSent", note_request)
    session.on("Network.loadingFinished", note_weight)
    await desktop_page.goto("/reservar", wait_until="networkidle")
    assert len(requests) <= 5, requests
    assert sum(weights) <= 40 * 1024, dict(zip(requests, weights, strict=False))


async def test_a_tapped_day_brings_its_times_without_losing_ones_place(phone_page: Page) -> None:
    await phone_page.goto("/reservar")
    whole_pages: list[str] = []
    phone_page.on("framenavigated", lambda frame: whole_pages.append(frame.url))
    day = phone_page.locator("table.month a.free").last
    heading = re.compile((await day.get_attribute("href") or "")[-6:-4].lstrip("0"))
    await day.click()
    await expect(phone_page.locator("#dia")).to_contain_text(heading)
    await expect(phone_page.locator("#dia")).to_be_focused()
    assert "fecha=" in phone_page.url
    await phone_page.go_back()
    await expect(phone_page.get_by_role("heading", level=1)).to_have_text("Elige un horario")


async def test_the_walk_by_keyboard_alone(desktop_page: Page) -> None:
    page, person = desktop_page, Newcomer()
    await page.goto("/reservar")
    await tab_to(page, lambda: is_focused(page, "table.month a.free"))
    await page.keyboard.press("Enter")
    await expect(page.locator("#dia")).to_be_focused()
    await tab_to(page, lambda: is_focused(page, "button[name=horario]"))
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Tus datos")
    await tab_to(page, lambda: is_focused(page, "[name=tipo_documento]"))
    await page.keyboard.type("DNI")
    typed = {
        "numero_documento": person.document,
        "nombres": "Rosa",
        "apellido_paterno": "Ñahui",
        "correo": person.email,
        "celular": "987654321",
    }
    for name, value in typed.items():
        await tab_to(page, lambda name=name: is_focused(page, f"[name={name}]"))  # type: ignore[misc]
        await page.keyboard.type(value)
    await tab_to(page, lambda: is_focused(page, "[name=aviso_privacidad]"))
    await page.keyboard.press("Space")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Revisa y confirma")
    await tab_to(page, lambda: is_focused(page, "main button.button"))
    await page.keyboard.press("Enter")
    await page.wait_for_url(re.compile(r"/citas/[A-Z2-9]{8}"))


async def test_back_and_a_double_click_make_one_cita(phone_page: Page) -> None:
    page = phone_page
    await page.goto("/reservar")
    await choose_a_time(page, 1)
    await say_who(page, Newcomer())
    await page.get_by_role("button", name="Confirmar mi cita").dblclick()
    await page.wait_for_url(re.compile(r"/citas/[A-Z2-9]{8}"))
    code = code_of(page)
    await page.go_back()
    again = page.get_by_role("button", name="Confirmar mi cita")
    if await again.count():
        await again.click()
        await page.wait_for_url(re.compile(r"/citas/[A-Z2-9]{8}"))
        assert code_of(page) == code
    await page.reload()


async def test_more_time_is_one_tap_and_keeps_what_was_typed(phone_page: Page) -> None:
    await phone_page.goto("/reservar")
    await choose_a_time(phone_page, 2)
    await phone_page.get_by_label("Nombres").fill("Rosa")
    await phone_page.get_by_role("button", name="Necesito más tiempo").click()
    await expect(phone_page.locator("#apartado")).to_be_visible()
    await expect(phone_page.get_by_label("Nombres")).to_have_value("Rosa")


async def test_a_cita_is_moved_then_cancelled(desktop_page: Page) -> None:
    page, person = desktop_page, Newcomer()
    code = await reserve(page, person, 3)
    await page.get_by_role("link", name="Reprogramar").first.click()
    await look_over(page, "desktop-7-reprogramar")
    await page.locator("table.month a.free").last.click()
    await page.locator("button[name=horario]").nth(5).click()
    await look_over(page, "desktop-8-reprogramar-revisar")
    await page.locator("main form button.button").last.click()
    await page.wait_for_url(lambda url: "/citas/" in url and code not in url)
    moved = code_of(page)
    assert moved != code
    await page.get_by_role("link", name="Anular").first.click()
    await look_over(page, "desktop-9-anular")
    await page.locator("main form button.button").last.click()
    await expect(page.get_by_text("anulada").first).to_be_visible()
    await look_over(page, "desktop-10-anulada")


async def test_a_cita_is_found_again_by_code_and_document(new_page: NewPage, running_portal: RunningPortal) -> None:
    page, person = await new_page(PHONE, running_portal.url), Newcomer()
    code = await reserve(page, person, 4)
    other = await new_page(PHONE, running_portal.url)
    await other.goto(f"/citas/{code}")
    await expect(other).to_have_url(re.compile(r"/citas(\?.*)?$"))
    await look_over(other, "phone-11-citas")
    for document in ("87654321", person.document):
        await other.get_by_label("Código").fill(code)
        await other.get_by_label("documento").fill(document)
        await other.locator("main form button").last.click()
    await other.wait_for_url(re.compile(rf"/citas/{code}"))


@pytest.mark.parametrize(
    "path", ["/citas", "/v", "/ayuda", "/privacidad", "/accesibilidad", "/no-existe", "/reservar?fecha=2020-01-01"]
)
async def test_every_other_page_is_accessible_and_fits(phone_page: Page, path: str) -> None:
    await phone_page.goto(path)
    await look_over(phone_page, "phone-page-" + re.sub(r"\W+", "-", path.strip("/")))


async def test_the_hostile_name_stays_text(phone_page: Page) -> None:
    await phone_page.goto("/reservar")
    await choose_a_time(phone_page, 6)
    await phone_page.get_by_label("Nombres").fill("<img src=x onerror=alert(1)>")
    await phone_page.get_by_role("button", name="Continuar").click()
    await expect(phone_page.get_by_label("Nombres")).to_have_value("<img src=x onerror=alert(1)>")


async def is_focused(page: Page, selector: str) -> bool:
    """Whether the focus is on such an element."""
    focused: bool = await page.evaluate("selector => document.activeElement.matches(selector)", selector)
    return focused


async def tab_to(page: Page, arrived: Callable[[], Awaitable[bool]], most: int = 150) -> None:
    """Press Tab until the focus has arrived."""
    for _ in range(most):
        if await arrived():
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"never arrived; the focus is on {await page.evaluate('document.activeElement.outerHTML')}")
