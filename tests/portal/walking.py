"""Walks to a cita: an application on either engine in the small world, a clock that tests move, and the steps."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from litestar import Litestar

from portal.database.node import Node, fetch
from portal.domain.modality import Modality
from portal.settings import Settings
from tests.apps import quick_app
from tests.browser import NewVisitor, Page, Visitor
from tests.people import NOW, World, slot_at

NINE = datetime(2027, 1, 11, 14, 0, tzinfo=UTC)
"""A time of the world that is on offer: Monday 11 January 2027, 9:00 in Lima. Two consultores attend then."""

ROSA_TYPES = {
    "tipo_documento": "01",
    "numero_documento": "10117410",
    "nombres": "Rosa María",
    "apellido_paterno": "Ñahui",
    "apellido_materno": "Quispe",
    "correo": "rosa@example.org",
    "celular": "987 654 321",
    "aviso_privacidad": "si",
}


NewWalkApp = Callable[..., Litestar]


@dataclass
class MovingClock:
    """The time that the application is told; tests move it."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **span: float) -> None:
        """Let time pass: ``pass_by(minutes=11)``."""
        self.now += timedelta(**span)


@pytest.fixture
def moving_clock() -> MovingClock:
    """The application's clock, at the world's time."""
    return MovingClock()


@pytest.fixture
def world(peopled: World, node: Node) -> World:
    """The small world of tests/people.py, on either engine."""
    assert node.name
    return peopled


@pytest.fixture
async def new_walk_app(node: Node, moving_clock: MovingClock, new_settings: Callable[..., Settings]) -> NewWalkApp:
    """Make portals with settings of their own, on either engine, by the moving clock."""

    def make(**given: object) -> Litestar:
        return quick_app(new_settings(**given), moving_clock, node)

    return make


@pytest.fixture
async def visitor(world: World, new_walk_app: NewWalkApp, new_visitor: NewVisitor) -> Visitor:
    """A person with a browser in the small world, who has not opened a page yet."""
    assert world.consultants
    return new_visitor(new_walk_app())


async def post(
    visitor: Visitor, address: str, fields: Mapping[str, str], *, status: int = 200, htmx: bool = False
) -> Page:
    """Send a form that was made by hand, with the browser's token; the page that comes of it."""
    body = urlencode({"_csrf_token": await token_of(visitor), **fields}).encode()
    headers = {"hx-request": "true"} if htmx else None
    return await visitor.send(address, body, "application/x-www-form-urlencoded", status=status, headers=headers)


async def answer_to(visitor: Visitor, address: str, fields: Mapping[str, str]) -> httpx.Response:
    """The bare answer to such a form; redirects are not followed."""
    fields = {"_csrf_token": await token_of(visitor), **fields}
    return await visitor.client.post(address, data=fields, follow_redirects=False)


async def token_of(visitor: Visitor) -> str:
    """A CSRF token as the browser's forms carry it."""
    text = (await visitor.client.get("/reservar?fecha=2027-02-22&sede=central")).text
    return text.partition('name="_csrf_token" value="')[2].partition('"')[0]


async def hold(visitor: Visitor, moment: datetime = NINE, modality: Modality = Modality.VIRTUAL) -> Page:
    """Hold a seat of that time; the page that comes of it."""
    return await post(visitor, "/reservar/apartar", {"horario": str(slot_at(moment, modality))})


async def describe(
    visitor: Visitor, typed: Mapping[str, str] = ROSA_TYPES, moment: datetime = NINE, **changes: str
) -> Page:
    """Hold a seat and send the form of the details; the review."""
    await hold(visitor, moment)
    return await post(visitor, "/reservar/datos", {**typed, **changes})


async def confirm(visitor: Visitor, review: Page) -> httpx.Response:
    """Press the button of the review; the bare answer."""
    return await visitor.client.post(
        "/reservar/confirmar", data=dict(review.form("Confirmar mi cita").values), follow_redirects=False
    )


async def one(sql: str, *values: object) -> Any:
    """The first value of the first row."""
    return next(iter((await fetch(sql, *values))[0].values()))
