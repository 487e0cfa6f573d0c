"""The log: one JSON object per line, useful to engineers, and nothing in it about anybody."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import structlog
from litestar import Litestar, get, post
from litestar.params import FromPath
from litestar.response import Template

from portal.database.errors import DatabaseUnreachableError
from portal.web.admission import EVERYBODY
from portal.web.cookies import AnyRequest
from portal.web.logs import JsonFormatter, configure_logs
from tests.people import ROSA
from tests.portal.conftest import NewApp, NewClient
from tests.portal.test_web_csrf import show_form, tokens

Lines = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """What was logged since the last call."""
    configure_logs("INFO")

    def read() -> list[dict[str, Any]]:
        return [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    yield read
    structlog.reset_defaults()


def words_of(line: dict[str, Any]) -> set[str]:
    return set(line) - {"time", "pid"}


async def test_a_request_is_one_line(client: httpx.AsyncClient, lines: Lines) -> None:
    answer = await client.get("/salud?sede=central")
    (line,) = lines()
    assert words_of(line) == {"level", "event", "method", "route", "status", "ms", "request_id"}
    assert (line["level"], line["event"], line["method"], line["route"], line["status"]) == (
        "info",
        "request",
        "GET",
        "/salud",
        200,
    )
    assert line["request_id"] == answer.headers["x-request-id"]
    assert line["time"].endswith("+00:00")


@pytest.mark.parametrize(
    ("address", "route"), [("/no-existe/45678912", "(none)"), ("/static/img/x.svg", "(none)"), ("/esquema", "/esquema")]
)
async def test_the_route_is_told_and_not_the_address(
    client: httpx.AsyncClient, lines: Lines, address: str, route: str
) -> None:
    await client.get(address)
    assert [line["route"] for line in lines()] == [route]


async def test_static_files_are_one_route(app: Litestar, client: httpx.AsyncClient, lines: Lines) -> None:
    await client.get(app.state.services.assets.url("img/favicon.svg"))
    assert [line["route"] for line in lines()] == ["/static/{file}"]


@get("/falla", opt=EVERYBODY)
async def fail() -> None:
    raise ValueError(f"{ROSA.document_number} is not what it should be") from KeyError(ROSA.email)


@pytest.mark.own_routes
async def test_a_fault_tells_where_and_not_what(app: Litestar, client: httpx.AsyncClient, lines: Lines) -> None:
    app.register(fail)
    answer = await client.get("/falla")
    fault, request = lines()
    assert request["status"] == 500
    assert fault["request_id"] == request["request_id"] == answer.headers["x-request-id"]
    outer, inner = fault["exception"]
    assert (outer["type"], inner["type"]) == ("builtins.ValueError", "builtins.KeyError")
    assert outer["at"][-1].endswith(" fail")
    assert "text" not in outer


@pytest.mark.own_routes
async def test_who_did_not_wait_for_the_answer_is_no_fault(
    app: Litestar, client: httpx.AsyncClient, lines: Lines
) -> None:
    began = asyncio.Event()

    @get("/espera", opt=EVERYBODY)
    async def wait() -> None:
        began.set()
        await asyncio.Event().wait()

    app.register(wait)
    asking = asyncio.create_task(client.get("/espera"))
    await began.wait()
    asking.cancel()
    await asyncio.gather(asking, return_exceptions=True)
    assert [(line["level"], line["route"], line["status"]) for line in lines()] == [("info", "/espera", 499)]


@get("/lejos", opt=EVERYBODY)
async def be_away() -> None:
    raise DatabaseUnreachableError("the server does not answer")


@get("/mal-hecho", opt=EVERYBODY)
async def miss_a_name() -> Template:
    return Template(template_str="<!doctype html>{{ cita.codigo }}", context={})


@pytest.mark.own_routes
@pytest.mark.parametrize(
    ("handler", "address", "text"),
    [(be_away, "/lejos", "the server does not answer"), (miss_a_name, "/mal-hecho", "'cita' is undefined")],
)
async def test_errors_that_speak_of_our_code_are_told(
    app: Litestar, client: httpx.AsyncClient, lines: Lines, handler: Any, address: str, text: str
) -> None:
    app.register(handler)
    await client.get(address)
    assert lines()[0]["exception"][0]["text"] == text


@post("/eco/{codigo:str}", opt=EVERYBODY)
async def stumble(request: AnyRequest, codigo: FromPath[str]) -> None:
    form = await request.form()
    raise LookupError(codigo, dict(form))


SECRETS = {
    "document": ROSA.document_number,
    "given names": "Rosa María",
    "surname": "Ñahui",
    "e-mail": ROSA.email,
    "phone": "987654321",
    "code": "K7QW2M9X",
    "link": "dGhpcy1pcy1hLWxpbms",
    "session": "c2VjcmV0LXNlc3Npb24",
    "address": "198.51.100.77",
    "forwarded": "203.0.113.88",
}


@pytest.mark.own_routes
async def test_nothing_that_anybody_typed_is_in_the_log(
    new_app: NewApp, new_client: NewClient, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs("DEBUG")
    app = new_app(trusted_proxies="198.51.100.0/24")
    app.register(stumble)
    app.register(show_form)
    client = new_client(app, address=SECRETS["address"])
    client.cookies.set("citas_sesion", SECRETS["session"])
    client.headers.update(
        {
            "referer": f"http://127.0.0.1:8000/citas/{SECRETS['code']}?k={SECRETS['link']}",
            "user-agent": SECRETS["e-mail"],
            "x-forwarded-for": SECRETS["forwarded"],
        }
    )
    query = {name: SECRETS[secret] for name, secret in (("k", "link"), ("s", "link"), ("horario", "code"))}
    form = {
        "numero_documento": SECRETS["document"],
        "codigo": SECRETS["code"],
        "nombres": SECRETS["given names"],
        "apellido_paterno": SECRETS["surname"],
        "correo": SECRETS["e-mail"],
        "celular": SECRETS["phone"],
        "motivo": " ".join(SECRETS.values()),
        "_csrf_token": tokens(await client.get("/formulario"))[0],
    }
    try:
        for route in app.routes:
            address = route.path.replace("{codigo:str}", SECRETS["code"]).replace("{", "").replace("}", "")
            for method in ("GET", "POST", "PUT"):
                await client.request(method, address, params=query, data=form if method != "GET" else None)
            await client.post(address, data=form, files={"cv": ("Rosa.pdf", SECRETS["surname"].encode())})
    finally:
        structlog.reset_defaults()
    log = capsys.readouterr().err
    assert log.count('"event":"request"') >= 4 * len(app.routes)
    told = {name for name, secret in SECRETS.items() if secret in log or secret.encode().hex() in log}
    assert not told
    assert json.dumps("Ñahui").strip('"') not in log


def test_libraries_speak_in_the_same_form() -> None:
    error = OSError(f"cannot reach {ROSA.email}")
    record = logging.LogRecord("asyncio", logging.ERROR, "x.py", 1, "failed: %s", ("here",), (OSError, error, None))
    line = json.loads(JsonFormatter().format(record))
    assert (line["logger"], line["level"], line["event"]) == ("asyncio", "error", "failed: here")
    assert line["exception"] == [{"type": "builtins.OSError", "at": []}]
    assert ROSA.email not in json.dumps(line)
