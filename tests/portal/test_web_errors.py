"""What people see when something goes wrong: what happened and what to do now, in Spanish, never a trace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
from jinja2 import Environment
from litestar import Litestar, Response, Router, get, post

from portal.database.errors import (
    ConstraintError,
    DatabaseBusyError,
    DatabaseError,
    DatabaseUnreachableError,
    TransactionAbortedError,
    Wall,
)
from portal.documents.renderer import RendererBusy
from portal.domain.errors import TooManyAttempts
from portal.web import incoming
from portal.web.admission import EVERYBODY
from portal.web.cookies import AnyRequest
from portal.web.incoming import Incoming
from tests.browser import NewVisitor, Visitor
from tests.people import NOW

pytestmark = pytest.mark.own_routes

FAULT = "the value 45678912 is not what it should be"


def raising(error: Exception) -> Router:
    @get("/falla", opt=EVERYBODY)
    async def fail() -> None:
        raise error

    return Router("/", route_handlers=[fail])


@pytest.fixture
def visitor(app: Litestar, new_visitor: NewVisitor) -> Visitor:
    return new_visitor(app)


async def test_an_address_that_does_not_exist(visitor: Visitor) -> None:
    page = await visitor.open("/no-existe", status=404)
    assert page.title.startswith("No encontramos esta página")
    assert page.links["Reservar una cita"] == "/reservar"


async def test_an_address_that_only_takes_other_methods(client: httpx.AsyncClient) -> None:
    answer = await client.put("/salud")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]
    assert "<h1>Esta página se abre de otra manera" in answer.text


@pytest.mark.parametrize("address", ["/salud?x=%ff%fe", "/salud?%00", "/%ff%fe%00", "/%f0%28%8c%28"])
async def test_bytes_that_are_no_text_are_no_fault_of_ours(client: httpx.AsyncClient, address: str) -> None:
    assert (await client.get(address)).status_code in {200, 404}


async def test_a_fault_of_ours_shows_the_number_to_report_it_by_and_nothing_else(
    app: Litestar, visitor: Visitor
) -> None:
    app.register(raising(ValueError(FAULT)))
    page = await visitor.open("/falla", status=500)
    assert page.headers["x-request-id"] in page.text
    assert "45678912" not in page.html
    assert "Traceback" not in page.html
    assert "ValueError" not in page.html


async def test_when_even_the_error_page_fails_there_is_still_an_answer(
    app: Litestar, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError(FAULT)

    monkeypatch.setattr(Environment, "get_template", fail)
    answer = await client.get("/no-existe")
    assert answer.status_code == 500
    assert answer.headers["x-request-id"] in answer.text
    assert "45678912" not in answer.text


@pytest.mark.parametrize("error", [ConstraintError(Wall.UNIQUE, "wall"), TransactionAbortedError("x")])
async def test_a_wall_of_the_database_that_nobody_expected_is_a_fault_of_ours(
    app: Litestar, visitor: Visitor, error: Exception
) -> None:
    app.register(raising(error))
    await visitor.open("/falla", status=500)


@pytest.mark.parametrize("error", [DatabaseBusyError("x"), DatabaseUnreachableError("x"), RendererBusy("x")])
async def test_what_is_away_or_overloaded_is_worth_another_try(
    app: Litestar, visitor: Visitor, error: DatabaseError | RendererBusy
) -> None:
    app.register(raising(error))
    page = await visitor.open("/falla", status=503)
    assert int(page.headers["retry-after"]) >= 1
    assert page.links["Volver a intentarlo"] == "/falla"


@pytest.mark.parametrize(
    ("wait", "seconds", "told"),
    [
        (timedelta(minutes=12), "720", "9:12 a. m."),
        (timedelta(minutes=12, seconds=30), "750", "9:13 a. m."),
        (timedelta(microseconds=-1), "1", "9:00 a. m."),
    ],
)
async def test_too_many_attempts_says_from_when_it_goes_on(
    app: Litestar, visitor: Visitor, wait: timedelta, seconds: str, told: str
) -> None:
    app.register(raising(TooManyAttempts(NOW + wait)))
    page = await visitor.open("/falla", status=429)
    assert page.headers["retry-after"] == seconds
    assert told in page.text


async def test_a_page_that_failed_is_tried_again_with_its_query(app: Litestar, visitor: Visitor) -> None:
    app.register(raising(DatabaseBusyError("x")))
    page = await visitor.open("/falla?fecha=2027-01-08&sede=central", status=503)
    assert page.links["Volver a intentarlo"] == "/falla?fecha=2027-01-08&sede=central"


@pytest.mark.parametrize(
    ("address", "back"),
    [
        ("/reservar/apartar", "/reservar"),
        ("/reservar/datos", "/reservar/datos"),
        ("/citas/K7QW2M9X/cv", "/citas/K7QW2M9X"),
        ("/citas/K7QW2M9X/anular", "/citas/K7QW2M9X/anular"),
        ("/citas", "/citas"),
    ],
)
async def test_a_form_that_was_refused_leads_back_to_a_page(visitor: Visitor, address: str, back: str) -> None:
    page = await visitor.send(address, b"", "application/x-www-form-urlencoded", status=403)
    assert page.links["Vuelve al formulario"] == back


@post("/formulario", opt=EVERYBODY)
async def take_form(request: AnyRequest) -> Response[str]:
    return Response(str(len(await request.body())), media_type="text/plain")


def pieces(size: int) -> AsyncIterator[bytes]:
    async def send() -> AsyncIterator[bytes]:
        for _ in range(0, size, 1024):
            yield b"x" * 1024

    return send()


async def test_a_form_that_is_too_large_is_refused(app: Litestar, client: httpx.AsyncClient) -> None:
    app.register(take_form)
    answer = await client.post("/formulario", data={"motivo": "x" * 66_000})
    assert answer.status_code == 413
    assert "<h1>Lo que enviaste es demasiado grande" in answer.text


async def test_a_form_that_does_not_say_its_size_is_refused_when_it_grows_too_large(
    app: Litestar, client: httpx.AsyncClient
) -> None:
    app.register(take_form)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post("/formulario", content=pieces(66_000), headers=headers)).status_code == 413
    assert (await client.post("/formulario", content=pieces(1024), headers=headers)).status_code == 403


async def test_what_is_left_of_a_form_that_is_too_large_is_taken_before_the_page_is_sent(
    app: Litestar, client: httpx.AsyncClient
) -> None:
    app.register(take_form)
    sent: list[int] = []

    async def send() -> AsyncIterator[bytes]:
        async for piece in pieces(200_000):
            sent.append(len(piece))
            yield piece

    headers = {"content-type": "application/x-www-form-urlencoded", "content-length": "200000"}
    assert (await client.post("/formulario", content=send(), headers=headers)).status_code == 413
    assert sum(sent) >= 200_000


async def test_a_form_without_end_is_not_taken_for_ever(app: Litestar, client: httpx.AsyncClient) -> None:
    app.register(take_form)

    async def send() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1024 * 1024)

    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post("/formulario", content=send(), headers=headers)).status_code == 413


async def test_who_goes_away_while_sending_is_no_fault_of_ours(
    app: Litestar, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.register(take_form)

    async def leave(_: object) -> dict[str, str]:
        return {"type": "http.disconnect"}

    monkeypatch.setattr(Incoming, "receive", leave)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post("/formulario", content=b"nombre=R", headers=headers)).status_code == 400


async def test_who_falls_silent_while_sending_is_not_waited_for_for_ever(
    app: Litestar, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.register(take_form)
    monkeypatch.setattr(incoming, "_PATIENCE_SECONDS", 0.01)

    async def send() -> AsyncIterator[bytes]:
        yield b"nombre="
        await asyncio.Event().wait()

    headers = {"content-type": "application/x-www-form-urlencoded"}
    assert (await client.post("/formulario", content=send(), headers=headers)).status_code == 400


async def test_a_multipart_form_without_its_boundary_is_malformed(app: Litestar, client: httpx.AsyncClient) -> None:
    app.register(take_form)
    answer = await client.post("/formulario", content=b"x", headers={"content-type": "multipart/form-data"})
    assert answer.status_code == 400
    assert "<h1>No entendimos" in answer.text
