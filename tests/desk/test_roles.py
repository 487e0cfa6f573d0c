"""Every route × every role, from the routes themselves: a route without a rule fails, and so does one with a wrong
rule, since who may do what also stands here."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import httpx
import pytest
from litestar import Litestar, get
from litestar.routes import HTTPRoute

from portal.domain.sessions import SessionRules, Stage, open_session
from portal.domain.vocabulary import Role
from portal.web.admission import ACCESS, COOKIE
from portal.web.errors import STEP_PAGES
from portal.web.following import SIGN_IN_PAGE, SIGN_OUT
from tests.people import NOW
from tests.portal.conftest import NewClient
from tests.portal.test_web_csrf import tokens
from tests.staffing import Staffed

STAFF = frozenset(Role)
STEERING = frozenset({Role.SUPERVISOR, Role.ADMINISTRATOR})
ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
EVERYBODY: frozenset[Role] | None = None

MAY = (
    # method or "*", address (a pattern), who; the first that fits counts
    ("*", r"/ingresar/(codigo|clave)", STAFF),
    ("*", r"/(ingresar(/olvide|/nueva-clave/.*)?|salir)", EVERYBODY),
    ("*", r"/cuenta/modulo(/quitar)?", frozenset({Role.CONSULTANT, Role.SUPERVISOR})),
    ("*", r"/cuenta(/.*)?", STAFF),
    ("*", r"/gestion", STEERING),
    ("*", r"/gestion/(personal|auditoria)(/.*)?", ADMINISTRATOR),
    ("*", r"/gestion/modulos/(nuevo|revisados|[^/]+/(codigo|baja))", ADMINISTRATOR),
    ("*", r"/gestion/(modulos|por-reubicar)(/.*)?", STEERING),
    ("*", r"/(agenda|atenciones|incidencias|registro|tiempos|avisos)([./].*)?", STAFF),
    ("*", r"/encuestas(/.*)?", STEERING),
    ("GET", r"/guia(\.pdf|/versiones.*)?", STAFF),
    ("*", r"/guia/.+", STEERING),
    ("*", r"/((reservar|citas|v|encuesta|esquema)(/.*)?)?", EVERYBODY),
    ("POST", r"/api/kiosk/v1/[a-z-]+", EVERYBODY),  # whoever has a kiosk's token
    ("*", r"/(cartilla\.pdf|ayuda|privacidad|accesibilidad|salud|metrics|favicon\.ico|robots\.txt)", EVERYBODY),
)
"""What ought to be. A new address that fits none of these fails until somebody has decided who may open it."""


@dataclass(frozen=True, slots=True)
class Door:
    """A method of an address, and what its handler says about who may come."""

    method: str
    path: str
    opt: dict[str, Any]

    @property
    def address(self) -> str:
        """The address with something in the place of each parameter that nothing has."""
        kinds = {"uuid": str(uuid4()), "int": "1", "str": "K7WM3R9X", "path": "x", "date": "2027-01-11"}
        return re.sub(r"{\w+:(\w+)}", lambda found: kinds[found[1]], self.path)

    @property
    def roles(self) -> frozenset[Role] | None:
        """The roles that its rule names; None is everybody."""
        roles: frozenset[Role] | None = self.opt[ACCESS]
        return roles

    @property
    def stage(self) -> Stage:
        stage: Stage = self.opt.get("stage", Stage.FULL)
        return stage


def doors_of(app: Litestar) -> Iterator[Door]:
    """Every method of every address; browsers ask about OPTIONS, which Litestar answers by itself."""
    for route in app.routes:
        assert isinstance(route, HTTPRoute), f"{route.path} is no page"
        for handler in route.route_handlers:
            for method in sorted(handler.http_methods - {"OPTIONS", "HEAD"}):
                yield Door(method, route.path_format if "{" not in route.path else route.path, dict(handler.opt))


def without_rule(app: Litestar) -> list[str]:
    """The doors whose handlers do not say who may come."""
    return [f"{door.method} {door.path}" for door in doors_of(app) if ACCESS not in door.opt]


def expected(door: Door) -> frozenset[Role] | None:
    for method, pattern, roles in MAY:
        if method in ("*", door.method) and re.fullmatch(pattern, door.path):
            return roles
    raise AssertionError(f"nobody has decided who may {door.method} {door.path}: say it in MAY")


def test_every_route_says_who_may_come(app: Litestar) -> None:
    assert without_rule(app) == []


@pytest.mark.own_routes
def test_a_route_without_a_rule_is_seen(app: Litestar) -> None:
    @get("/nueva")
    async def forgot_its_rule() -> None: ...

    app.register(forgot_its_rule)
    assert without_rule(app) == ["GET /nueva"]


@pytest.mark.own_routes
async def test_a_route_without_a_rule_is_shut(app: Litestar, staffed_client: Staffing) -> None:
    @get("/nueva")
    async def forgot_its_rule() -> None: ...

    app.register(forgot_its_rule)
    for role in (None, *Role):
        assert (await staffed_client.knock(Door("GET", "/nueva", {}), role)).status_code == 403


def test_every_rule_is_what_it_ought_to_be(app: Litestar) -> None:
    wrong = [
        f"{door.method} {door.path} is for {door.roles}, not {expected(door)}"
        for door in doors_of(app)
        if door.roles != expected(door)
    ]
    assert wrong == []


def test_a_wrong_rule_is_seen() -> None:
    door = Door("GET", "/gestion/personal", {ACCESS: STAFF})
    assert door.roles != expected(door)
    with pytest.raises(AssertionError, match="nobody has decided"):
        expected(Door("GET", "/nueva", {ACCESS: STAFF}))


class Staffing:
    """A client that knocks at doors as anybody of the staff, or as nobody."""

    def __init__(self, client: httpx.AsyncClient, staffed: Staffed, token: str) -> None:
        self._client = client
        self._people = {
            Role.CONSULTANT: staffed.consultant,
            Role.SUPERVISOR: staffed.supervisor,
            Role.ADMINISTRATOR: staffed.administrator,
        }
        self._token = token

    async def knock(self, door: Door, role: Role | None, stage: Stage = Stage.FULL) -> httpx.Response:
        """What a door answers; a new session each time, since some doors end it."""
        self._client.cookies.delete(COOKIE)
        if role is not None:
            self._client.cookies.set(COOKIE, await open_session(self._people[role], stage, NOW, SessionRules()))
        data = {"_csrf_token": self._token} if door.method != "GET" else None
        return await self._client.request(door.method, door.address, data=data)


@pytest.fixture
async def staffed_client(app: Litestar, world_on_sqlite: Staffed, new_client: NewClient) -> Staffing:
    client = new_client(app)
    (token,) = tokens(await client.get("/ingresar"))
    return Staffing(client, world_on_sqlite, token)


async def test_every_route_answers_every_role_as_its_rule_says(app: Litestar, staffed_client: Staffing) -> None:
    wrong = []
    for door in doors_of(app):
        for role in (None, *Role):
            answer = await staffed_client.knock(door, role, door.stage)
            outcome = outcome_of(answer)
            if door.roles is None:
                fits = outcome == "allowed"
            elif role is None:
                fits = outcome == "sign in"
            else:
                fits = outcome == ("allowed" if role in door.roles else "forbidden")
            if not fits:
                wrong.append(f"{door.method} {door.address} answered {role or 'nobody'} {answer.status_code}")
    assert wrong == []


async def test_nobody_gets_on_who_is_signed_in_by_half(app: Litestar, staffed_client: Staffing) -> None:
    wrong = []
    for door in doors_of(app):
        for stage in (Stage.CODE, Stage.NEW_PASSWORD):
            if door.roles is None or stage is door.stage:
                continue
            answer = await staffed_client.knock(door, Role.ADMINISTRATOR, stage)
            if answer.status_code != 303 or urlsplit(answer.headers["location"]).path != STEP_PAGES[stage]:
                wrong.append(f"{door.method} {door.address} answered {stage} {answer.status_code}")
    assert wrong == []


def outcome_of(answer: httpx.Response) -> str:
    """What an answer means for who knocked. That there is no such thing (404), that something is missing in the form
    (422), that no PDF is made here (503), that a machine lacks its message or its token (400, 401) is said to those
    alone who were let in."""
    to = urlsplit(answer.headers.get("location", "")).path
    if answer.status_code == 303 and to == SIGN_IN_PAGE and answer.request.url.path != SIGN_OUT:
        return "sign in"
    if answer.status_code == 403:
        return "forbidden"
    return (
        "allowed"
        if answer.status_code in {200, 202, 302, 303, 400, 401, 404, 410, 422, 429, 503}
        else f"{answer.status_code}"
    )
