"""The kiosk's pages for a test: a desk's file, its application, a portal made by hand, somebody who signs in.

``kiosk_app``   the application over ``desk``'s file; its portal is away until ``portal`` says otherwise
``visitor``     a browser at the desk in which consultor1 has signed in
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from litestar import Litestar

from kiosk.keys import open_key_folder
from kiosk.link import PairingFailed
from kiosk.pages.admission import COOKIE
from kiosk.settings import KioskSettings, read_kiosk_settings
from kiosk.sync import PortalAway
from portal.database.node import fetch
from portal.documents.renderer import Renderer
from portal.domain.exchange import Answer, PairAnswer, PairRequest, Reference, Request, StaffState
from portal.domain.kiosk_questions import DaySheetsAnswer, DaySheetsQuestion, OfferAnswer, OfferedTime, OfferQuestion
from tests.apps import quick_kiosk_app
from tests.browser import NewVisitor, Page, Visitor
from tests.kiosk.desk import Desk
from tests.staffing import CHEAP

HERE = "http://127.0.0.1:8100"
SECRET = "módulo con tres palabras"
PIN = "482915"


@dataclass
class HandPortal:
    """A portal that answers by hand, or not at all while ``away``. ``offered`` are times that may be claimed."""

    desk: Desk
    away: bool = True
    offered: list[datetime] = field(default_factory=list)
    code: str = ""
    given: dict[str, Any] = field(default_factory=dict)
    tokens: list[str] = field(default_factory=list)
    paired: PairAnswer | None = None
    requests: int = 0

    def __call__(self, token: str) -> HandPortal:
        self.tokens.append(token)
        return self

    async def send(self, request: Request) -> Answer:
        self.requests += 1
        if self.away:
            raise PortalAway
        given = dict(self.given)
        if request.claim is not None:
            is_offered = request.claim.starts_at in self.offered
            leases = self.desk.leases
            if is_offered:
                starts_at = request.claim.starts_at
                lease = self.desk.lease(0, id=request.claim.lease, starts_at=starts_at, claimed=True)
                leases = (*leases, lease)
            given |= {"claim": "granted" if is_offered else "taken", "leases": leases}
        return self.desk.answer(request, **given)

    async def pair(self, request: PairRequest) -> PairAnswer:
        if self.away:
            raise PortalAway
        if request.code != self.code:
            raise PairingFailed
        self.paired = self.paired or PairAnswer(
            kiosk=uuid4(), name="Mesa 1", center=self.desk.center, center_name="", portal_time=self.desk.now
        )
        return self.paired

    async def ask_offer(self, _: OfferQuestion) -> OfferAnswer:
        if self.away:
            raise PortalAway
        times = tuple(OfferedTime(starts_at=moment, free=1) for moment in self.offered)
        return OfferAnswer(portal_time=self.desk.now, days=(), times=times)

    async def ask_day_sheets(self, _: DaySheetsQuestion) -> DaySheetsAnswer:
        raise PortalAway

    async def close(self) -> None:
        """Nothing is open."""


def with_secrets(desk: Desk, people: Iterable[str] = ("consultor1", "consultor2"), **given: Any) -> Reference:
    """What the portal says of the sede, with kiosk secrets that open it."""
    ids = {"consultor1": desk.consultant, "consultor2": desk.colleague}
    staff = tuple(
        StaffState(
            id=ids[name],
            username=name,
            name=name.title(),
            role="consultant",
            secret_hash=CHEAP.hash(SECRET),
            pin_hash=CHEAP.hash(PIN),
        )
        for name in people
    )
    return desk.reference(consultants=staff, **given)


@pytest.fixture
def portal(desk: Desk) -> HandPortal:
    """The portal of the kiosk's pages."""
    return HandPortal(desk)


@pytest.fixture
def kiosk_settings(tmp_path: Path) -> KioskSettings:
    """Settings that do not depend on the environment, without a printer."""
    return read_kiosk_settings(data=tmp_path / "data", KIOSK_PORT=8100, KIOSK_PRINTER="", CITAS_KIOSK_PORTAL="")


@pytest.fixture(scope="session")
def running_renderer() -> Iterator[Renderer]:
    """Makes the PDFs of all kiosks of this process."""
    renderer = Renderer(1)
    renderer.start()
    yield renderer
    renderer.close()


@pytest.fixture
async def kiosk_app(
    desk: Desk, portal: HandPortal, kiosk_settings: KioskSettings, running_renderer: Renderer
) -> Litestar:
    """The application of a paired kiosk, which speaks to ``portal`` when its pages do, not by the clock."""
    await desk.hear(reference=with_secrets(desk))
    app = quick_kiosk_app(kiosk_settings, lambda: desk.now, desk.node, portal, running_renderer)
    folder = open_key_folder(kiosk_settings)
    folder.next_identity()
    [state] = await fetch('SELECT "kiosk" FROM "kiosk_state"')
    folder.keep_identity(state["kiosk"])
    folder.forget_next()
    return app


@pytest.fixture
async def visitor(kiosk_app: Litestar, new_visitor: NewVisitor) -> Visitor:
    """A browser at the desk, signed in."""
    browser = new_visitor(kiosk_app, origin=HERE)
    await enter(browser)
    assert COOKIE in browser.client.cookies
    return browser


async def enter(browser: Visitor, username: str = "consultor1", secret: str = SECRET, status: int = 200) -> Page:
    """Sign in by the form."""
    form = (await browser.open("/ingresar")).form("Ingresar")
    form.fill("Usuario", username)
    form.fill("Clave del módulo", secret)
    return await form.press(status=status)
