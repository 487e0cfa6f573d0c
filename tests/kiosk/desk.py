"""A kiosk's own file with a little sede in it, and the portal's answers made by hand.

desk = await open_desk(...)       # a Desk, its node in use
await desk.hear(leases=(desk.lease(9),))
sold = await sell(desk.order(JULIO, 9), desk.now, Paper.TICKET)
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from kiosk.joining import become
from kiosk.selling import Order
from kiosk.sync import prepare_request, take_answer
from portal.database.engine import Row
from portal.database.migrate import migrate
from portal.database.node import Node, fetch, open_node, set_default_node
from portal.database.sqlite import SQLiteNodeEngine
from portal.domain.codes import make_code
from portal.domain.exchange import (
    Answer,
    CitaState,
    Claim,
    LeaseView,
    PairAnswer,
    Reference,
    Request,
    ServiceState,
    StaffState,
    Standing,
)
from portal.domain.modality import Modality
from portal.domain.people import Person
from portal.domain.slots import SlotKey
from portal.domain.vocabulary import Role
from tests.databases import run_apart
from tests.people import CONSENT, JULIO, NOW

ALL = tuple(modality.value for modality in Modality)


async def migrate_kiosk(node: Node) -> None:
    """The portal's tables, then the kiosk's own."""
    await migrate(node)
    await migrate(node, "kiosk.piccolo_migrations", "kiosk")


@pytest.fixture(scope="session")
def kiosk_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty kiosk's file, to be copied."""
    template = tmp_path_factory.mktemp("kiosk") / "template.db"
    run_apart(migrate_kiosk(open_node("kiosk", f"sqlite:///{template}")))
    return template


@dataclass
class Desk:
    """A kiosk in its file. ``now`` is the portal's time, and the machine's, which is right unless a test says so."""

    node: Node
    center: UUID = field(default_factory=uuid4)
    service: UUID = field(default_factory=uuid4)
    consultant: UUID = field(default_factory=uuid4)
    colleague: UUID = field(default_factory=uuid4)
    now: datetime = NOW
    applied: int = 0
    version: int = 1
    leases: tuple[LeaseView, ...] = ()

    def at(self, hour: int, minute: int = 0, days: int = 0) -> datetime:
        """A moment of the day by the clock of Lima, UTC."""
        return NOW.replace(hour=0, minute=0) + timedelta(days=days, hours=hour + 5, minutes=minute)

    def lease(self, hour: int, minute: int = 0, days: int = 0, **given: Any) -> LeaseView:
        """A lease of a seat at that time, as the portal would list it."""
        starts_at = self.at(hour, minute, days)
        plain: dict[str, Any] = {
            "id": uuid4(),
            "seat": uuid4(),
            "code": make_code(),
            "service": "bolsa",
            "consultant": self.consultant,
            "starts_at": starts_at,
            "ends_at": starts_at + timedelta(minutes=30),
            "modalities": ALL,
            "recalled": False,
            "claimed": False,
        }
        return LeaseView(**{**plain, **given})

    def cita(self, hour: int, person: Person = JULIO, **given: Any) -> CitaState:
        """A cita of today as the portal would tell of it."""
        plain: dict[str, Any] = {
            "id": uuid4(),
            "code": make_code(),
            "state": "reserved",
            "service": "bolsa",
            "modality": Modality.IN_PERSON.value,
            "starts_at": self.at(hour),
            "ends_at": self.at(hour, 30),
            "consultant": self.consultant,
            "name": f"{person.given_names} {person.first_surname}",
            "document_type": person.document_type.value,
            "document_number": person.document_number,
            "preference": "",
            "interpreter": False,
            "displaced": False,
            "duplicate": False,
        }
        return CitaState(**{**plain, **given})

    def reference(self, **given: Any) -> Reference:
        """What the portal says of the sede."""
        plain: dict[str, Any] = {
            "digest": uuid4().hex,
            "center": self.center,
            "center_code": "central",
            "center_name": "Centro de Empleo – Sede central",
            "center_address": "Av. Salaverry 655, Jesús María",
            "center_reference": "",
            "center_ubigeo": "150113",
            "center_phone": "016306000",
            "center_email": "central@example.org",
            "public_url": "https://citas.example.org",
            "privacy_version": "2026-11",
            "horizon_days": 60,
            "consultants": (self.person("consultor1", self.consultant), self.person("consultor2", self.colleague)),
            "services": (
                ServiceState(
                    id=self.service,
                    code="bolsa",
                    name="Bolsa de Trabajo",
                    procedure_code="PE-BT-01",
                    summary="Orientación para buscar empleo.",
                    bring="Tu documento de identidad",
                    minutes=30,
                ),
            ),
            "keys": (),
            "holidays": ((date(2027, 4, 1), "Jueves Santo"),),
            "secrets_last_days": 7,
        }
        return Reference(**{**plain, **given})

    def person(self, username: str, person: UUID) -> StaffState:
        return StaffState(
            id=person,
            username=username,
            name=username.title(),
            role=Role.CONSULTANT.value,
            secret_hash="hash of the secret",
            pin_hash="hash of the PIN",
        )

    def order(self, person: Person, hour: int, minute: int = 0, days: int = 0, **given: Any) -> Order:
        """Somebody at the desk wants that time."""
        key = SlotKey("bolsa", "central", Modality.IN_PERSON, self.at(hour, minute, days))
        return Order(**{"token": uuid4().hex, "key": key, "person": person, "consent": CONSENT,
                        "sold_by": self.consultant, **given})  # fmt: skip

    async def ask(self, claim: Claim | None = None) -> Request:
        """The kiosk's next request."""
        return await prepare_request(self.now, claim)

    def answer(self, request: Request, **given: Any) -> Answer:
        """The portal's answer to it: everything sent is applied and in a backup, and the leases are as they were."""
        self.applied = given.get("applied", request.applied + len(request.entries))
        self.leases = given.get("leases", self.leases)
        plain: dict[str, Any] = {
            "number": request.number,
            "epoch": 1,
            "standing": Standing.GOOD,
            "portal_time": self.now,
            "applied": self.applied,
            "kept": self.applied,
            "leases": self.leases,
        }
        return Answer(**{**plain, **given})

    async def hear(self, **given: Any) -> Request:
        """One whole exchange, with an answer made by hand. Returns the request."""
        request = await self.ask()
        assert await take_answer(self.answer(request, **given), self.now, self.now)
        return request


@pytest.fixture
async def desk(kiosk_template: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    """A paired kiosk that has heard of its sede, with its node in use."""
    path = tmp_path / "kiosk.db"
    shutil.copyfile(kiosk_template, path)
    opened = Desk(open_node("kiosk", f"sqlite:///{path}"))
    await opened.node.start()
    set_default_node(opened.node)
    try:
        answer = PairAnswer(kiosk=uuid4(), name="Mesa 1", center=opened.center, center_name="", portal_time=NOW)
        await become(answer)
        await opened.hear(reference=opened.reference())
        yield opened
    finally:
        set_default_node(None)
        await opened.node.stop()


async def reopen(desk: Desk) -> None:
    """As if the process had died and started again on the same file."""
    await desk.node.stop()
    engine = desk.node.engine
    assert isinstance(engine, SQLiteNodeEngine)
    desk.node = open_node("kiosk", f"sqlite:///{engine.path}")
    await desk.node.start()
    set_default_node(desk.node)


class Killed(BaseException):
    """The process dies here."""


@contextmanager
def killed_at(monkeypatch: pytest.MonkeyPatch, statement: int) -> Iterator[None]:
    """Die before the nth statement (from 0) that is written, COMMIT included."""
    numbers = count()
    write = SQLiteNodeEngine.write

    def dying(engine: SQLiteNodeEngine, sql: str, args: Any = ()) -> list[Row]:
        if next(numbers) == statement:
            raise Killed
        return write(engine, sql, args)

    with monkeypatch.context() as patch:
        patch.setattr(SQLiteNodeEngine, "write", dying)
        yield


async def everything() -> dict[str, list[Row]]:
    """All that stands in the file, to be compared."""
    tables = await fetch("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    return {row["name"]: await fetch(f'SELECT * FROM "{row["name"]}"') for row in tables}  # noqa: S608  # our tables


async def state_of(code: str) -> str:
    """The state of a cita at the kiosk."""
    [row] = await fetch('SELECT "state" FROM "appointment" WHERE "code" = {}', code)
    return str(row["state"])
