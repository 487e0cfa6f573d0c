"""The real server: stops when it is told to, finishes what it began, comes back when it must, and counts for all."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.portal.test_metrics import figures_of
from tests.portal.test_web_csrf import tokens
from tests.running_portal import CITAS, RunningPortal, StartPortal

_STOP_SECONDS = 5.0
_PATIENCE_SECONDS = 20.0


def workers_of(portal: RunningPortal) -> set[int]:
    return {int(pid) for pid in re.findall(r"Spawning worker-\d+ with PID: (\d+)", portal.output)}


def start_two(start_portal: StartPortal) -> RunningPortal:
    """A portal with two workers that both serve."""
    portal = start_portal(CITAS_WORKERS="2")
    wait_until(lambda: portal.output.count('"event":"Started worker') == 2)
    return portal


def wait_until(is_so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def stop_and_time(portal: RunningPortal) -> tuple[int, float]:
    began = time.monotonic()
    code = portal.stop()
    return code, time.monotonic() - began


async def ask_until_nobody_answers(portal: RunningPortal, outcomes: Counter[str]) -> None:
    """One browser that asks for pages over one connection. What was begun must be whole."""
    async with httpx.AsyncClient(base_url=portal.url, timeout=_PATIENCE_SECONDS) as client:
        while True:
            try:
                async with client.stream("GET", "/reservar") as answer:
                    outcomes[str(answer.status_code)] += 1
                    try:
                        await answer.aread()
                    except httpx.HTTPError:
                        outcomes["broken off"] += 1
            except httpx.HTTPError:
                return


async def test_under_load_it_stops_in_time_and_breaks_nothing_off(start_portal: StartPortal) -> None:
    portal = start_portal(CITAS_WORKERS="2")
    outcomes: Counter[str] = Counter()
    async with asyncio.TaskGroup() as browsers:
        for _ in range(16):
            browsers.create_task(ask_until_nobody_answers(portal, outcomes))
        while outcomes["200"] < 100:  # noqa: ASYNC110  # the browsers tell nobody
            await asyncio.sleep(0.01)
        code, seconds = await asyncio.to_thread(stop_and_time, portal)
    assert code == 0, portal.output[-3000:]
    assert seconds < _STOP_SECONDS
    assert set(outcomes) == {"200"}


async def test_what_it_was_answering_it_finishes(start_portal: StartPortal) -> None:
    portal = start_portal()
    async with httpx.AsyncClient(base_url=portal.url, timeout=_PATIENCE_SECONDS) as client:
        (token, *_) = tokens(await client.get("/reservar"))
        writer = sqlite3.connect(portal.data / "portal.db", isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")  # so that counting the attempt has to wait
        holding = asyncio.create_task(client.post("/reservar/apartar", data={"horario": "x", "_csrf_token": token}))
        while await in_flight(portal) < 2:  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.01)
        portal.process.send_signal(signal.SIGTERM)
        while await listens(portal):  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.01)
        assert not holding.done()
        writer.execute("ROLLBACK")
        writer.close()
        answer = await holding
    assert answer.status_code == 422
    code, seconds = await asyncio.to_thread(stop_and_time, portal)
    assert code == 0
    assert seconds < _STOP_SECONDS


async def in_flight(portal: RunningPortal) -> float:
    async with httpx.AsyncClient() as client:
        return figures_of((await client.get(f"{portal.url}/metrics")).text)["citas_http_in_flight", ()]


async def listens(portal: RunningPortal) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", portal.port)
    except OSError:
        return False
    writer.close()
    return True


def test_ctrl_c_stops_everything_without_a_trace(start_portal: StartPortal) -> None:
    portal = start_portal(CITAS_WORKERS="2")
    began = time.monotonic()
    os.killpg(portal.process.pid, signal.SIGINT)
    assert portal.process.wait(_PATIENCE_SECONDS) == 0
    assert time.monotonic() - began < _STOP_SECONDS
    assert "Traceback" not in portal.output
    wait_until(lambda: not group_exists(portal.process.pid))


def group_exists(number: int) -> bool:
    try:
        os.killpg(number, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_worker_that_dies_is_replaced(start_portal: StartPortal) -> None:
    portal = start_two(start_portal)
    before = workers_of(portal)
    os.kill(min(before), signal.SIGKILL)
    wait_until(lambda: portal.output.count('"event":"Started worker') == 3)
    (newcomer,) = workers_of(portal) - before
    assert Path(f"/proc/{newcomer}").exists()
    assert httpx.get(f"{portal.url}/salud").is_success
    assert portal.stop() == 0


def test_any_worker_tells_the_figures_of_all(start_portal: StartPortal) -> None:
    portal = start_two(start_portal)
    for _ in range(20):
        httpx.get(f"{portal.url}/robots.txt")
    key = ("citas_http_requests_total", (("method", "GET"), ("route", "/robots.txt"), ("status", "200")))
    assert {figures_of(httpx.get(f"{portal.url}/metrics").text)[key] for _ in range(6)} == {20}
    pids = {line["pid"] for line in log_of(portal) if line["event"] == "request"}
    assert pids == workers_of(portal)


def test_everything_that_it_logs_is_json_after_the_greeting(start_portal: StartPortal) -> None:
    portal = start_portal()
    httpx.get(f"{portal.url}/no-existe")
    portal.stop()
    told = [line for line in portal.output.splitlines() if not line.startswith("{")]
    greeting = [line.partition(":")[0] for line in told if not line.startswith(" ")]
    assert greeting == [
        "Base de datos",
        "Agenda",
        f"Accesos a {portal.url.partition(':')[0]}",
        "Citas en línea",
        "Correos",
    ]
    assert len(told) - len(greeting) == 7, "one sign-in for each of the first people"
    assert {"_granian", "_granian.serve", None} <= {line.get("logger") for line in log_of(portal)}


def log_of(portal: RunningPortal) -> list[dict[str, object]]:
    return [json.loads(line) for line in portal.output.splitlines() if line.startswith("{")]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_alone_stops_in_time(sqlite_url: str, tmp_path: Path, number: signal.Signals) -> None:
    worker = RunningPortal(tmp_path / "worker", settings={"DATABASE_URL": sqlite_url}, command=(CITAS, "worker"))
    try:
        wait_until(lambda: "worker started" in worker.output)
        began = time.monotonic()
        os.killpg(worker.process.pid, number)
        assert worker.process.wait(_PATIENCE_SECONDS) == 0
        assert time.monotonic() - began < _STOP_SECONDS
        assert "Traceback" not in worker.output
    finally:
        worker.stop()


def test_a_second_portal_on_the_same_port_is_refused(start_portal: StartPortal, tmp_path: Path) -> None:
    first = start_portal()
    second = RunningPortal(tmp_path / "second", settings={"PORTAL_PORT": str(first.port)})
    assert second.process.wait(_PATIENCE_SECONDS) == 2
    assert "PORTAL_PORT" in second.output.splitlines()[-1]
    assert httpx.get(f"{first.url}/salud").is_success
