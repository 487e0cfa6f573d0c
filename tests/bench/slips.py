"""Slips from the pool of two processes, against two bare processes of WeasyPrint that are handed the same HTML."""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from multiprocessing.connection import Connection
from time import perf_counter
from typing import Any

from portal.documents.renderer import Renderer
from portal.documents.slip import Paper, Slip
from portal.domain.codes import make_code
from tests.bench.figure import Figure, at_least, at_most, told
from tests.bench.ground import Ground
from tests.documents.samples import CLAIM, IN_PERSON, PHONE, VIRTUAL, address_for

_PROCESSES = 2
_WANTED = 0.9
_WANTED_LAG_MS = 10.0
_TICK_SECONDS = 0.002
_RANK = 5  # the pool's processes stand below the server's; so do the bare ones


async def measure_slips(_: Ground, *, quick: bool) -> list[Figure]:
    """PDF/UA-1 on A5, each with a code of its own; pool and bare processes take turns."""
    rounds, number = (1, 24) if quick else (4, 60)
    slips = [_slip(place) for place in range(number)]
    pages = _pages(slips)
    pooled = bare = 0.0
    lags: list[float] = []
    renderer = Renderer(_PROCESSES)
    renderer.start()
    try:
        async with _bare_processes() as made_by:
            await asyncio.gather(*(renderer.slip_pdf(slip, Paper.A5) for slip in slips[: 4 * _PROCESSES]))
            await made_by(pages[: 4 * _PROCESSES])
            for _round in range(rounds):
                bare += await made_by(pages)
                async with _watched_loop(lags):
                    began = perf_counter()
                    await asyncio.gather(*(renderer.slip_pdf(slip, Paper.A5) for slip in slips))
                    pooled += perf_counter() - began
    finally:
        renderer.close()
    lags.sort()
    return [
        at_least("slips", "slips of two bare processes", bare / pooled, _WANTED),
        at_most(
            "slips", "lag of the event loop meanwhile, p99", 1000 * lags[int(0.99 * len(lags))], _WANTED_LAG_MS, " ms"
        ),
        told("slips", "slips from the pool of two", rounds * number / pooled, "/s"),
        told("slips", "slips from two bare processes", rounds * number / bare, "/s"),
    ]


def _slip(place: int) -> Slip:
    code = make_code()
    kind = (VIRTUAL, IN_PERSON, PHONE)[place % 3]
    return replace(kind, code=code, verify_url=address_for(replace(CLAIM, code=code, modality=kind.modality)))


def _pages(slips: Sequence[Slip]) -> list[str]:
    from portal.documents.press import Press

    press = Press()
    return [press.slip_html(slip, Paper.A5) for slip in slips]


@asynccontextmanager
async def _bare_processes() -> AsyncIterator[Any]:
    """Two processes that know WeasyPrint and nothing of ours but the fonts' addresses."""
    context = multiprocessing.get_context("spawn")
    pairs = [context.Pipe() for _ in range(_PROCESSES)]
    processes = [context.Process(target=_set_pages, args=(theirs,), daemon=True) for _, theirs in pairs]
    for process in processes:
        process.start()

    async def made_by(pages: list[str]) -> float:
        """How long they take for all of the pages, half each."""
        began = perf_counter()
        for place, (ours, _) in enumerate(pairs):
            ours.send(pages[place::_PROCESSES])
        for ours, _ in pairs:
            await asyncio.to_thread(ours.recv)
        return perf_counter() - began

    try:
        yield made_by
    finally:
        for (ours, _), process in zip(pairs, processes, strict=True):
            ours.close()
            process.terminate()
            process.join()


def _set_pages(ask: Connection) -> None:
    """In a process of its own: pages in, the number of PDF bytes out, until nobody asks."""
    from weasyprint import CSS, HTML
    from weasyprint.text.fonts import FontConfiguration

    from portal.documents.press import PackageFetcher
    from portal.places import TEMPLATES

    os.nice(_RANK)
    fonts, fetcher = FontConfiguration(), PackageFetcher()
    styles = [
        CSS(filename=TEMPLATES / "documents" / name, url_fetcher=fetcher, font_config=fonts)
        for name in ("document.css", "slip.css", "slip_a5.css")
    ]
    with suppress(EOFError):
        while True:
            size = 0
            for page in ask.recv():
                document = HTML(string=page, url_fetcher=fetcher)
                size += len(
                    document.write_pdf(
                        font_config=fonts, stylesheets=styles, pdf_variant="pdf/ua-1", pdf_tags=True, pdf_version="1.7"
                    )
                )
            ask.send(size)


@asynccontextmanager
async def _watched_loop(lags: list[float]) -> AsyncIterator[None]:
    """Note how much later than asked for a timer of the loop goes off, in seconds."""

    async def watch() -> None:
        while True:
            due = perf_counter() + _TICK_SECONDS
            await asyncio.sleep(_TICK_SECONDS)
            lags.append(max(0.0, perf_counter() - due))

    watcher = asyncio.create_task(watch())
    try:
        yield
    finally:
        watcher.cancel()
