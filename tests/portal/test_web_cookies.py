"""Our cookies: found among others, kept from scripts, and read only when we wrote them."""

from __future__ import annotations

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar, Response, get
from litestar.datastructures import Cookie

from portal.web.admission import EVERYBODY
from portal.web.cookies import AnyRequest, decode, encode, read_cookie, session_cookie
from portal.web.visit_cookie import COOKIE, read_visit_cookie, visit_cookie


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("", ""),
        ("citas_sesion=abc", "abc"),
        ("otra=1; citas_sesion=abc; mas=2", "abc"),
        ("otra=1;citas_sesion=abc", "abc"),
        ("mis_citas_sesion=no; citas_sesion=abc", "abc"),
        ("citas_sesion_2=no", ""),
        ("citas_sesion", ""),
        ("citas_sesion=", ""),
        ("citas_sesion=a=b", "a=b"),
        ("citas_sesion=first; citas_sesion=second", "first"),
        (";;; =; citas_sesion=abc;", "abc"),
    ],
)
def test_a_cookie_is_found_by_its_whole_name(header: str, value: str) -> None:
    assert read_cookie(header, "citas_sesion") == value


@given(st.text(max_size=200))
def test_no_header_is_too_strange_to_be_read(header: str) -> None:
    read_cookie(header, "citas_sesion")


@given(st.binary(max_size=80))
def test_what_was_encoded_is_decoded(value: bytes) -> None:
    assert decode(encode(value)) == value


@given(st.text(max_size=80))
def test_whatever_is_decoded_is_what_we_would_have_written(text: str) -> None:
    try:
        value = decode(text)
    except ValueError:
        return
    assert encode(value) == text


@given(st.binary(max_size=40), st.booleans())
def test_a_cookie_is_written_as_the_library_would(value: bytes, secure: bool) -> None:
    ours = session_cookie("citas_sesion", encode(value) or "0", secure=secure)
    theirs = Cookie("citas_sesion", "/", ours.value, secure=secure, httponly=True, samesite="lax")
    assert ours.to_encoded_header() == theirs.to_encoded_header()


@pytest.mark.parametrize("value", ["a;b", "a b", 'a"b', "a,b", "a\r\nset-cookie: b", "ñ"])
def test_what_no_cookie_can_hold_is_not_written(value: str) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        session_cookie("citas_sesion", value, secure=True).to_encoded_header()


@get("/visita", opt=EVERYBODY, sync_to_thread=False)
def tell_visit(request: AnyRequest) -> Response[str]:
    return Response(read_visit_cookie(request) or "ninguna", media_type="text/plain")


@pytest.mark.own_routes
@pytest.mark.parametrize(("value", "told"), [("abc-DEF_123", "abc-DEF_123"), ("", "ninguna"), ("x" * 65, "ninguna")])
async def test_a_visit_is_named_by_its_cookie(app: Litestar, client: httpx.AsyncClient, value: str, told: str) -> None:
    app.register(tell_visit)
    assert (await client.get("/visita", headers={"cookie": f"{COOKIE}={value}"})).text == told


@pytest.mark.parametrize("secure", [True, False])
def test_the_cookie_of_a_visit_ends_with_the_browser_and_is_out_of_reach(*, secure: bool) -> None:
    cookie = visit_cookie("abc", secure=secure)
    assert (cookie.httponly, cookie.samesite, cookie.secure, cookie.max_age) == (True, "lax", secure, None)
