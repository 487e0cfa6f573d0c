"""The walk to a cita, step by step, as a browser without scripts takes it."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from tests.bench.connection import Answer
from tests.bench.visitor import Visitor, inputs_in, times_in, token_in

_CODE = re.compile(r"/citas/([A-Z2-9]{8})")
SOMEBODY_WAS_FASTER = 409
GOES_ON = 303


class Astray(Exception):
    """A step did not lead where it should; the text says which and what came instead."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A whole walk: its requests, the bytes of its pages, and the code of the cita at its end."""

    requests: int
    pages: tuple[int, ...]
    code: str


async def walk(visitor: Visitor, day: str) -> Walk:
    """Look at a day, hold one of its times, fill in, confirm, open the cita. Raises Astray.

    Who finds the time taken picks one of those that are offered instead, as anybody would.
    """
    offer = await visitor.get(f"/reservar?fecha={day}")
    requests, page = 1, offer
    while True:
        times = times_in(page)
        if not times:
            raise Astray(f"{day} offers nothing: {page.status}")
        held = await hold(visitor, random.choice(times), page)
        requests += 1
        if held.status != SOMEBODY_WAS_FASTER:
            break
        page = held
    review, form = await fill_in(visitor)
    booked = await confirm(visitor, review)
    cita = await visitor.get(_expect(booked, GOES_ON).location)
    _expect(cita, 200)
    sizes = tuple(len(seen.body) for seen in (offer, form, review, cita))
    return Walk(requests + 5, sizes, code_in(booked.location))


async def hold(visitor: Visitor, time: str, page: Answer) -> Answer:
    """Press one of the times of a page."""
    return await visitor.post("/reservar/apartar", horario=time, _csrf_token=token_in(page))


async def fill_in(visitor: Visitor) -> tuple[Answer, Answer]:
    """From the hold to the page that reads everything back; returns that page, then the form. Raises Astray."""
    form = _expect(await visitor.get("/reservar/datos"), 200)
    _expect(await visitor.post("/reservar/datos", **details(visitor.number, token_in(form))), GOES_ON)
    return _expect(await visitor.get("/reservar/confirmar"), 200), form


async def confirm(visitor: Visitor, review: Answer) -> Answer:
    """Press the button of the review."""
    return await visitor.post("/reservar/confirmar", **inputs_in(review))


def details(number: int, token: str) -> dict[str, str]:
    """What a citizen types; each number is a person of their own."""
    return {
        "_csrf_token": token,
        "tipo_documento": "01",
        "numero_documento": f"{10_000_000 + number}",
        "nombres": "Rosa María",
        "apellido_paterno": "Ñahui",
        "apellido_materno": "Quispe",
        "fecha_nacimiento": "",
        "correo": f"persona{number}@example.org",
        "celular": "987654321",
        "ubigeo": "",
        "atencion_preferente": "",
        "idioma": "es",
        "motivo": "",
        "aviso_privacidad": "si",
    }


def code_in(location: str) -> str:
    """The code of the cita that an address leads to. Raises Astray."""
    found = _CODE.search(location)
    if found is None:
        raise Astray(f"no cita at {location!r}")
    return found[1]


def _expect(answer: Answer, status: int) -> Answer:
    if answer.status != status:
        raise Astray(f"{answer.status} instead of {status}: {answer.location} {answer.text[:2000]}")
    return answer
