"""The agenda of a large sede: fifty consultores and a year of citas."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass
from time import perf_counter
from typing import Final

import httpx

from portal.clock import utc_now
from portal.database.node import fetch
from portal.domain.sessions import SessionRules, Stage, open_session
from portal.domain.vocabulary import Role
from portal.web.admission import COOKIE
from tests.bench.figure import Figure, at_most, told
from tests.bench.filling import fill_year
from tests.bench.ground import ENGINES, Engine, Ground, in_use
from tests.staffing import add_person

CONSULTANTS: Final = 50
_WANTED_MS: Final = 150.0
_LOOKS, _QUICK_LOOKS = 200, 30


@dataclass(frozen=True, slots=True)
class _Looker:
    """A browser of somebody of the staff."""

    client: httpx.AsyncClient

    async def looks(self, address: str, number: int, *, refresh: bool = False) -> tuple[list[float], int]:
        """How long each look took (ms), and how many bytes the last answer had."""
        headers = {"hx-request": "true"} if refresh else {}
        took, size = [], 0
        for _ in range(number):
            began = perf_counter()
            answer = await self.client.get(address, headers=headers)
            took.append((perf_counter() - began) * 1000)
            answer.raise_for_status()
            size = len(answer.content)
        return took, size


async def measure_agenda(ground: Ground, *, quick: bool) -> list[Figure]:
    """A consultor's day, the whole sede's day, and the refresh of both."""
    figures = []
    for engine in ENGINES:
        figures += await _measure(ground, engine, _QUICK_LOOKS if quick else _LOOKS)
    return figures


async def _measure(ground: Ground, engine: Engine, looks: int) -> list[Figure]:
    url = await ground.fresh_database(engine)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(in_use(url))
        now = utc_now()
        center = (await fetch('SELECT "id", "code" FROM "center" LIMIT 1'))[0]
        consultants = [
            await add_person(f"bench-{number}", f"Consultor {number:02}", Role.CONSULTANT, center["id"])
            for number in range(CONSULTANTS)
        ]
        citas = await fill_year(url, consultants, now)
        supervisor = await add_person("bench-responsable", "Responsable", Role.SUPERVISOR, center["id"])
        sessions = [await open_session(one, Stage.FULL, now, SessionRules()) for one in (consultants[0], supervisor)]
        portal = stack.enter_context(ground.portal(url))
        own, all_of_it = [
            _Looker(
                await stack.enter_async_context(
                    httpx.AsyncClient(base_url=portal.url, cookies={COOKIE: session}, timeout=60)
                )
            )
            for session in sessions
        ]
        name = f"agenda, {engine}"
        sede = f"/agenda?sede={center['code']}&consultor=todos"
        for looker, address in ((own, "/agenda"), (all_of_it, sede)):
            await looker.looks(address, 10)
        took_own, _ = await own.looks("/agenda", looks)
        took_sede, size = await all_of_it.looks(sede, looks)
        refreshed, _ = await all_of_it.looks(sede, looks, refresh=True)
    wanted = _WANTED_MS if engine == "postgresql" else None
    measured = (
        ("p95 of a consultor's day", took_own),
        ("p95 of the whole sede's day", took_sede),
        ("p95 of its refresh", refreshed),
    )
    return [
        told(name, f"citas of a year of {CONSULTANTS} consultores", citas, ""),
        told(name, "page of the whole sede", size / 1024, "KiB"),
        *(
            at_most(name, what, _p95(took), wanted, " ms") if wanted else told(name, what, _p95(took), "ms")
            for what, took in measured
        ),
    ]


def _p95(took: list[float]) -> float:
    return sorted(took)[int(len(took) * 0.95)]
