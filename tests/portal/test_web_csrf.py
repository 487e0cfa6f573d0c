"""Forms of other sites do not act in a citizen's name; forms of ours always do."""

from __future__ import annotations

import re

import httpx
import pytest
from litestar import Litestar, Response, get, post
from litestar.response import Template

from portal.web.admission import EVERYBODY
from portal.web.cookies import AnyRequest
from portal.web.csrf import refuse_forged_forms
from tests.browser import NewVisitor
from tests.portal.conftest import NewApp, NewClient

pytestmark = pytest.mark.own_routes

FORM = '<form method="post"><input type="hidden" name="_csrf_token" value="{{ csrf_token() }}"></form>'


@get("/formulario", opt=EVERYBODY, sync_to_thread=False)
def show_form() -> Template:
    return Template(template_str=FORM + FORM)


@post("/formulario", opt=EVERYBODY)
async def take_form(request: AnyRequest) -> Response[str]:
    return Response((await request.form()).get("nombre", ""), media_type="text/plain")


@pytest.fixture
def app(new_app: NewApp) -> Litestar:
    app = new_app()
    app.register(show_form)
    app.register(take_form)
    return app


def tokens(page: httpx.Response) -> list[str]:
    return re.findall(r'name="_csrf_token" value="([^"]+)"', page.text)


async def test_our_form_is_taken(client: httpx.AsyncClient) -> None:
    token, _ = tokens(await client.get("/formulario"))
    answer = await client.post("/formulario", data={"_csrf_token": token, "nombre": "Rosa"})
    assert (answer.status_code, answer.text) == (201, "Rosa")


async def test_our_form_with_a_file_is_taken(client: httpx.AsyncClient) -> None:
    token, _ = tokens(await client.get("/formulario"))
    answer = await client.post(
        "/formulario", data={"_csrf_token": token, "nombre": "Rosa"}, files={"cv": ("cv.pdf", b"%PDF-1.7")}
    )
    assert (answer.status_code, answer.text) == (201, "Rosa")


async def test_the_token_may_come_in_a_header(client: httpx.AsyncClient) -> None:
    token, _ = tokens(await client.get("/formulario"))
    answer = await client.post("/formulario", headers={"x-csrftoken": token})
    assert answer.status_code == 201


async def test_a_form_that_was_open_for_long_is_taken_in_any_tab(client: httpx.AsyncClient) -> None:
    first, _ = tokens(await client.get("/formulario"))
    for _ in range(3):
        await client.get("/formulario")
    assert (await client.post("/formulario", data={"_csrf_token": first})).status_code == 201


async def test_a_token_is_never_written_twice_alike(client: httpx.AsyncClient) -> None:
    written = [token for _ in range(3) for token in tokens(await client.get("/formulario"))]
    assert len(set(written)) == 6
    secret = client.cookies["citas_csrf"]
    assert not any(secret in token for token in written)


async def test_the_cookie_is_set_once_and_only_where_there_is_a_form(client: httpx.AsyncClient) -> None:
    assert "set-cookie" not in (await client.get("/salud")).headers
    assert (await client.get("/formulario")).headers["set-cookie"].startswith("citas_csrf=")
    assert "set-cookie" not in (await client.get("/formulario")).headers


@pytest.mark.parametrize(("address", "secure"), [("http://127.0.0.1:8000", False), ("https://citas.example", True)])
async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    new_app: NewApp, new_client: NewClient, address: str, *, secure: bool
) -> None:
    app = new_app(public_url=address)
    app.register(show_form)
    cookie = (await new_client(app, origin=address).get("/formulario")).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert ("Secure" in cookie) is secure
    assert "Max-Age" not in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize("token", ["", "x", "ñ", "A" * 43, "=" * 44, "A" * 100_00])
async def test_a_wrong_token_is_refused(client: httpx.AsyncClient, token: str) -> None:
    await client.get("/formulario")
    assert (await client.post("/formulario", data={"_csrf_token": token})).status_code == 403


async def test_a_form_without_a_token_is_refused(client: httpx.AsyncClient) -> None:
    await client.get("/formulario")
    assert (await client.post("/formulario", data={"nombre": "Rosa"})).status_code == 403
    assert (await client.post("/formulario", json={"nombre": "Rosa"})).status_code == 403


async def test_a_token_in_a_file_is_refused(client: httpx.AsyncClient) -> None:
    token, _ = tokens(await client.get("/formulario"))
    answer = await client.post("/formulario", files={"_csrf_token": ("token", token.encode())})
    assert answer.status_code == 403


async def test_the_token_of_another_browser_is_refused(app: Litestar, new_client: NewClient) -> None:
    mine, other = new_client(app), new_client(app)
    await mine.get("/formulario")
    token, _ = tokens(await other.get("/formulario"))
    assert (await mine.post("/formulario", data={"_csrf_token": token})).status_code == 403


async def test_a_cookie_that_we_did_not_make_is_refused_and_replaced(client: httpx.AsyncClient) -> None:
    client.cookies.set("citas_csrf", "A" * 43)
    page = await client.get("/formulario")
    assert page.headers["set-cookie"].startswith("citas_csrf=")
    client.cookies.clear()
    client.cookies.set("citas_csrf", "A" * 43)
    token, _ = tokens(page)
    assert (await client.post("/formulario", data={"_csrf_token": token})).status_code == 403


async def test_after_the_secret_changed_the_next_page_works(
    new_app: NewApp, new_client: NewClient, client: httpx.AsyncClient
) -> None:
    await client.get("/formulario")
    renewed = new_app(secret="another secret, long enough to be one")
    renewed.register(show_form)
    renewed.register(take_form)
    browser = new_client(renewed)
    browser.cookies.set("citas_csrf", client.cookies["citas_csrf"])
    page = await browser.get("/formulario")
    browser.cookies.clear()
    browser.cookies.set("citas_csrf", page.cookies["citas_csrf"])
    token, _ = tokens(page)
    assert (await browser.post("/formulario", data={"_csrf_token": token})).status_code == 201


async def test_the_refusal_is_a_page_that_leads_back_to_the_form(app: Litestar, new_visitor: NewVisitor) -> None:
    page = await new_visitor(app).send("/formulario", b"nombre=Rosa", "application/x-www-form-urlencoded", status=403)
    assert page.links["Vuelve al formulario"] == "/formulario"


async def test_every_route_that_changes_something_is_guarded(app: Litestar) -> None:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            assert refuse_forged_forms in handler.resolve_guards(), f"{route.path} is not guarded"
