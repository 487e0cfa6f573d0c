"""Hostile files by both doors, POST /citas/{codigo}/cv and POST /citas/{codigo}/consulta: refused, or harmless."""

from __future__ import annotations

import hashlib

import pytest

from portal.database.node import fetch
from portal.forms import upload_pdf
from tests.browser import Page
from tests.forms import sample_files as files
from tests.forms.hostile_files import HARMLESS, HTML, PDF, REFUSED, Hostile
from tests.portal.owning import Owner
from tests.portal.walking import NewWalkApp, one, token_of

STORED = 'SELECT count(*) FROM "stored_file"'


async def send_cv(owner: Owner, file: Hostile, *, status: int = 200) -> Page:
    form = (await owner.open()).form("Enviar mi CV")
    form.attach("Archivo de tu CV", file.name, file.content, file.says)
    return await form.press(status=status)


async def send_copy(owner: Owner, file: Hostile, *, status: int = 200) -> Page:
    form = (await owner.open("/consulta")).form("Enviar consulta")
    form.fill("Tu consulta", "Hola")
    form.attach("Copia de tu documento", file.name, file.content, file.says)
    return await form.press(status=status)


@pytest.mark.parametrize("file", REFUSED, ids=lambda file: file.id)
async def test_it_is_refused_beside_its_field_and_nothing_is_kept(owner: Owner, file: Hostile) -> None:
    page = await send_cv(owner, file, status=422)
    assert "".join(page.ids["cv-error"].itertext())
    page = await send_copy(owner, file, status=422)
    assert "".join(page.ids["documento-error"].itertext())
    assert page.form("Enviar consulta").value("Tu consulta") == "Hola"
    assert await one(STORED) == 0
    assert await one('SELECT count(*) FROM "question"') == 0


async def test_a_pdf_that_leads_in_circles_is_given_up(owner: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upload_pdf._Metered, "reads_left", 10_000)
    slow = Hostile("slow", files.pdf_slow(), "cv.pdf", PDF)
    assert "demasiado complejo" in (await send_cv(owner, slow, status=422)).text
    assert "demasiado complejo" in (await send_copy(owner, slow, status=422)).text


@pytest.mark.parametrize("file", HARMLESS, ids=lambda file: file.id)
async def test_what_is_two_things_is_kept_as_what_it_begins_with(owner: Owner, file: Hostile) -> None:
    await send_cv(owner, file)
    await send_copy(owner, file)
    rows = await fetch('SELECT * FROM "stored_file"')
    assert len(rows) == 2
    for row in rows:
        assert row["media_type"] in {"application/pdf", "image/png", "image/jpeg"}
        assert row["sha256"] == hashlib.sha256(file.content).hexdigest()
        assert file.name not in {value for value in row.values() if isinstance(value, str)}


@pytest.mark.parametrize("more", [1, 40_000])
async def test_a_byte_too_many_is_refused(owner: Owner, more: int) -> None:
    large = Hostile("large", files.png() + bytes(5 * 1024 * 1024 - len(files.png()) + more), "foto.png", "image/png")
    for page in (await send_cv(owner, large, status=422), await send_copy(owner, large, status=422)):
        assert "Ese archivo pesa más de 5 MB." in page.text
    assert await one(STORED) == 0


async def test_what_lies_about_its_size_is_no_fault_of_ours(owner: Owner, new_walk_app: NewWalkApp) -> None:
    token = await token_of(owner.visitor)
    head = b'--x\r\nContent-Disposition: form-data; name="_csrf_token"\r\n\r\n' + token.encode()
    part = b'\r\n--x\r\nContent-Disposition: form-data; name="cv"; filename="cv.pdf"\r\n\r\n' + files.pdf()[:200]
    for length, content in ((b"10", head + part), (b"99999", head + part + b"\r\n--x--\r\n")):
        answer = await owner.visitor.client.post(
            f"{owner.address}/cv",
            content=content,
            headers={"content-type": "multipart/form-data; boundary=x", "content-length": length.decode()},
        )
        assert 400 <= answer.status_code < 500
    assert await one(STORED) == 0


async def test_no_address_of_the_public_hands_a_file_out(owner: Owner) -> None:
    await send_cv(owner, Hostile("cv", files.pdf(), "cv.pdf", PDF))
    file = await one('SELECT "id" FROM "stored_file"')
    for address in ("/cv", f"/cv/{file}", f"/archivos/{file}", "/consulta/documento", "/cv.pdf"):
        answer = await owner.visitor.client.get(f"{owner.address}{address}")
        assert answer.status_code in {404, 405}
        assert HTML not in answer.content
        assert b"%PDF" not in answer.content
