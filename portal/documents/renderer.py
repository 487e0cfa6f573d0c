"""The process pool that makes PDFs, so that the event loop stays free while one is set.

Typesetting keeps a processor busy for tens of milliseconds and may not be shared between threads, so it happens in
processes of its own. They come from a fork server that has WeasyPrint loaded: a new one is there at once, and the pages
that it shares with its siblings are counted once. Only frozen values and PDF bytes travel between the processes.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from types import ModuleType
from typing import TYPE_CHECKING, ParamSpec

from portal.documents.day_sheet import DaySheets
from portal.documents.guide_sheet import GuideSheet
from portal.documents.slip import Paper, Slip

if TYPE_CHECKING:
    from portal.documents.press import Press

_P = ParamSpec("_P")

WAITING_PER_PROCESS = 32
"""Documents that may wait for a process; at some 20 a second the last one waits about two seconds."""

_PRELOADED = ["weasyprint", "portal.documents.press"]
# WeasyPrint keeps some 3 kB of each document; fresh processes every so often keep the pool small.
_DOCUMENTS_PER_PROCESS = 4000
# WeasyPrint also caches some 20 MB; a process that nobody needs for a while ends, and another one is there in a moment.
_IDLE_SECONDS = 60.0
# Below the web server's processes, so that a rush for slips does not slow down bookings.
_NICENESS = 5


class RendererBusy(Exception):
    """As many documents are waiting as the pool takes; ask again in a moment."""


class RendererClosed(Exception):
    """The renderer was not started, or is closed."""


class Renderer:
    """Makes the documents of one server process; ``start`` before the first, ``close`` after the last.

    ``tell_waiting`` is told how many documents are asked for and not made yet, whenever that changes.
    """

    def __init__(self, processes: int, tell_waiting: Callable[[int], None] = lambda _: None) -> None:
        self._processes = processes
        self._tell_waiting = tell_waiting
        self._places = processes * (WAITING_PER_PROCESS + 1)
        self._taken = 0
        self._made = 0
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._pool: ProcessPoolExecutor | None = None
        self._leaflet: bytes | None = None
        self._rest_at: asyncio.TimerHandle | None = None

    def start(self) -> None:
        """Make the private folder and start the processes. Blocks for about a second, while WeasyPrint is loaded."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="citas-documents-", ignore_cleanup_errors=True)
            self._pool = self._open_pool(self._folder)

    def close(self) -> None:
        """Finish the documents being made, drop those that wait, end the processes, remove the folder."""
        if self._rest_at is not None:
            self._rest_at.cancel()
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
            self._pool = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    async def slip_pdf(self, slip: Slip, paper: Paper) -> bytes:
        """A slip as PDF/UA-1 on one page.

        Raises RendererBusy, RendererClosed, FaultyDocumentError; BrokenProcessPool when two processes died of it.
        """
        return await self._run(_print_slip, slip, paper)

    async def leaflet_pdf(self) -> bytes:
        """The leaflet on how to enter a video call, made once. Raises as ``slip_pdf`` does."""
        if self._leaflet is None:
            self._leaflet = await self._run(_print_leaflet)
        return self._leaflet

    async def guide_pdf(self, guide: GuideSheet) -> bytes:
        """The Guía del Consultor. Raises as ``slip_pdf`` does."""
        return await self._run(_print_guide, guide)

    async def day_sheets_pdf(self, sheets: DaySheets) -> bytes:
        """Day sheets. Raises as ``slip_pdf`` does."""
        return await self._run(_print_day_sheets, sheets)

    async def _run(self, job: Callable[_P, bytes], *args: _P.args, **kwargs: _P.kwargs) -> bytes:
        if self._taken >= self._places:
            raise RendererBusy(f"{self._taken} documents are waiting")
        self._taken += 1
        self._tell_waiting(self._taken)
        try:
            try:
                return await self._submit(job, *args, **kwargs)
            except BrokenProcessPool:
                return await self._submit(job, *args, **kwargs)
        finally:
            self._taken -= 1
            self._tell_waiting(self._taken)
            if self._rest_at is not None:
                self._rest_at.cancel()
            self._rest_at = asyncio.get_running_loop().call_later(_IDLE_SECONDS, self._rest)

    async def _submit(self, job: Callable[_P, bytes], *args: _P.args, **kwargs: _P.kwargs) -> bytes:
        pool = self._pool
        if pool is None:
            raise RendererClosed("the renderer is not running")
        try:
            with _without_main_module():  # a pool that rested starts a process for it
                made = pool.submit(job, *args, **kwargs)
            pdf = await asyncio.wrap_future(made)
        except BrokenProcessPool:
            self._replace(pool)
            raise
        self._made += 1
        if self._made >= _DOCUMENTS_PER_PROCESS * self._processes:
            self._replace(pool)
        return pdf

    def _replace(self, old: ProcessPoolExecutor) -> None:
        """Open a new pool, unless another task already did or the renderer was closed; the old one ends its work."""
        if self._pool is old and self._folder is not None:
            self._made = 0
            self._pool = self._open_pool(self._folder)
            old.shutdown(wait=False)

    def _rest(self) -> None:
        """Nobody has asked for a while: end the processes; the fork server stays."""
        if self._taken == 0 and self._pool is not None and self._folder is not None:
            old, self._pool = self._pool, self._open_pool(self._folder, at_rest=True)
            self._made = 0
            old.shutdown(wait=False)

    def _open_pool(self, folder: tempfile.TemporaryDirectory[str], *, at_rest: bool = False) -> ProcessPoolExecutor:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(_PRELOADED)
        _start_fork_server()
        pool = ProcessPoolExecutor(self._processes, mp_context=context, initializer=_begin, initargs=(folder.name,))
        with _without_main_module():
            for _ in range(0 if at_rest else self._processes):
                pool.submit(_is_ready)
        return pool


def _start_fork_server() -> None:
    """Start it deaf to SIGINT: Ctrl-C reaches the whole group, and it heeds its owner alone, but not while it loads."""
    resource_tracker.ensure_running()  # first, because it lets SIGINT through again when it has started
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        forkserver.ensure_running()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


@contextmanager
def _without_main_module() -> Iterator[None]:
    """Start processes that do not import the program of their owner: they need a fifth of what the portal loads."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


_press: Press | None = None
"""The press of a pool process; there is none in the process that owns the Renderer."""


def _begin(folder: str) -> None:
    """Prepare a pool process: its rank, its folder, its end with its owner, its press."""
    from portal.documents.press import Press

    global _press  # noqa: PLW0603  # a pool process has one press for its life, and jobs arrive as plain functions
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the owner decides when to stop
    os.nice(_NICENESS)
    tempfile.tempdir = folder
    threading.Thread(target=_end_with_owner, args=(folder,), daemon=True).start()
    _press = Press()
    gc.freeze()  # what was loaded stays: the collector need not look through it during each document


def _end_with_owner(folder: str) -> None:
    """Clean up and leave when the owner was killed: a pool process would wait for work for ever."""
    owner = multiprocessing.parent_process()
    if owner is not None:
        owner.join()
        shutil.rmtree(folder, ignore_errors=True)
        os._exit(1)


def _is_ready() -> bool:
    return _press is not None


def _print_slip(slip: Slip, paper: Paper) -> bytes:
    return _the_press().print_slip(slip, paper)


def _print_leaflet() -> bytes:
    return _the_press().print_leaflet()


def _print_guide(guide: GuideSheet) -> bytes:
    return _the_press().print_guide(guide)


def _print_day_sheets(sheets: DaySheets) -> bytes:
    return _the_press().print_day_sheets(sheets)


def _the_press() -> Press:
    if _press is None:
        raise RendererClosed("this is not a process of the pool")
    return _press
