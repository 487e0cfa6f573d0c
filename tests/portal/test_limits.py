"""Limits as pages meet them: strict per browser, document and code; generous per origin, behind proxies too."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import httpx
import pytest
from litestar import Litestar, Response, get, post
from litestar.response import Template

from portal.web.admission import EVERYBODY
from portal.web.cookies import AnyRequest
from portal.web.limits import limit_booking, limit_holding, limit_lookup
from portal.web.services import GivenServices
from tests.portal.conftest import NewApp, NewClient
from tests.portal.test_web_csrf import tokens

pytestmark = pytest.mark.own_routes

FORM = '<input type="hidden" name="_csrf_token" value="{{ csrf_token() }}">'


@get("/formulario", opt=EVERYBODY, sync_to_thread=False)
def show_form() -> Template:
    return Template(template_str=FORM)


@post("/apartar", status_code=200, opt=EVERYBODY)
async def hold(request: AnyRequest, services: GivenServices) -> Response[None]:
    await limit_holding(request, services)
    return Response(None)


@post("/confirmar", status_code=200, opt=EVERYBODY)
async def book(request: AnyRequest, services: GivenServices) -> Response[None]:
    await limit_booking(request, services, (await request.form())["documento"])
    return Response(None)


@post("/buscar", status_code=200, opt=EVERYBODY)
async def look_up(request: AnyRequest, services: GivenServices) -> Response[None]:
    await limit_lookup(request, services, (await request.form())["codigo"])
    return Response(None)


Browse = Callable[..., Awaitable[httpx.AsyncClient]]


@pytest.fixture
def new_browser(new_client: NewClient) -> Browse:
    """Make browsers that have seen a form."""

    async def make(app: Litestar, address: str = "192.0.2.1") -> httpx.AsyncClient:
        browser = new_client(app, address=address)
        (token,) = tokens(await browser.get("/formulario"))
        browser.headers["x-csrftoken"] = token
        return browser

    return make


@pytest.fixture
def limited(new_app: NewApp) -> Callable[..., Litestar]:
    def make(**limits: object) -> Litestar:
        app = new_app(**limits)
        for handler in (show_form, hold, book, look_up):
            app.register(handler)
        return app

    return make


async def press(browser: httpx.AsyncClient, address: str, times: int = 1, **form: str) -> list[int]:
    headers = {"x-forwarded-for": form.pop("via")} if "via" in form else {}
    return [(await browser.post(address, data=form, headers=headers)).status_code for _ in range(times)]


async def test_one_browser_holds_so_often(limited: Callable[..., Litestar], new_browser: Browse) -> None:
    app = limited(limit_holds_per_session=2)
    assert await press(await new_browser(app), "/apartar", 3) == [200, 200, 429]
    assert await press(await new_browser(app), "/apartar") == [200]


async def test_one_browser_books_so_often(limited: Callable[..., Litestar], new_browser: Browse) -> None:
    browser = await new_browser(limited(limit_bookings_per_session=2))
    codes = [await press(browser, "/confirmar", documento=f"01/1011741{number}") for number in range(3)]
    assert codes == [[200], [200], [429]]


async def test_one_document_is_booked_for_so_often_by_whatever_browser(
    limited: Callable[..., Litestar], new_browser: Browse
) -> None:
    app = limited(limit_bookings_per_document=2)
    codes = [await press(await new_browser(app), "/confirmar", documento="01/10117410") for _ in range(3)]
    assert codes == [[200], [200], [429]]
    assert await press(await new_browser(app), "/confirmar", documento="01/42388604") == [200]


async def test_one_code_is_tried_so_often_from_wherever(limited: Callable[..., Litestar], new_browser: Browse) -> None:
    app = limited(limit_lookups_per_code=2)
    codes = [
        await press(await new_browser(app, f"192.0.2.{number}"), "/buscar", codigo="K7QW2M9X") for number in range(3)
    ]
    assert codes == [[200], [200], [429]]


async def test_one_origin_tries_so_many_codes(limited: Callable[..., Litestar], new_browser: Browse) -> None:
    app = limited(limit_lookups_per_origin=2)
    codes = [await press(await new_browser(app), "/buscar", codigo=f"K7QW2M9{letter}") for letter in "ABC"]
    assert codes == [[200], [200], [429]]
    assert await press(await new_browser(app, "192.0.2.2"), "/buscar", codigo="K7QW2M9D") == [200]


async def test_holding_and_booking_count_together_for_an_origin(
    limited: Callable[..., Litestar], new_browser: Browse
) -> None:
    app = limited(limit_requests_per_origin=2)
    assert await press(await new_browser(app), "/apartar") == [200]
    assert await press(await new_browser(app), "/confirmar", documento="01/10117410") == [200]
    assert await press(await new_browser(app), "/apartar") == [429]


async def test_people_behind_our_proxy_are_counted_apart(limited: Callable[..., Litestar], new_browser: Browse) -> None:
    app = limited(limit_lookups_per_origin=1, trusted_proxies="10.0.0.0/8")
    proxy = await new_browser(app, "10.0.0.1")
    assert await press(proxy, "/buscar", codigo="K7QW2M9A", via="192.0.2.1") == [200]
    assert await press(proxy, "/buscar", codigo="K7QW2M9B", via="192.0.2.2") == [200]
    assert await press(proxy, "/buscar", codigo="K7QW2M9C", via="198.51.100.7, 192.0.2.1") == [429]


async def test_the_header_does_not_help_a_stranger(limited: Callable[..., Litestar], new_browser: Browse) -> None:
    app = limited(limit_lookups_per_origin=1, trusted_proxies="10.0.0.0/8")
    stranger = await new_browser(app, "192.0.2.1")
    assert await press(stranger, "/buscar", codigo="K7QW2M9A", via="198.51.100.7") == [200]
    assert await press(stranger, "/buscar", codigo="K7QW2M9B", via="198.51.100.8") == [429]


async def test_the_refusal_says_when_to_come_back(limited: Callable[..., Litestar], new_browser: Browse) -> None:
    browser = await new_browser(limited(limit_holds_per_session=1, limit_window_minutes=60))
    await press(browser, "/apartar")
    refusal = await browser.post("/apartar")
    assert refusal.headers["retry-after"] == "3600"  # it is nine o'clock, and windows begin on the hour
    assert "10:00 a. m." in refusal.text
