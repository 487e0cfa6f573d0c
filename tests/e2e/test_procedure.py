"""Story: procedure PE-BT-01, activities 01 to 08 in order. A citizen on a phone and a consultor on a desktop at
the same time, by a clock that the story moves; every mail arrives at a real mail server and is opened, its links are
followed.
"""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest_asyncio
from aiosmtpd.smtp import Envelope, Session
from openpyxl import load_workbook
from playwright.async_api import Page, expect
from pypdf import PdfReader

from tests.chromium import DESKTOP, PHONE, NewPage
from tests.e2e.clocked_portal import ClockedPortal
from tests.e2e.steps import Newcomer, confirm, look_over, say_who
from tests.mail.mail_server import MailServer, Mood

MONDAY = datetime(2027, 1, 4, 15, 0, tzinfo=UTC)  # 10:00 in Lima
THURSDAY = "2027-01-07"
MEET = "https://meet.google.com/abc-defg-hij"
PATIENCE = 60
PASSWORD = "cuatro palabras que solo yo conozco"  # of a portal that lives for one test


class PostBox(Mood):
    """A mail server's box: whoever waits for a mail is woken when one comes."""

    def __init__(self) -> None:
        super().__init__()
        self._came = asyncio.Event()

    def take(self, session: Session, envelope: Envelope) -> None:
        """Keep what came, and wake who waits."""
        super().take(session, envelope)
        self._came.set()

    async def find(self, recipient: str, subject: str) -> EmailMessage:
        """The one mail to somebody whose subject says so; waits until it is there."""
        try:
            async with asyncio.timeout(PATIENCE):
                while not (found := self._all_to(recipient, subject)):
                    self._came.clear()
                    await self._came.wait()
        except TimeoutError:
            arrived = [str(mail["subject"]) for mail in self._all_to(recipient)]
            raise AssertionError(f"no {subject!r} for {recipient}; there are {arrived}") from None
        assert len(found) == 1, [str(mail["subject"]) for mail in found]
        return found[0]

    def _all_to(self, recipient: str, subject: str = "") -> list[EmailMessage]:
        mails = [one.message for one in self.received if recipient in one.recipients]
        return [mail for mail in mails if subject in str(mail["subject"])]


def text_of(mail: EmailMessage) -> str:
    """The mail as plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


def link_in(mail: EmailMessage, part: str) -> str:
    """The link of the mail that has that in its address."""
    links: list[str] = [link for link in re.findall(r"https?://\S+", text_of(mail)) if part in link]
    assert links, text_of(mail)
    return links[0]


def attached(mail: EmailMessage) -> dict[str, bytes]:
    """The files that came with it, by name."""
    files = {}
    for part in mail.iter_attachments():
        content = part.get_content()
        files[str(part.get_filename())] = content if isinstance(content, bytes) else str(content).encode()
    return files


def words_of(pdf: bytes) -> str:
    """All text of a PDF, in one line."""
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages))


@pytest_asyncio.fixture(loop_scope="session")
async def mail_server() -> AsyncIterator[MailServer]:
    """A real mail server with a post box."""
    server = MailServer(PostBox())
    await server.start()
    yield server
    await server.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def portal(mail_server: MailServer, tmp_path: Path) -> AsyncIterator[ClockedPortal]:
    """A portal of its own, on Monday at ten."""
    mail = {"CITAS_SMTP_HOST": "127.0.0.1", "CITAS_SMTP_PORT": str(mail_server.port), "CITAS_SMTP_SECURITY": "none"}
    started = ClockedPortal(tmp_path / "portal", MONDAY, settings=mail)
    await asyncio.to_thread(started.wait_until_ready)
    yield started
    await asyncio.to_thread(started.stop)


async def sign_in(page: Page, portal: ClockedPortal, username: str) -> None:
    """The first sign-in of somebody: the printed password, then one of their own."""
    await page.goto("/ingresar")
    await page.get_by_label("Usuario").fill(username)
    await page.get_by_label("Clave").fill(portal.passwords[username])
    await page.get_by_role("button", name="Ingresar").click()
    await page.get_by_label("Clave nueva", exact=True).fill(PASSWORD)
    await page.get_by_label("Repite la clave nueva").fill(PASSWORD)
    await page.get_by_role("button", name="Guardar mi clave").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Agenda")


async def give_consultor_an_address(page: Page, portal: ClockedPortal) -> None:
    """The administrador writes down the consultor's e-mail and video link."""
    await sign_in(page, portal, "administrador")
    await page.goto("/gestion/personal")
    await page.get_by_role("link", name="Consultor de empleo 1").click()
    await page.get_by_role("link", name="Cambiar sus datos").click()
    await page.get_by_label("Correo").fill("consultor1@example.org")
    await page.get_by_label("Enlace de Google Meet").fill(MEET)
    await page.get_by_role("button", name="Guardar").click()
    await expect(page.get_by_text("Guardamos los datos.")).to_be_visible()
    await page.get_by_role("button", name="Salir").click()


async def book_for_julio(page: Page, person: Newcomer) -> None:
    """The consultor books a later time of the same day for somebody who calls."""
    await page.goto("/agenda/nueva")
    await page.get_by_label("Llama por teléfono").check()
    await page.get_by_label("Tipo de documento").select_option("01")
    await page.get_by_label("Número de documento").fill(person.document)
    await page.get_by_label("Desde el día").fill(THURSDAY)
    await page.get_by_label("Consultor", exact=True).select_option(label="Consultor de empleo 1")
    await page.get_by_role("button", name="Buscar horarios").click()
    await page.locator(".slots button", has_text="11:00 a. m.").first.click()
    await page.get_by_label("Nombres").fill("Julio")
    await page.get_by_label("Primer apellido").fill("D'Angelo")
    await page.get_by_label("Celular o teléfono").fill("912 345 678")
    await page.get_by_label("Correo electrónico").fill(person.email)
    await page.get_by_label("Le leí el").check()
    await page.get_by_role("button", name="Reservar la cita").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Cita reservada")


async def test_the_procedure_from_the_reservation_to_the_register(
    new_page: NewPage, portal: ClockedPortal, mail_server: MailServer
) -> None:
    mails = mail_server.mood
    assert isinstance(mails, PostBox)
    phone, desk = await new_page(PHONE, portal.url), await new_page(DESKTOP, portal.url)
    rosa, julio = Newcomer(), Newcomer()
    await give_consultor_an_address(desk, portal)

    # 01: Rosa reserves on her phone; a consultor books for Julio, who calls.
    await phone.goto(f"/reservar?fecha={THURSDAY}")
    await phone.locator("button[name=horario]", has_text="9:00 a. m.").click()
    await say_who(phone, rosa)
    code = await confirm(phone)
    confirmation = await mails.find(rosa.email, "reservada")
    assert "constancia.pdf" in attached(confirmation)
    await sign_in(desk, portal, "consultor1")
    await book_for_julio(desk, julio)
    await look_over(desk, "desk-1-reservada")

    # 02, in the evening before: the reminder by itself, with the Cartilla; and the day sheet for the consultor.
    portal.set_clock(datetime(2027, 1, 6, 23, 30, tzinfo=UTC))
    reminder = await mails.find(rosa.email, "mañana")
    papers = attached(reminder)
    assert {"constancia.pdf", "cartilla-videollamada.pdf", "cita.ics"} <= papers.keys(), papers.keys()
    assert "Google Meet" in words_of(papers["cartilla-videollamada.pdf"])
    assert len(PdfReader(io.BytesIO(papers["cartilla-videollamada.pdf"])).pages) <= 2
    assert await mails.find(julio.email, "mañana")
    sheet = await mails.find("consultor1@example.org", "")
    assert "D'Angelo" in words_of(next(iter(attached(sheet).values())))
    await phone.goto(link_in(reminder, f"/citas/{code}"))
    await expect(phone.get_by_text("Es mañana")).to_be_visible()

    # Whoever got Rosa's cita, the responsable hands it to the consultor of this story.
    portal.set_clock(datetime(2027, 1, 7, 13, 40, tzinfo=UTC))
    boss = await new_page(DESKTOP, portal.url)
    await sign_in(boss, portal, "responsable")
    await look_over(boss, "desk-2-agenda-sede")
    await boss.get_by_role("link", name="Rosa María Ñahui Quispe", exact=True).click()
    if not await boss.locator("dd", has_text="Consultor de empleo 1").count():
        await boss.get_by_text("Transferir a otro consultor").click()
        await boss.locator("select#consultor").select_option(label="Consultor de empleo 1")
        await boss.get_by_role("button", name="Transferir").click()
        assert await mails.find(rosa.email, "videollamada")

    # 03: the invitation, seen by both.
    portal.set_clock(datetime(2027, 1, 7, 13, 55, tzinfo=UTC))
    await sign_in_again(desk, "consultor1")
    await desk.goto("/agenda")
    await look_over(desk, "desk-3-agenda")
    row = desk.locator("li.row", has_text="Ñahui")
    await expect(row.get_by_role("link", name="Abrir videollamada")).to_have_attribute("href", MEET)
    await row.get_by_role("button", name="Invitar").click()
    await expect(desk.locator("li.row", has_text="Ñahui").get_by_text("Tolerancia")).to_be_visible()
    invitation = await mails.find(rosa.email, "listo")
    assert MEET in text_of(invitation)
    await phone.goto(link_in(invitation, f"/citas/{code}"))
    await expect(phone.get_by_role("link", name="Entrar a la videollamada", exact=True)).to_have_attribute("href", MEET)
    await expect(phone.get_by_text("te espera en la videollamada")).to_be_visible()
    await look_over(phone, "desk-4-citizen-ready")

    # 04 and 05: Inicio, from the agenda; topics and observations, kept as one types.
    portal.pass_by(minutes=6)
    await desk.goto("/agenda")
    await desk.locator("li.row", has_text="Ñahui").get_by_role("button", name="Inicio").click()
    await desk.get_by_role("link", name="Rosa María Ñahui Quispe", exact=True).click()
    await desk.get_by_label("Creación de cuenta").check()
    async with desk.expect_response(lambda answer: answer.url.endswith("/observaciones") and answer.ok):
        await desk.locator("#observaciones").fill("Busca trabajo de cocinera.")
    await desk.reload()
    await expect(desk.locator("#observaciones")).to_have_value("Busca trabajo de cocinera.")
    await look_over(desk, "desk-5-atencion")
    await phone.reload()
    await expect(phone.get_by_text("En atención").first).to_be_visible()

    # 06 and 07: Final; the links and the survey.
    portal.pass_by(minutes=16)
    await desk.goto("/agenda")
    await desk.locator("li.row", has_text="Ñahui").get_by_role("button", name="Final").click()
    await expect(desk.locator("li.row", has_text="Ñahui").get_by_text("Atendida").first).to_be_visible()
    links = await mails.find(rosa.email, "Enlaces")
    assert "https://www.empleosperu.gob.pe/" in text_of(links)
    await phone.goto(link_in(links, "/encuesta/"))
    await look_over(phone, "desk-6-encuesta")
    await phone.locator("fieldset", has_text="En general").get_by_label("Muy bien").check()
    await phone.get_by_role("button", name="Enviar mis respuestas").click()
    await expect(phone.get_by_role("heading", level=1)).to_contain_text("Gracias")
    await phone.goto(link_in(links, "/encuesta/"))
    await expect(phone.get_by_role("button", name="Enviar mis respuestas")).to_have_count(0)

    # 03 again, for Julio, who does not come: only after the tolerance, with a motive.
    portal.set_clock(datetime(2027, 1, 7, 16, 1, tzinfo=UTC))
    await sign_in_again(desk, "consultor1")
    await desk.locator("li.row", has_text="D'Angelo").get_by_role("button", name="Invitar").click()
    await mails.find(julio.email, "listo")
    portal.pass_by(minutes=6)
    await desk.goto("/agenda")
    await desk.locator("li.row", has_text="D'Angelo").get_by_role("link", name="Registrar abandono").click()
    contact = desk.locator("form#contacto")
    await contact.get_by_label("Por dónde").select_option("phone")
    await contact.get_by_label("Cómo resultó").select_option("no_answer")
    await contact.get_by_role("button", name="Anotar intento").click()
    form = desk.locator("#abandono form")
    await form.get_by_label("Motivo").select_option("not_connected")
    await form.get_by_label("Observaciones").fill("No contestó.")
    await form.get_by_role("button", name="Registrar abandono").click()
    abandonment = await mails.find(julio.email, "comunicarnos")
    assert "perdida" not in text_of(abandonment).lower()
    await phone.goto(link_in(abandonment, "/reservar"))
    await expect(phone.get_by_role("heading", level=1)).to_be_visible()

    # 08: the register has written itself.
    await sign_in_again(boss, "responsable")
    await boss.goto(f"/registro?desde={THURSDAY}&hasta={THURSDAY}")
    await look_over(boss, "desk-7-registro")
    answer = await boss.request.get(f"/registro.xlsx?desde={THURSDAY}&hasta={THURSDAY}")
    assert answer.ok, answer.status
    book = load_workbook(io.BytesIO(await answer.body()))
    cells = [str(cell) for line in book.worksheets[0].iter_rows(values_only=True) for cell in line if cell is not None]
    for expected in (code, "Busca trabajo de cocinera.", "Atendida", "Abandonada"):
        assert any(expected in cell for cell in cells), expected


async def sign_in_again(page: Page, username: str) -> None:
    """The session has run out since: the password of their own."""
    await page.goto("/ingresar")
    await page.get_by_label("Usuario").fill(username)
    await page.get_by_label("Clave").fill(PASSWORD)
    await page.get_by_role("button", name="Ingresar").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Agenda")
