"""Somebody at a kiosk's desk: signs in, books, and has the slip in hand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from time import perf_counter

from tests.bench.connection import Answer, Connection
from tests.bench.figure import Figure, at_most, told
from tests.bench.ground import Ground
from tests.bench.visitor import Visitor, inputs_in
from tests.bench.walk import Astray, code_in
from tests.e2e.two_sides import kiosk_sign_in, process_named, stop_process
from tests.running_portal import RUN, RunningPortal

_WANTED_MS = 1_000.0
_PEOPLE = 60_000_000
_AT_HAND = 40  # of the fifty places that a fresh installation lends
_OK, _GOES_ON = 200, 303
_HAS_PLACES = "Quedan"
_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Booking:
    """A cita, and how many seconds passed from the Enter key to its page, and to its slip."""

    code: str
    to_page: float
    to_slip: float


@dataclass(frozen=True, slots=True)
class Desk:
    """A browser at the desk, signed in."""

    visitor: Visitor

    @classmethod
    async def open(cls, connection: Connection, output: str) -> Desk:
        """Sign in with what the first start printed, as soon as the kiosk has places to sell. Raises Astray."""
        secret, _ = kiosk_sign_in(output, "consultor1")
        visitor = Visitor(connection, 0)
        deadline = perf_counter() + _START_SECONDS
        while _HAS_PLACES not in (await visitor.get("/estado/aviso")).text:
            if perf_counter() > deadline:
                raise Astray("the kiosk has no places to sell")
            await asyncio.sleep(0.1)
        form = inputs_in(await visitor.get("/ingresar"))
        _expect(await visitor.post("/ingresar", **{**form, "usuario": "consultor1", "clave": secret}), _GOES_ON)
        return cls(visitor)

    async def book(self, number: int) -> Booking:
        """Book the time that the empty screen has chosen, and have the slip set. Raises Astray."""
        screen = await self.visitor.get("/")
        typed = {
            **{name: value for name, value in inputs_in(screen).items() if name != "acepta_promociones"},
            "paso": "reservar",
            "tipo_documento": "01",
            "numero_documento": f"{_PEOPLE + number}",
            "nombres": "Rosa María",
            "apellido_paterno": "Ñahui",
            "apellido_materno": "Quispe",
            "celular": "987654321",
            "correo": f"persona{_PEOPLE + number}@example.org",
            "aviso_privacidad": "si",
        }
        began = perf_counter()
        booked = _expect(await self.visitor.post("/", **typed), _GOES_ON)
        code = code_in(booked.location)
        _expect(await self.visitor.get(booked.location), _OK)
        shown = perf_counter()
        slip = await self.visitor.get(f"/citas/{code}/constancia.pdf?formato=ticket")
        if not slip.body.startswith(b"%PDF"):
            raise Astray(f"no slip: {slip.status} {slip.text[:200]}")
        return Booking(code, shown - began, perf_counter() - began)


async def measure_desk(ground: Ground, *, quick: bool) -> list[Figure]:
    """``citas run``, one booking after the other at its kiosk: beside its portal, and when that is stopped."""
    bookings = 10 if quick else 50
    running = RunningPortal(ground.folder / "desk", settings={}, command=RUN)
    try:
        running.wait_until_ready()
        async with await Connection.open(running.kiosk_port) as connection:
            desk = await Desk.open(connection, running.output)
            await _book(desk, 0, 3)
            beside = await _book(desk, 1_000, bookings)
            stop_process(process_named(running, "portal"))
            alone = await _book(desk, 2_000, min(bookings, _AT_HAND))
    finally:
        running.stop()
    return [*_figures("beside its portal", beside), *_figures("the portal stopped", alone)]


async def _book(desk: Desk, first: int, number: int) -> list[Booking]:
    return [await desk.book(first + place) for place in range(number)]


def _figures(when: str, bookings: list[Booking]) -> list[Figure]:
    slips = sorted(1000 * booking.to_slip for booking in bookings)
    pages = sorted(1000 * booking.to_page for booking in bookings)
    at = int(len(bookings) * 0.95)
    return [
        at_most("desk", f"p95 of {len(bookings)} bookings, slip included, {when}", slips[at], _WANTED_MS, " ms"),
        told("desk", "p95 of these until the cita's page", pages[at], "ms"),
    ]


def _expect(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise Astray(f"{answer.status} instead of {status}: {answer.location} {answer.text[:3000]}")
    return answer
