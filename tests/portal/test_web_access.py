"""Who may open a cita: whoever booked it, found it, or came by its signed link; each for twelve hours, five at most."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from litestar import Litestar
from litestar.datastructures import Cookie

from portal.app import create_app
from portal.domain.links import sign_link
from portal.web.access import COOKIE, LASTS, MOST_CODES, grant_access, grant_by_link, may_open
from portal.web.cookies import AnyRequest
from portal.web.services import Services
from tests.people import NOW
from tests.portal.conftest import NewSettings

MINE, OTHER = "K7QW2M9X", "K7QW2M9Y"


@dataclass
class Browser:
    """A browser's cookies, and our application as it meets it at some time."""

    app: Litestar
    cookie: str = ""
    now: datetime = NOW

    @property
    def services(self) -> Services:
        known: Services = self.app.state.services
        return Services(
            **{name: getattr(known, name) for name in Services.__slots__ if name != "clock"}, clock=lambda: self.now
        )

    @property
    def request(self) -> AnyRequest:
        headers = [(b"cookie", f"otra=1; {COOKIE}={self.cookie}".encode())]
        return AnyRequest({"type": "http", "headers": headers, "litestar_app": self.app, "state": {}})  # type: ignore[arg-type]  # as much as cookies need

    def keep(self, cookie: Cookie) -> None:
        assert cookie.value is not None
        self.cookie = cookie.value

    def grant(self, code: str) -> None:
        self.keep(grant_access(self.request, self.services, code))

    def opens(self, code: str) -> bool:
        return may_open(self.request, self.services, code)


@pytest.fixture
def holder(new_settings: NewSettings) -> Browser:
    return Browser(create_app(new_settings()))


def test_a_stranger_opens_nothing(holder: Browser) -> None:
    assert not holder.opens(MINE)


def test_who_was_granted_a_code_opens_that_one_alone(holder: Browser) -> None:
    holder.grant(MINE)
    assert holder.opens(MINE)
    assert not holder.opens(OTHER)
    assert not holder.opens(MINE[:-1])
    assert not holder.opens("")


def test_a_code_that_is_no_code_is_not_opened(holder: Browser) -> None:
    holder.grant(MINE)
    assert not holder.opens("ñandú\x00")


def test_it_lasts_twelve_hours(holder: Browser) -> None:
    holder.grant(MINE)
    holder.now = NOW + LASTS - timedelta(seconds=1)
    assert holder.opens(MINE)
    holder.now = NOW + LASTS
    assert not holder.opens(MINE)


def test_another_code_does_not_prolong_the_first(holder: Browser) -> None:
    holder.grant(MINE)
    holder.now = NOW + timedelta(hours=11)
    holder.grant(OTHER)
    holder.now = NOW + timedelta(hours=13)
    assert not holder.opens(MINE)
    assert holder.opens(OTHER)


def test_the_same_code_again_is_one_grant_from_now_on(holder: Browser) -> None:
    holder.grant(OTHER)
    for hour in range(MOST_CODES):
        holder.now = NOW + timedelta(hours=hour)
        holder.grant(MINE)
    assert holder.opens(OTHER)
    holder.now = NOW + timedelta(hours=15)
    assert holder.opens(MINE)


def test_of_too_many_the_oldest_goes(holder: Browser) -> None:
    codes = [f"K7QW2M9{letter}" for letter in "ABCDEF"]
    for code in codes:
        holder.grant(code)
    assert [holder.opens(code) for code in codes] == [False, True, True, True, True, True]


@pytest.mark.parametrize(
    "spoil", [lambda text: text[:-1], lambda text: "x" + text, lambda _: "x" * 3000, lambda _: "ñ"]
)
def test_a_cookie_that_we_did_not_write_opens_nothing(holder: Browser, spoil: object) -> None:
    holder.grant(MINE)
    assert callable(spoil)
    holder.cookie = spoil(holder.cookie)
    assert not holder.opens(MINE)


def test_a_cookie_of_another_installation_opens_nothing(holder: Browser, new_settings: NewSettings) -> None:
    holder.grant(MINE)
    holder.app = create_app(new_settings(secret="another secret, long enough to be one"))
    assert not holder.opens(MINE)


def test_a_clock_that_was_set_back_opens_nothing_early(holder: Browser) -> None:
    holder.grant(MINE)
    holder.now = NOW - timedelta(minutes=1)
    assert not holder.opens(MINE)


def test_a_signed_link_opens_its_cita(holder: Browser) -> None:
    k = sign_link(MINE, NOW + timedelta(days=3), holder.services.keys.access)
    cookie = grant_by_link(holder.request, holder.services, MINE, k)
    assert cookie is not None
    holder.keep(cookie)
    assert holder.opens(MINE)


@pytest.mark.parametrize("code", [OTHER, "NO-EXIST"])
def test_a_signed_link_opens_no_other_cita(holder: Browser, code: str) -> None:
    k = sign_link(MINE, NOW + timedelta(days=3), holder.services.keys.access)
    assert grant_by_link(holder.request, holder.services, code, k) is None
    assert grant_by_link(holder.request, holder.services, MINE, k + "0") is None
    assert grant_by_link(holder.request, holder.services, MINE, "") is None


@pytest.mark.parametrize(("address", "secure"), [("http://127.0.0.1:8000", False), ("https://citas.example", True)])
def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(
    new_settings: NewSettings, address: str, *, secure: bool
) -> None:
    holder = Browser(create_app(new_settings(public_url=address)))
    cookie = grant_access(holder.request, holder.services, MINE)
    assert cookie.httponly
    assert cookie.samesite == "lax"
    assert cookie.secure is secure
    assert cookie.max_age is None
