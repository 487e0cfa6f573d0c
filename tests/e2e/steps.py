"""The steps of a person who reserves a cita in a real browser: by label and by button, as a person would."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import count

from playwright.async_api import Page, expect

from tests.chromium import assert_accessible, assert_fits, take_picture

_people = count(1)


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A person whom the portal has not seen: each has a document of their own."""

    number: int = field(default_factory=lambda: 20_000_000 + next(_people))

    @property
    def document(self) -> str:
        """Their DNI."""
        return str(self.number)

    @property
    def email(self) -> str:
        """Their address."""
        return f"persona{self.number}@example.org"


async def look_over(page: Page, name: str, *, scripts: bool = True) -> None:
    """Whatever the page: accessible, nothing sticks out at 320 pixels, and its picture is kept."""
    if scripts:
        await assert_accessible(page)
    await assert_fits(page)
    await take_picture(page, name)


async def choose_a_time(page: Page, which: int = 0) -> str:
    """From the picker to the form: tap a day after today with free places, then one of its times. Returns the time."""
    day = page.locator("table.month a.free").last
    date = re.search(r"fecha=\d{4}-\d\d-(\d\d)", await day.get_attribute("href") or "")
    assert date is not None
    await day.click()
    await expect(page.locator("#dia")).to_contain_text(re.compile(rf"\b{int(date[1])} de "))  # no longer the other day
    time = page.locator("button[name=horario]").nth(which)
    told = re.match(r"\d+:\d\d [ap]\. m\.", await time.inner_text())
    assert told is not None
    await time.click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Tus datos")
    return told[0]


async def say_who(page: Page, person: Newcomer) -> None:
    """From the form to the review."""
    await page.get_by_label("Tipo de documento").select_option("01")
    await page.get_by_label("Número de documento").fill(person.document)
    await page.get_by_label("Nombres").fill("Rosa María")
    await page.get_by_label("Primer apellido").fill("Ñahui")
    await page.get_by_label("Segundo apellido").fill("Quispe")
    await page.get_by_label("Correo electrónico").fill(person.email)
    await page.get_by_label("Celular o teléfono").fill("987 654 321")
    await page.get_by_label("Leí y acepto").check()
    await page.get_by_role("button", name="Continuar").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Revisa y confirma")


async def confirm(page: Page) -> str:
    """From the review to the cita; returns its code."""
    await page.get_by_role("button", name="Confirmar mi cita").click()
    await page.wait_for_url(re.compile(r"/citas/[A-Z2-9]{8}"))
    return code_of(page)


async def reserve(page: Page, person: Newcomer, which: int = 0) -> str:
    """The whole walk; returns the code."""
    await page.goto("/reservar")
    await choose_a_time(page, which)
    await say_who(page, person)
    return await confirm(page)


def code_of(page: Page) -> str:
    """The code of the cita whose page this is."""
    found = re.search(r"/citas/([A-Z2-9]{8})", page.url)
    assert found is not None, page.url
    return found[1]
