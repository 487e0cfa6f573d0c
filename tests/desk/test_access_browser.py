"""Access in a real browser, on a phone and without JavaScript too: what was printed at the start lets somebody in."""

from __future__ import annotations

import os
import re
import subprocess
from datetime import UTC, datetime

import pyotp
from playwright.async_api import Page, expect

from tests.chromium import PHONE, NewPage, assert_accessible, assert_fits
from tests.running_portal import CITAS, RunningPortal

NEW = "doce gatos azules cantan"
SIGN_IN = re.compile(r"^  (\S+) +([a-z2-9]{4}(?:-[a-z2-9]{4}){3})$", re.MULTILINE)


def administrator_of(portal: RunningPortal, username: str) -> str:
    """An administrador made by the command line beside the running portal; returns the password that it prints."""
    environment = {**os.environ, "CITAS_DATA": str(portal.data), "PORTAL_PORT": str(portal.port), "DATABASE_URL": ""}
    done = subprocess.run(
        [CITAS, "admin", username], env=environment, cwd=portal.data, capture_output=True, text=True, check=True
    )
    passwords: dict[str, str] = dict(SIGN_IN.findall(done.stdout))
    return passwords[username]


def test_the_first_start_prints_a_sign_in_for_everybody(running_portal: RunningPortal) -> None:
    printed = dict(SIGN_IN.findall(running_portal.output))
    assert set(printed) == {*(f"consultor{number}" for number in range(1, 6)), "responsable", "administrador"}


async def enter(page: Page, username: str, password: str) -> None:
    await page.goto("/ingresar?seguir=/cuenta")
    await page.get_by_label("Usuario").fill(username)
    await page.get_by_label("Clave").fill(password)
    await page.get_by_role("button", name="Ingresar", exact=True).click()


async def choose(page: Page, password: str) -> None:
    await page.get_by_label("Clave nueva", exact=True).fill(password)
    await page.get_by_label("Repite la clave nueva").fill(password)
    await page.get_by_role("button", name="Guardar mi clave").click()


async def see(page: Page, heading: str) -> None:
    await expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    await assert_accessible(page)
    await assert_fits(page)


async def test_a_made_password_is_changed_and_a_second_factor_switched_on(
    new_page: NewPage, running_portal: RunningPortal
) -> None:
    page = await new_page(PHONE, running_portal.url)
    password = administrator_of(running_portal, "ana.navegador")
    await page.goto("/ingresar?seguir=/cuenta")
    await see(page, "Ingresar")
    await page.get_by_label("Clave").fill(password)
    await page.get_by_role("button", name="Mostrar lo que escribo").click()
    assert await page.get_by_label("Clave").get_attribute("type") == "text"
    await page.get_by_role("button", name="Ocultar lo que escribo").click()
    assert await page.get_by_label("Clave").get_attribute("type") == "password"
    await enter(page, "ana.navegador", password)
    await see(page, "Elige tu clave")
    await choose(page, NEW)
    await see(page, "Mi cuenta")

    await page.get_by_role("link", name="Activar el segundo paso").click()
    await page.get_by_label("Clave actual").fill(NEW)
    await page.get_by_role("button", name="Continuar").click()
    await see(page, "Segundo paso al ingresar")
    picture = page.get_by_role("img", name="Código QR")
    assert await picture.evaluate("image => image.complete && image.naturalWidth > 0"), "the policy lets it be drawn"
    secret = "".join(await page.locator(".letters span").all_inner_texts())
    await page.get_by_label("Código").fill(pyotp.TOTP(secret).at(datetime.now(UTC)))
    await page.get_by_role("button", name="Activar").click()
    await see(page, "Guarda tus códigos de recuperación")
    await expect(page.get_by_role("button", name="Imprimir")).to_be_visible()
    code = await page.locator(".letters").first.inner_text()

    await page.goto("/gestion/personal")
    await see(page, "Personal")
    await page.goto("/gestion/auditoria")
    await see(page, "Auditoría")
    await page.get_by_role("button", name="Salir").click()
    await enter(page, "ana.navegador", NEW)
    await see(page, "Escribe tu código")
    await page.get_by_label("Código").fill(code)
    await page.get_by_role("button", name="Continuar").click()
    await see(page, "Mi cuenta")


async def test_without_javascript_it_is_all_there(no_script_page: Page, running_portal: RunningPortal) -> None:
    password = administrator_of(running_portal, "eva.sin-script")
    await enter(no_script_page, "eva.sin-script", password)
    await expect(no_script_page.get_by_role("button", name="Mostrar lo que escribo")).to_be_hidden()
    await choose(no_script_page, NEW)
    await expect(no_script_page.get_by_role("heading", level=1)).to_have_text("Mi cuenta")
    await no_script_page.get_by_role("button", name="Salir").click()
    await expect(no_script_page.get_by_role("heading", level=1)).to_have_text("Ingresar")
