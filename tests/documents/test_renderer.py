"""The pool that makes PDFs: it answers, says when it is full, and outlives what happens to its processes."""

from __future__ import annotations

import asyncio
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import segno

from portal.documents.renderer import Renderer, RendererBusy, RendererClosed
from portal.documents.slip import Paper
from tests.documents.reading import words
from tests.documents.samples import VIRTUAL


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    renderer = Renderer(1)
    renderer.start()
    yield renderer
    renderer.close()


def pool_pids(renderer: Renderer) -> list[int]:
    assert renderer._pool is not None
    return list(renderer._pool._processes)


async def test_it_makes_slips_on_both_papers_at_once(renderer: Renderer) -> None:
    pdfs = await asyncio.gather(*(renderer.slip_pdf(VIRTUAL, paper) for paper in Paper))
    assert ["K7WM3R9H" in words(pdf) for pdf in pdfs] == [True, True]


async def test_it_makes_the_leaflet_once(renderer: Renderer) -> None:
    first = await renderer.leaflet_pdf()
    assert "Google Meet" in words(first)
    assert await renderer.leaflet_pdf() is first


async def test_a_fault_in_a_document_reaches_the_caller_and_harms_nobody_else(renderer: Renderer) -> None:
    endless = replace(VIRTUAL, verify_url="HTTPS://CITAS.EXAMPLE/v/K7WM3R9H?s=" + "A" * 5000)
    faulty, good = await asyncio.gather(
        renderer.slip_pdf(endless, Paper.A5), renderer.slip_pdf(VIRTUAL, Paper.A5), return_exceptions=True
    )
    assert isinstance(faulty, segno.DataOverflowError)
    assert isinstance(good, bytes)


async def test_a_killed_process_is_replaced_and_its_slip_made_again(renderer: Renderer) -> None:
    await renderer.slip_pdf(VIRTUAL, Paper.A5)
    (before,) = pool_pids(renderer)
    waiting = [asyncio.create_task(renderer.slip_pdf(VIRTUAL, Paper.A5)) for _ in range(3)]
    await asyncio.sleep(0)
    os.kill(before, signal.SIGKILL)
    assert all(pdf.startswith(b"%PDF") for pdf in await asyncio.gather(*waiting))
    assert pool_pids(renderer) != [before]


async def test_processes_are_renewed_before_they_grow(renderer: Renderer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portal.documents.renderer._DOCUMENTS_PER_PROCESS", renderer._made + 2)
    before = pool_pids(renderer)
    pdfs = await asyncio.gather(*(renderer.slip_pdf(VIRTUAL, Paper.A5) for _ in range(4)))
    assert all(pdf.startswith(b"%PDF") for pdf in pdfs)
    assert pool_pids(renderer) != before


async def test_processes_end_when_nobody_needs_them_and_come_back(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("portal.documents.renderer._IDLE_SECONDS", 0.01)
    assert await renderer.slip_pdf(VIRTUAL, Paper.A5)
    assert renderer._pool is not None
    [process] = renderer._pool._processes.values()
    await asyncio.to_thread(process.join, 10)
    assert not process.is_alive()
    assert pool_pids(renderer) == []
    assert (await renderer.slip_pdf(VIRTUAL, Paper.A5)).startswith(b"%PDF")


async def test_it_says_that_it_is_busy_instead_of_queueing_without_end(
    renderer: Renderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = 3
    monkeypatch.setattr(renderer, "_places", places)
    answers = await asyncio.gather(
        *(renderer.slip_pdf(VIRTUAL, Paper.A5) for _ in range(places + 2)), return_exceptions=True
    )
    refusals = [answer for answer in answers if isinstance(answer, RendererBusy)]
    assert len(refusals) == 2
    assert sum(isinstance(answer, bytes) for answer in answers) == places
    assert await renderer.slip_pdf(VIRTUAL, Paper.A5)


async def test_someone_who_stops_waiting_gives_the_place_back(renderer: Renderer) -> None:
    waiting = [asyncio.create_task(renderer.slip_pdf(VIRTUAL, Paper.A5)) for _ in range(renderer._places)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await renderer.slip_pdf(VIRTUAL, Paper.A5)


def test_closing_ends_the_processes_and_removes_what_they_left() -> None:
    renderer = Renderer(1)
    renderer.start()
    renderer.start()
    asyncio.run(renderer.slip_pdf(VIRTUAL, Paper.A5))
    assert renderer._folder is not None
    folder = Path(renderer._folder.name)
    (pid,) = pool_pids(renderer)
    assert folder.stat().st_mode & 0o077 == 0
    assert list(folder.iterdir())
    renderer.close()
    renderer.close()
    assert not folder.exists()
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    with pytest.raises(RendererClosed):
        asyncio.run(renderer.slip_pdf(VIRTUAL, Paper.A5))


async def test_it_tells_how_many_documents_are_waited_for() -> None:
    told: list[int] = []
    never_started = Renderer(1, told.append)
    with pytest.raises(RendererClosed):
        await never_started.leaflet_pdf()
    assert told == [1, 0]


async def test_a_renderer_that_was_never_started_says_so() -> None:
    with pytest.raises(RendererClosed):
        await Renderer(1).slip_pdf(VIRTUAL, Paper.A5)


OWNER = """
assert __name__ == "__main__", "a pool process imported its owner's program"
import asyncio
from portal.documents.renderer import Renderer
from portal.documents.slip import Paper
from tests.documents.samples import VIRTUAL

async def main():
    renderer = Renderer(1)
    renderer.start()
    await renderer.slip_pdf(VIRTUAL, Paper.A5)
    print(*renderer._pool._processes, renderer._folder.name, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def test_pool_processes_leave_and_clean_up_when_their_owner_is_killed(tmp_path: Path) -> None:
    program = tmp_path / "owner.py"
    program.write_text(OWNER)
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen([sys.executable, program], env=environment, stdout=subprocess.PIPE, text=True) as owner:
        assert owner.stdout is not None
        pid, folder = owner.stdout.readline().split()
        process = os.pidfd_open(int(pid))
        owner.kill()
    try:
        ended = select.poll()
        ended.register(process, select.POLLIN)
        assert ended.poll(10_000), "the pool process still waits for work"
    finally:
        os.close(process)
    assert not Path(folder).exists()
