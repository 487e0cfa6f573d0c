"""POST /citas/{codigo}/cv"""

from __future__ import annotations

import hashlib

import pytest
from litestar import Litestar

from portal.database.node import fetch
from portal.domain.changing import cancel
from portal.domain.vocabulary import State
from tests.browser import NewVisitor, Page, Visitor
from tests.forms import sample_files as files
from tests.people import JULIO, RULES
from tests.portal.owning import UNKNOWN, Owner, own
from tests.portal.walking import MovingClock, NewWalkApp, one, token_of

FIELD = "Archivo de tu CV"
BUTTON = "Enviar mi CV"
STORED = 'SELECT count(*) FROM "stored_file"'


async def send(
    owner: Owner, content: bytes, name: str = "cv.pdf", kind: str = "application/pdf", *, status: int = 200
) -> Page:
    """Choose a file on the cita's page and send it; the page that comes of it."""
    form = (await owner.open()).form(BUTTON)
    form.attach(FIELD, name, content, kind)
    return await form.press(status=status)


@pytest.mark.parametrize(
    ("content", "words", "media_type"),
    [
        (files.pdf(), "PDF", "application/pdf"),
        (files.jpeg(), "foto JPG", "image/jpeg"),
        (files.png(), "imagen PNG", "image/png"),
        (files.docx(), "Word", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    ],
)
async def test_it_is_kept_under_the_type_of_its_content(
    owner: Owner, content: bytes, words: str, media_type: str
) -> None:
    page = await send(owner, content, "lo que sea.xyz", "text/html")
    assert page.address == owner.address
    assert f"Recibimos tu CV el jueves 7 de enero de 2027, 9:00 a. m. ({words}, 1 KB)" in page.text
    row = (await fetch('SELECT "media_type", "size", "sha256", "content", "kind" FROM "stored_file"'))[0]
    assert (row["media_type"], row["size"], row["kind"]) == (media_type, len(content), "cv")
    assert bytes(row["content"]) == content
    assert row["sha256"] == hashlib.sha256(content).hexdigest()


async def test_the_next_one_replaces_it(owner: Owner) -> None:
    await send(owner, files.pdf())
    form = (await owner.open()).form(BUTTON)
    form.attach("Cambiar por otro archivo", "cv.png", files.png(), "image/png")
    assert "imagen PNG" in (await form.press()).text
    assert await one(STORED) == 1


async def test_it_can_be_taken_back(owner: Owner) -> None:
    page = await send(owner, files.pdf())
    page = await page.form("Retirar mi CV").press()
    assert "Recibimos tu CV" not in page.text
    assert await one(STORED) == 0


async def test_it_can_be_taken_back_from_a_cancelled_cita(owner: Owner) -> None:
    await send(owner, files.pdf())
    await cancel(owner.cita.code, owner.clock(), RULES)
    page = await (await owner.open()).form("Retirar mi CV").press()
    assert page.heading == "Tu cita está anulada"
    assert await one(STORED) == 0


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (files.EXE, "cv.pdf", "Solo recibimos PDF, Word (.docx), JPG o PNG."),
        (files.plain_zip(), "cv.docx", "Solo recibimos PDF, Word (.docx), JPG o PNG."),
        (b"\x00" * 20, "cv.pdf\x00.exe", "Solo recibimos PDF, Word (.docx), JPG o PNG."),
        (b"", "cv.pdf", "Ese archivo está vacío."),
        (files.pdf()[:80], "cv.pdf", "está dañado o incompleto"),
        (files.pdf_with_script(), "cv.pdf", "macros, programas u otros archivos"),
        (files.pdf_with_attachment(), "cv.pdf", "macros, programas u otros archivos"),
        (files.docx({"word/vbaProject.bin": b"x"}), "cv.docx", "macros, programas u otros archivos"),
        (files.pdf_with_password(), "cv.pdf", "Ese archivo tiene contraseña."),
        (files.png_bomb(), "cv.png", "Esa imagen es demasiado grande."),
        (files.zip_bomb(), "cv.docx", "Ese archivo es demasiado complejo."),
    ],
    ids=[
        "renamed exe", "renamed zip", "nul", "empty", "half", "script", "attachment", "macros", "password",
        "picture bomb", "zip bomb",
    ],
)  # fmt: skip
async def test_what_may_not_be_sent_is_answered_beside_the_field(
    owner: Owner, content: bytes, name: str, words: str
) -> None:
    page = await send(owner, content, name, status=422)
    assert page.title.startswith("Error: Tu cita está reservada")
    assert words in "".join(page.ids["cv-error"].itertext())
    assert words in "".join(page.ids["errores"].itertext())
    assert await one(STORED) == 0


async def test_a_former_cv_survives_one_that_is_refused(owner: Owner) -> None:
    await send(owner, files.pdf())
    form = (await owner.open()).form(BUTTON)
    form.attach("Cambiar por otro archivo", "cv.pdf", files.EXE, "application/pdf")
    assert "Recibimos tu CV" in (await form.press(status=422)).text


async def test_no_file_chosen_is_said_so(owner: Owner) -> None:
    page = await (await owner.open()).form(BUTTON).press(status=422)
    assert "Elige el archivo de tu currículum" in page.text


async def test_too_large_a_file_is_refused_beside_the_field(
    owner: Owner, new_walk_app: NewWalkApp, new_visitor: NewVisitor
) -> None:
    app = new_walk_app(upload_max_bytes=1024 * 1024)
    julio = await own(app, new_visitor(app), owner.clock, JULIO)
    page = await send(julio, files.png() + bytes(1024 * 1024), status=422)
    assert "Ese archivo pesa más de 1 MB." in page.text


async def test_far_too_large_a_file_is_not_even_read(
    owner: Owner, new_walk_app: NewWalkApp, new_visitor: NewVisitor
) -> None:
    app = new_walk_app(upload_max_bytes=1024 * 1024)
    julio = await own(app, new_visitor(app), owner.clock, JULIO)
    page = await send(julio, bytes(3 * 1024 * 1024), status=413)
    assert page.heading == "Lo que enviaste es demasiado grande"
    assert page.links["Volver"] == julio.address


@pytest.mark.parametrize("name", ["../../etc/passwd", "C:\\cv.pdf", "cv\r\nX: 1.pdf", "a" * 4_000, "ñ.pdf"])
async def test_the_name_of_the_file_does_not_matter_and_is_kept_nowhere(owner: Owner, name: str) -> None:
    await send(owner, files.pdf(), name.replace("\r\n", "%0D%0A"))
    row = (await fetch('SELECT * FROM "stored_file"'))[0]
    assert not [value for value in row.values() if isinstance(value, str) and "cv" in value and value != "cv"]
    assert not [value for value in row.values() if value == name]


async def test_a_cancelled_cita_takes_none(owner: Owner) -> None:
    form = (await owner.open()).form(BUTTON)
    form.attach(FIELD, "cv.pdf", files.pdf(), "application/pdf")
    await cancel(owner.cita.code, owner.clock(), RULES)
    assert (await form.press(status=409)).heading == "Esta cita está anulada"
    assert await one(STORED) == 0


async def test_while_one_is_attended_it_is_taken(owner: Owner) -> None:
    await fetch('UPDATE "appointment" SET "state" = {}', State.IN_ATTENTION.value)
    assert "Recibimos tu CV" in (await send(owner, files.pdf())).text


async def test_a_stranger_sends_nothing_and_learns_nothing(owner: Owner, stranger: Visitor) -> None:
    token = await token_of(stranger)
    for code in (owner.cita.code, UNKNOWN):
        answer = await stranger.client.post(
            f"/citas/{code}/cv",
            data={"_csrf_token": token},
            files={"cv": ("cv.pdf", files.pdf(), "application/pdf")},
            follow_redirects=False,
        )
        assert (answer.status_code, answer.headers["location"]) == (303, "/citas")
    assert await one(STORED) == 0


async def test_it_cannot_be_sent_without_end(
    new_walk_app: NewWalkApp, new_visitor: NewVisitor, moving_clock: MovingClock, world: object
) -> None:
    app = new_walk_app(limit_sendings_per_code=2)
    rosa = await own(app, new_visitor(app), moving_clock)
    await send(rosa, files.EXE, status=422)
    await send(rosa, files.EXE, status=422)
    page = await send(rosa, files.EXE, status=429)
    assert page.links["Volver"] == rosa.address


@pytest.mark.parametrize(
    "part",
    [
        b'name="retirar"\r\n\r\n\xff\xfe',
        b'name="retirar"\r\nContent-Type: text/plain; charset=klingon\r\n\r\nsi',
        b'name="cv"\r\n\r\n\xff\xfe',
        b'filename="cv.pdf"\r\n\r\nx',
    ],
)
async def test_a_malformed_form_is_no_fault_of_ours(owner: Owner, owned_app: Litestar, part: bytes) -> None:
    token = await token_of(owner.visitor)
    head = b"--x\r\nContent-Disposition: form-data; "
    body = head + b'name="_csrf_token"\r\n\r\n' + token.encode() + b"\r\n" + head + part + b"\r\n--x--\r\n"
    answer = await owner.visitor.client.post(
        f"{owner.address}/cv", content=body, headers={"content-type": "multipart/form-data; boundary=x"}
    )
    assert 400 <= answer.status_code < 500
    assert await one(STORED) == 0
