"""Slips come out of a real CUPS: once each, whatever dies or runs out, and none before its sale is on disk."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.changing import cancel_offline
from kiosk.cups import Cups
from kiosk.print_jobs import PrintJob, PrintState, Problem, print_again, queue_print, read_jobs_of, read_open_jobs
from kiosk.print_queue import Pace, PrintQueue
from kiosk.printing import SlipPress
from kiosk.selling import Sold, sell
from portal.database.node import fetch, transaction
from portal.documents.renderer import Renderer
from portal.documents.slip import Paper
from portal.domain.exchange import Standing
from portal.domain.key_ring import add_key, read_keys
from portal.domain.kiosks import node_name
from portal.domain.verification import Verdict, read_slip
from tests.documents.reading import decode_qr, picture, words
from tests.kiosk.cups_server import CupsServer, FilePrinter
from tests.kiosk.desk import Desk, Killed, killed_at
from tests.people import JULIO, MEI, ROSA

QUICK = Pace(busy=timedelta(milliseconds=20), stuck=timedelta(milliseconds=20))
PATIENCE_SECONDS = 20


class PlainPress:
    """Makes slips of a few bytes."""

    async def print_slip(self, appointment: UUID, paper: Paper, now: datetime) -> bytes:
        return f"%PDF-1.4 {appointment} {paper} {now}".encode()


@pytest.fixture
async def sold(desk: Desk) -> Sold:
    """Rosa's cita, whose slip is ordered."""
    await desk.hear(leases=(desk.lease(10), desk.lease(11), desk.lease(12)))
    return await sell(desk.order(ROSA, 10), desk.now, Paper.TICKET)


def queue_to(printer: FilePrinter | None, desk: Desk) -> PrintQueue:
    async def now() -> datetime:
        return desk.now

    return PrintQueue(Cups(printer.name) if printer else None, PlainPress(), now, QUICK)


async def job_of(sold: Sold) -> PrintJob:
    return (await read_jobs_of(sold.appointment))[-1]


async def until(queue: PrintQueue, sold: Sold, holds: Callable[[PrintJob], bool]) -> PrintJob:
    """Go on with the queue until that holds of the slip."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while not holds(job := await job_of(sold)) and asyncio.get_running_loop().time() < deadline:
        await queue.one_round()
        await asyncio.sleep(0.01)
    assert holds(job), job
    return job


def is_printed(job: PrintJob) -> bool:
    return job.state is PrintState.PRINTED


def is_stuck(problem: Problem) -> Callable[[PrintJob], bool]:
    return lambda job: job.state is PrintState.STUCK and job.problem is problem


@pytest.fixture(scope="module")
def renderer() -> Iterator[Renderer]:
    opened = Renderer(1)
    opened.start()
    yield opened
    opened.close()


@pytest.mark.parametrize("paper", Paper)
async def test_a_sale_comes_out_signed_by_this_kiosk(
    desk: Desk, printer: FilePrinter, renderer: Renderer, tmp_path: Path, paper: Paper
) -> None:
    key = Ed25519PrivateKey.generate()
    [state] = await fetch('SELECT "kiosk" FROM "kiosk_state"')
    await add_key(key.public_key().public_bytes_raw(), node_name(state["kiosk"]), desk.now)

    async def now() -> datetime:
        return desk.now

    queue = PrintQueue(Cups(printer.name), SlipPress(renderer, key), now, QUICK)
    running = asyncio.create_task(queue.run())
    await desk.hear(leases=(desk.lease(10),))
    sold = await sell(desk.order(ROSA, 10), desk.now, paper)
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not is_printed(await job_of(sold)):  # noqa: ASYNC110  # what is waited for stands in a file
            await asyncio.sleep(0.01)
    running.cancel()
    assert "Rosa" in words(printer.paper)
    [address] = decode_qr(picture(printer.paper, tmp_path, 203, black_and_white=True))
    parts = urlsplit(address)
    [signed] = parse_qs(parts.query)["s"]
    assert parts.path == f"/v/{sold.code}"
    assert read_slip(sold.code, signed, await read_keys()).verdict is Verdict.AUTHENTIC
    assert printer.titles == ["Constancia"]


async def test_nothing_is_printed_before_its_sale_is_on_disk(desk: Desk, printer: FilePrinter, sold: Sold) -> None:
    queue = queue_to(printer, desk)
    await until(queue, sold, is_printed)
    with suppress(ZeroDivisionError):
        async with transaction():
            await queue_print(sold.appointment, Paper.TICKET, desk.now)
            # The queue is another task than the sale's.
            await asyncio.create_task(queue.one_round())
            assert 1 / 0
    assert await read_open_jobs() == []
    assert len(printer.titles) == 1


async def test_without_a_printer_it_is_left_to_the_browser(desk: Desk, sold: Sold) -> None:
    queue = queue_to(None, desk)
    await queue.one_round()
    assert (await job_of(sold)).state is PrintState.BROWSER
    assert not (await queue.view()).is_there


async def test_paper_out(desk: Desk, printer: FilePrinter, sold: Sold) -> None:
    queue = queue_to(printer, desk)
    printer.take_paper_out()
    await until(queue, sold, is_stuck(Problem.PAPER_OUT))
    desk.now += timedelta(seconds=1)
    other = await sell(desk.order(JULIO, 11), desk.now, Paper.TICKET)
    await until(queue, other, is_stuck(Problem.PAPER_OUT))
    view = await queue.check()
    assert view.problem is Problem.PAPER_OUT
    assert [job.code for job in view.stuck] == [sold.code, other.code]
    printer.put_paper_in()
    await until(queue, other, is_printed)
    await until(queue, sold, is_printed)
    assert len(printer.titles) == 2
    assert (await queue.check()).problem is None


async def test_a_printer_that_is_paused(desk: Desk, printer: FilePrinter, sold: Sold) -> None:
    queue = queue_to(printer, desk)
    printer.server.tell("cupsdisable", "-r", "Paper out", printer.name)
    await until(queue, sold, is_stuck(Problem.PAUSED))
    printer.server.tell("cupsenable", printer.name)
    await until(queue, sold, is_printed)
    assert len(printer.titles) == 1


async def test_a_printer_that_takes_nothing(desk: Desk, printer: FilePrinter, sold: Sold) -> None:
    queue = queue_to(printer, desk)
    printer.server.tell("cupsreject", printer.name)
    await until(queue, sold, is_stuck(Problem.REFUSES))
    printer.server.tell("cupsaccept", printer.name)
    await until(queue, sold, is_printed)


@pytest.fixture
def restarted(cups_server: CupsServer) -> Iterator[CupsServer]:
    """A CUPS that the test stops; it runs again afterwards."""
    yield cups_server
    cups_server.stop(signal.SIGKILL)
    cups_server.start()


async def test_cups_is_away_and_comes_back(desk: Desk, printer: FilePrinter, sold: Sold, restarted: CupsServer) -> None:
    queue = queue_to(printer, desk)
    restarted.stop()
    await until(queue, sold, is_stuck(Problem.NO_SPOOLER))
    restarted.start()
    await until(queue, sold, is_printed)
    assert len(printer.titles) == 1


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
async def test_cups_restarts_while_it_prints(
    desk: Desk, printer: FilePrinter, sold: Sold, restarted: CupsServer, how: signal.Signals
) -> None:
    queue = queue_to(printer, desk)
    printer.take_paper_out()
    await until(queue, sold, is_stuck(Problem.PAPER_OUT))
    restarted.stop(how)
    await until(queue, sold, is_stuck(Problem.NO_SPOOLER))
    restarted.start()
    printer.put_paper_in()
    queue = queue_to(printer, desk)
    job = await until(queue, sold, lambda job: is_printed(job) or job.needs_somebody)
    if job.needs_somebody:
        # A CUPS that is told to stop ends its filters, and now and then takes that for their failure.
        await print_again(sold.appointment, Paper.TICKET, desk.now + timedelta(seconds=1))
        await until(queue, sold, is_printed)
    assert len(printer.titles) == 1


async def test_a_cups_that_has_forgotten_prints_nothing_twice(
    desk: Desk, printer: FilePrinter, sold: Sold, restarted: CupsServer
) -> None:
    queue = queue_to(printer, desk)
    printer.take_paper_out()
    await until(queue, sold, is_stuck(Problem.PAPER_OUT))
    restarted.forget()
    printer.put_paper_in()
    restarted.start()
    queue = queue_to(printer, desk)
    job = await until(queue, sold, is_stuck(Problem.UNKNOWN_OUTCOME))
    await queue.one_round()
    assert printer.titles == []
    assert job.needs_somebody
    await print_again(sold.appointment, Paper.TICKET, desk.now + timedelta(seconds=1))
    await until(queue, sold, is_printed)
    assert len(printer.titles) == 1


@pytest.mark.parametrize("statement", range(4))
async def test_killed_before_any_statement(
    desk: Desk, printer: FilePrinter, sold: Sold, monkeypatch: pytest.MonkeyPatch, statement: int
) -> None:
    with killed_at(monkeypatch, statement), suppress(Killed):
        await queue_to(printer, desk).one_round()
    await until(queue_to(printer, desk), sold, is_printed)
    assert len(printer.titles) == 1
    assert printer.server.tell("lpstat", "-o", printer.name) == ""


@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("step", ["hand_over", "release"])
async def test_killed_around_any_step_at_cups(
    desk: Desk, printer: FilePrinter, sold: Sold, monkeypatch: pytest.MonkeyPatch, step: str, *, done: bool
) -> None:
    real = getattr(Cups, step)

    async def dying(cups: Cups, *args: object) -> object:
        if done:
            await real(cups, *args)
        raise Killed

    with monkeypatch.context() as patch, suppress(Killed):
        patch.setattr(Cups, step, dying)
        await queue_to(printer, desk).one_round()
    await until(queue_to(printer, desk), sold, is_printed)
    assert len(printer.titles) == 1
    assert printer.server.tell("lpstat", "-o", printer.name) == ""


async def test_what_the_printer_could_not_print(desk: Desk, printer: FilePrinter, sold: Sold) -> None:
    queue = queue_to(printer, desk)
    printer.break_down()
    job = await until(queue, sold, is_stuck(Problem.FAILED))
    printer.repair()
    await queue.one_round()
    assert printer.titles == []
    desk.now += timedelta(seconds=1)
    again = await print_again(sold.appointment, Paper.TICKET, desk.now)
    assert again != job.id
    await until(queue, sold, is_printed)
    assert len(printer.titles) == 1


async def test_a_slip_that_is_cancelled(desk: Desk, printer: FilePrinter, sold: Sold) -> None:
    queue = queue_to(printer, desk)
    unsent = await queue.cancel((await job_of(sold)).id)
    assert unsent is not None
    assert unsent.state is PrintState.CANCELLED
    printer.take_paper_out()
    other = await sell(desk.order(JULIO, 11), desk.now, Paper.TICKET)
    job = await until(queue, other, is_stuck(Problem.PAPER_OUT))
    cancelled = await queue.cancel(job.id)
    assert cancelled is not None
    assert (cancelled.state, cancelled.problem) == (PrintState.CANCELLED, None)
    printer.put_paper_in()
    printer.break_down()
    broken = await until(queue, await sell(desk.order(MEI, 12), desk.now, Paper.TICKET), is_stuck(Problem.FAILED))
    cancelled = await queue.cancel(broken.id)
    assert cancelled is not None
    assert cancelled.state is PrintState.CANCELLED
    printer.repair()
    await queue_print(other.appointment, Paper.TICKET, desk.now + timedelta(seconds=1))
    printed = await until(queue, other, is_printed)
    assert await queue.cancel(printed.id) == printed
    assert len(printer.titles) == 1


async def test_a_slip_that_is_cancelled_at_the_printer(desk: Desk, printer: FilePrinter, sold: Sold) -> None:
    queue = queue_to(printer, desk)
    printer.take_paper_out()
    job = await until(queue, sold, is_stuck(Problem.PAPER_OUT))
    printer.server.tell("cancel", job.printer_job)
    printer.put_paper_in()
    job = await until(queue, sold, lambda job: not job.is_open)
    assert (job.state, job.problem) == (PrintState.CANCELLED, Problem.STOPPED_THERE)


async def test_a_reprint_is_a_job_of_its_own(desk: Desk, printer: FilePrinter, sold: Sold) -> None:
    queue = queue_to(printer, desk)
    await until(queue, sold, is_printed)
    desk.now += timedelta(seconds=1)
    again = await print_again(sold.appointment, Paper.TICKET, desk.now)
    assert await print_again(sold.appointment, Paper.TICKET, desk.now) == again
    await until(queue, sold, is_printed)
    assert [job.state for job in await read_jobs_of(sold.appointment)] == [PrintState.PRINTED] * 2
    assert len(printer.titles) == 2


async def test_a_slip_of_yesterday_is_not_printed(desk: Desk, printer: FilePrinter, sold: Sold) -> None:
    queue = queue_to(printer, desk)
    printer.take_paper_out()
    await until(queue, sold, is_stuck(Problem.PAPER_OUT))
    desk.now += timedelta(days=1)
    job = await until(queue, sold, lambda job: not job.is_open)
    assert (job.state, job.problem) == (PrintState.CANCELLED, Problem.TOO_LATE)
    assert printer.server.tell("lpstat", "-o", printer.name) == ""
    printer.put_paper_in()


async def test_a_locked_kiosk_prints_nothing_any_more(desk: Desk, printer: FilePrinter, sold: Sold) -> None:
    queue = queue_to(printer, desk)
    printer.take_paper_out()
    await until(queue, sold, is_stuck(Problem.PAPER_OUT))
    await desk.hear(standing=Standing.REVOKED)
    job = await until(queue, sold, lambda job: not job.is_open)
    assert (job.state, job.problem) == (PrintState.CANCELLED, Problem.KIOSK_LOCKED)
    assert printer.server.tell("lpstat", "-o", printer.name) == ""
    printer.put_paper_in()


async def test_a_slip_of_a_cancelled_cita_is_not_printed(
    desk: Desk, printer: FilePrinter, sold: Sold, renderer: Renderer
) -> None:
    async def now() -> datetime:
        return desk.now

    await cancel_offline(sold.code, desk.consultant, desk.now)
    await PrintQueue(Cups(printer.name), SlipPress(renderer, Ed25519PrivateKey.generate()), now).one_round()
    job = await job_of(sold)
    assert (job.state, job.problem) == (PrintState.CANCELLED, Problem.CITA_GONE)


async def test_what_is_not_there(
    desk: Desk, printer: FilePrinter, sold: Sold, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def now() -> datetime:
        return desk.now

    nowhere = PrintQueue(Cups("nowhere"), PlainPress(), now, QUICK)
    await until(nowhere, sold, is_stuck(Problem.UNKNOWN_PRINTER))
    with monkeypatch.context() as patch:
        patch.setenv("PATH", str(tmp_path))
        await until(nowhere, sold, is_stuck(Problem.NO_CLIENT))
    await until(queue_to(printer, desk), sold, is_printed)
