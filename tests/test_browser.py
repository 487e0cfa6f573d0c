"""The client fills in and sends forms as a browser does."""

from __future__ import annotations

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import HTTP
from html import escape
from typing import Any
from urllib.parse import parse_qsl

import pytest

from tests.browser import NewVisitor, Page

POLICY = b"default-src 'none'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
PAGE = """<!doctype html>
<html lang="es"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Prueba</title></head><body><main><h1>Prueba</h1>
<p>{said}</p><a href="?mes=2027-01">Enero</a>
<form method="post" action="/otra" {encoding}><input type="hidden" name="token" value="secreto">
<label for="n">Nombres</label><input id="n" name="nombres" value="Ana" aria-describedby="p"><p id="p">Como en tu DNI</p>
<label for="t">Tipo de documento</label>
<select id="t" name="tipo"><option value="01">DNI</option><option value="07" selected>Pasaporte</option></select>
<fieldset><legend>Modalidad</legend><label><input type="radio" name="m" value="v" checked> Virtual</label>
<label><input type="radio" name="m" value="p"> Presencial</label></fieldset>
<label><input type="checkbox" name="acepto" value="si"> He leído el aviso</label>
<label for="x">Motivo</label><textarea id="x" name="motivo">
Busco trabajo</textarea>
<label for="f">Tu CV</label><input type="file" id="f" name="cv">
<label for="d">Fijo</label><input id="d" name="fijo" disabled>
<button name="paso" value="1">Continuar</button> <button name="paso" value="2" formaction="/atras">Volver</button>
<button type="button">Nada</button></form></main></body></html>"""


async def echo(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Answer GET with the page, and POST with a redirect that tells what arrived."""
    body = (await receive())["body"]
    headers = dict(scope["headers"])
    if scope["method"] == "POST":
        said = [scope["path"], *_pairs(body, headers[b"content-type"])]
        location = b"/?said=" + " | ".join(said).encode().hex().encode()
        moved = [(b"location", location), (b"set-cookie", b"a=1")]
        await send({"type": "http.response.start", "status": 303, "headers": moved})
        await send({"type": "http.response.body", "body": b""})
        return
    query = dict(parse_qsl(scope["query_string"].decode()))
    said = bytes.fromhex(query.get("said", "")).decode() + headers.get(b"cookie", b"").decode() + query.get("mes", "")
    encoding = 'enctype="multipart/form-data"' if scope["path"] == "/archivo" else ""
    page = PAGE.format(said=escape(said), encoding=encoding).encode()
    kind = [(b"content-type", b"text/html; charset=utf-8"), (b"content-security-policy", POLICY)]
    await send({"type": "http.response.start", "status": 200, "headers": kind})
    await send({"type": "http.response.body", "body": page})


def _pairs(body: bytes, content_type: bytes) -> list[str]:
    if not content_type.startswith(b"multipart"):
        return [f"{name}={value}" for name, value in parse_qsl(body.decode(), keep_blank_values=True)]
    message = BytesParser(EmailMessage, policy=HTTP).parsebytes(b"Content-Type: " + content_type + b"\r\n\r\n" + body)
    return [
        f"{part.get_param('name', header='content-disposition')}={part.get_filename()}:{part.get_content()!s}"
        for part in message.iter_parts()
        if isinstance(part, EmailMessage)
    ]


@pytest.fixture
async def page(new_visitor: NewVisitor) -> Page:
    return await new_visitor(echo).open("/")


async def test_a_form_is_sent_with_what_stands_in_it(page: Page) -> None:
    said = (await page.form("Continuar").press()).text
    assert "/otra | token=secreto | nombres=Ana | tipo=07 | m=v | motivo=Busco trabajo | paso=1" in said


async def test_fields_are_found_by_their_labels(page: Page) -> None:
    form = page.form("Volver")
    form.fill("Nombres", "Rosa Ñ")
    form.choose("Tipo de documento", "DNI")
    form.choose("Modalidad", "Presencial")
    form.tick("He leído")
    form.fill("Motivo", "")
    after = await form.press()
    assert "/atras | token=secreto | nombres=Rosa Ñ | tipo=01 | m=p | acepto=si | motivo= | paso=2" in after.text


async def test_cookies_are_kept_and_links_followed(page: Page) -> None:
    after = await (await page.form("Continuar").press()).follow("Enero")
    assert "a=1" in after.text
    assert "2027-01" in after.text
    assert after.address == "/?mes=2027-01"


async def test_a_file_is_sent_as_browsers_send_it(new_visitor: NewVisitor) -> None:
    form = (await new_visitor(echo).open("/archivo")).form("Continuar")
    assert "| cv=:b'' |" in (await form.press()).text
    form.attach("Tu CV", "cv.txt", "Sé soldar".encode(), "text/plain; charset=utf-8")
    assert "| cv=cv.txt:Sé soldar |" in (await form.press()).text


async def test_what_a_person_cannot_do_fails(page: Page) -> None:
    form = page.form("Continuar")
    with pytest.raises(AssertionError, match="no choice 'Brevete'"):
        form.choose("Tipo de documento", "Brevete")
    with pytest.raises(AssertionError, match="0 fields are labelled 'Edad'"):
        form.fill("Edad", "30")
    with pytest.raises(AssertionError, match="is disabled"):
        form.fill("Fijo", "30")
    with pytest.raises(AssertionError, match="0 buttons say 'Pagar'"):
        page.form("Pagar")
    with pytest.raises(AssertionError, match="no link says 'Febrero'"):
        await page.follow("Febrero")
    with pytest.raises(AssertionError, match="answered 200, not 404"):
        await page.visitor.open("/", status=404)


async def test_a_page_with_faults_fails(new_visitor: NewVisitor) -> None:
    async def careless(scope: Any, receive: Any, send: Any) -> None:
        async def send_worse(message: dict[str, Any]) -> None:
            if "body" in message:
                message["body"] = message["body"].replace(b"<h1>", b"<h1 onclick='f()' role='buton'>")
            await send(message)

        await echo(scope, receive, send_worse)

    with pytest.raises(AssertionError) as failure:
        await new_visitor(careless).open("/")
    assert "inline attribute onclick" in str(failure.value)
    assert "Bad value “buton”" in str(failure.value)


def test_descriptions_are_read_by_label(page: Page) -> None:
    assert page.description_of("Nombres") == "Como en tu DNI"
    assert page.form("Continuar").value("Nombres") == "Ana"
