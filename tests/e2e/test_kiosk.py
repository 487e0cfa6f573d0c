"""The kiosk beside the portal, as real processes and in a real browser: the portal is away, and the desk works on."""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from playwright.async_api import Page, expect

from portal.clock import utc_now
from portal.database.node import fetch, open_node, use_node
from portal.domain.first_kiosk_secrets import KioskSignIn, add_first_kiosk_secrets
from portal.domain.kiosks import make_kiosk, make_pairing_code
from tests.chromium import DESKTOP, NewPage, take_picture
from tests.databases import run_apart
from tests.documents.reading import decode_qr, picture
from tests.e2e.networks import NetworkCable, has_networks
from tests.e2e.steps import Newcomer
from tests.e2e.two_sides import (
    RunningKiosk,
    SilentCable,
    answers,
    kiosk_sign_in,
    process_named,
    stop_process,
    wait_until,
)
from tests.processes import free_port
from tests.running_portal import CITAS, RUN, RunningPortal, StartPortal

SOON_SECONDS = 10.0
"""Within which a cita that was sold offline is at the portal, once that is there again."""

NOTICED_SECONDS = 5.0
"""Within which the banner tells of a silent cable, once somebody has booked."""


@pytest.fixture
def both(tmp_path: Path) -> Iterator[RunningPortal]:
    """What ``make run`` starts."""
    started = RunningPortal(tmp_path / "both", settings={}, command=RUN)
    started.wait_until_ready()
    yield started
    started.stop()


def kiosk_url(portal: RunningPortal) -> str:
    return f"http://127.0.0.1:{portal.kiosk_port}"


def ask(portal: RunningPortal, question: str, *values: object) -> list[tuple[object, ...]]:
    """What the portal's file says."""
    with closing(sqlite3.connect(f"file:{portal.data / 'portal.db'}?mode=ro", uri=True, timeout=5)) as file:
        return file.execute(question, values).fetchall()


def lent(portal: RunningPortal) -> set[object]:
    return {seat for (seat,) in ask(portal, "SELECT id FROM seat WHERE kiosk IS NOT NULL AND appointment IS NULL")}


def mails_to(portal: RunningPortal, address: str) -> int:
    return sum(address.encode() in mail.read_bytes() for mail in (portal.data / "mail").glob("*.eml"))


async def sign_in(page: Page, username: str, secret: str) -> None:
    await page.goto("/")
    await page.get_by_label("Usuario").fill(username)
    await page.get_by_label("Clave del módulo").fill(secret)
    await page.get_by_role("button", name="Ingresar").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Reservar una cita")


async def book(page: Page, person: Newcomer) -> str:
    """From the empty form to the printed cita, by the Enter key; returns the code."""
    await page.goto("/")
    await page.get_by_label("Tipo de documento").select_option(label="DNI")
    await page.get_by_label("Número de documento").fill(person.document)
    await page.get_by_label("Nombres").fill("Rosa María")
    await page.get_by_label("Primer apellido").fill("Ñahui")
    await page.get_by_label("Celular o teléfono").fill("987 654 321")
    await page.get_by_text("Más datos").click()
    await page.get_by_label("Correo electrónico").fill(person.email)
    await page.get_by_label("Le leí el aviso").check()
    await page.get_by_label("Nombres").press("Enter")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cita reservada")
    found = re.search(r"/citas/([A-Z2-9]{8})", page.url)
    assert found is not None
    return found[1]


async def read_slip(page: Page, code: str, folder: Path) -> str:
    """The address in the QR of the slip, as a camera sees it on paper."""
    answer = await page.context.request.get(f"/citas/{code}/constancia.pdf?formato=ticket")
    assert answer.headers["content-type"] == "application/pdf"
    pdf = await answer.body()
    [address] = decode_qr(await asyncio.to_thread(picture, pdf, folder, 203, black_and_white=True))
    return address


async def test_with_the_portal_stopped_a_cita_is_sold_printed_and_delivered_when_it_is_back(
    new_page: NewPage, both: RunningPortal, tmp_path: Path
) -> None:
    secret, _ = kiosk_sign_in(both.output, "consultor1")
    await asyncio.to_thread(wait_until, lambda: len(lent(both)) > 0)
    page, person = await new_page(DESKTOP, kiosk_url(both)), Newcomer()
    await sign_in(page, "consultor1", secret)
    await expect(page.locator("#aviso")).to_contain_text("En línea")
    on_loan = lent(both)

    await asyncio.to_thread(stop_process, process_named(both, "portal"))
    assert not answers(f"{both.url}/salud")
    code = await book(page, person)
    await take_picture(page, "kiosk-offline")
    await page.goto("/")
    await expect(page.locator("#aviso")).to_contain_text("1 cita por enviar")
    address = await read_slip(page, code, tmp_path)
    assert f"/v/{code}" in address
    assert ask(both, "SELECT 1 FROM appointment WHERE code = ?", code) == []

    again = await asyncio.to_thread(start_portal_again, both)
    try:
        await asyncio.to_thread(wait_until, lambda: answers(f"{both.url}/salud"))
        await asyncio.to_thread(
            wait_until,
            lambda: (
                ask(both, "SELECT 1 FROM appointment WHERE code = ?", code) != [] and mails_to(both, person.email) == 1
            ),
            SOON_SECONDS,
        )
        [(seat, state, citas)] = ask(
            both,
            "SELECT seat.id, appointment.state, (SELECT count(*) FROM appointment AS other WHERE other.seat = seat.id) "
            "FROM appointment JOIN seat ON seat.appointment = appointment.id WHERE appointment.code = ?",
            code,
        )
        assert (state, citas) == ("reserved", 1)
        assert seat in on_loan  # nobody else could have had it
        await assert_in_agenda(await new_page(DESKTOP, both.url), both, code, person)
        checked = await new_page(DESKTOP, both.url)
        await checked.goto(address.removeprefix(both.url))
        await expect(checked.get_by_role("heading", level=1)).to_contain_text("es auténtica")
    finally:
        again.terminate()
        await asyncio.to_thread(again.wait, 10)


def start_portal_again(portal: RunningPortal) -> subprocess.Popen[bytes]:
    with portal.data.with_name("again.log").open("wb") as output:
        return subprocess.Popen(
            (CITAS, "portal"),
            cwd=portal.data,
            env={"PATH": os.environ["PATH"], "CITAS_DATA": str(portal.data), "PORTAL_PORT": str(portal.port)},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


async def assert_in_agenda(page: Page, portal: RunningPortal, code: str, person: Newcomer) -> None:
    """Its consultor finds it in the agenda of its day."""
    [(username, starts_at)] = ask(
        portal,
        "SELECT staff.username, date(appointment.starts_at, '-5 hours') FROM appointment "
        "JOIN staff ON staff.id = appointment.consultant WHERE code = ?",
        code,
    )
    password = re.search(rf"^  {username} +((?:[a-z2-9]{{4}}-){{3}}[a-z2-9]{{4}})$", portal.output, re.MULTILINE)
    assert password is not None
    await page.goto("/ingresar")
    await page.get_by_label("Usuario").fill(str(username))
    await page.get_by_label("Clave").fill(password[1])
    await page.get_by_role("button", name="Ingresar").click()
    await page.get_by_label("Clave nueva", exact=True).fill("una clave larga de la agenda")
    await page.get_by_label("Repite la clave nueva").fill("una clave larga de la agenda")
    await page.get_by_role("button", name="Guardar mi clave").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Agenda")
    await page.goto(f"/agenda?fecha={starts_at}")
    await expect(page.locator("body")).to_contain_text(person.document)


@dataclass
class Machine:
    """A machine at a desk, the cable from it to the portal, and the window on its screen."""

    kiosk: RunningKiosk
    cable: NetworkCable | SilentCable
    page: Page


@pytest.fixture
def plugged(
    start_portal: StartPortal, tmp_path: Path
) -> Iterator[tuple[RunningPortal, list[tuple[RunningKiosk, NetworkCable | SilentCable]]]]:
    """A portal, and two machines that are no kiosks yet, each with a cable of its own: a real one, if we may lay it."""
    portal = start_portal()
    made: list[tuple[RunningKiosk, NetworkCable | SilentCable]] = []
    with ExitStack() as stack:
        for number in (1, 2):
            port = free_port()
            cable = NetworkCable(portal.port, port) if has_networks() else SilentCable(portal.port)
            stack.callback(cable.close)
            folder = tmp_path / f"machine-{number}"
            kiosk = RunningKiosk(folder, cable.url, cable.settings, port=port, enter=cable.enter)
            stack.callback(kiosk.stop)
            made.append((kiosk, cable))
        for kiosk, _ in made:
            kiosk.wait_until_ready()
        yield portal, made


async def prepare(portal: RunningPortal) -> tuple[list[str], KioskSignIn]:
    """What an administrador makes: two kiosks with a code each, and somebody who may sign in there."""
    node = open_node("portal", f"sqlite:///{portal.data / 'portal.db'}")
    await node.start()
    try:
        with use_node(node):
            now = utc_now()
            [center] = await fetch('SELECT "id" FROM "center"')
            kiosks = [await make_kiosk(f"Mesa {number}", center["id"]) for number in (1, 2)]
            [first, *_] = await add_first_kiosk_secrets(now)
            return [await make_pairing_code(kiosk, None, now) for kiosk in kiosks], first
    finally:
        await node.stop()


async def lend_more(portal: RunningPortal) -> None:
    """The first kiosk alone has been lent what two may have together: let there be as much for the second."""
    node = open_node("portal", f"sqlite:///{portal.data / 'portal.db'}")
    await node.start()
    try:
        with use_node(node):
            await fetch(
                'INSERT INTO "lease_policy" ("id", "center", "service", "per_consultant", "days", "share", "minimum") '
                'SELECT {}, "center"."id", "service"."id", 4, 5, 50, 0 FROM "center", "service"',
                uuid4(),
            )
    finally:
        await node.stop()


async def pair(page: Page, code: str, who: KioskSignIn) -> None:
    await page.goto("/emparejar")
    await page.get_by_label("Código del administrador").fill(code)
    await page.get_by_role("button", name="Emparejar").click()
    await sign_in(page, who.username, who.secret)


async def test_two_kiosks_with_the_cables_pulled_sell_different_seats_and_all_arrive(
    new_page: NewPage, plugged: tuple[RunningPortal, list[tuple[RunningKiosk, NetworkCable | SilentCable]]]
) -> None:
    portal, pairs = plugged
    machines = [Machine(kiosk, cable, await new_page(DESKTOP, kiosk.url)) for kiosk, cable in pairs]
    codes, who = await asyncio.to_thread(run_apart, prepare(portal))
    await pair(machines[0].page, codes[0], who)
    await asyncio.to_thread(run_apart, lend_more(portal))
    await pair(machines[1].page, codes[1], who)
    for machine in machines:
        machine.cable.pull()
    sold = {}
    for machine in machines:
        for _ in range(2):
            person = Newcomer()
            sold[await book(machine.page, person)] = person
        await machine.page.goto("/")
    for machine in machines:
        # The cable broke nothing off: whoever asked the portal heard nothing, not even that it is away.
        await expect(machine.page.locator("#aviso")).to_contain_text("Sin conexión", timeout=NOTICED_SECONDS * 1000)
    assert len(sold) == 4

    machines[1].kiosk.kill()  # the power goes too
    machines[1].kiosk.start_again()
    for machine in machines:
        machine.cable.plug()
    marks = ", ".join("?" * len(sold))
    arrived = f"SELECT code, seat, displaced FROM appointment WHERE state = 'reserved' AND code IN ({marks})"  # noqa: S608
    await asyncio.to_thread(wait_until, lambda: len(ask(portal, arrived, *sold)) == len(sold))
    rows = ask(portal, arrived, *sold)
    assert {code for code, _, _ in rows} == set(sold)
    assert len({seat for _, seat, _ in rows}) == len(sold)
    assert not any(displaced for _, _, displaced in rows)
    await asyncio.to_thread(
        wait_until, lambda: all(mails_to(portal, person.email) == 1 for person in sold.values()), SOON_SECONDS
    )
    for machine in machines:
        await machine.page.goto("/")
        await expect(machine.page.locator("#aviso")).to_contain_text("Nada por enviar")
