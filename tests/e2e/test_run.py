"""``citas run``: portal and kiosk beside each other. Each dies alone; both stop when they are told to."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.e2e.two_sides import answers, kiosk_sign_in, process_named, wait_until
from tests.running_portal import RUN, RunningPortal

STOP_SECONDS = 5.0


@pytest.fixture
def both(tmp_path: Path) -> Iterator[RunningPortal]:
    started = RunningPortal(tmp_path / "both", settings={}, command=RUN)
    started.wait_until_ready()
    wait_until(lambda: answers(kiosk_page(started)))
    yield started
    started.stop()


def kiosk_page(portal: RunningPortal) -> str:
    return f"http://127.0.0.1:{portal.kiosk_port}/ingresar"


def test_the_portal_dies_and_the_kiosk_serves_on_until_both_are_told_to_stop(both: RunningPortal) -> None:
    for username in ("consultor1", "responsable"):
        kiosk_sign_in(both.output, username)
    for address in (both.url, f"http://127.0.0.1:{both.kiosk_port}"):
        assert address in both.output
    os.kill(process_named(both, "portal"), signal.SIGKILL)
    wait_until(lambda: "el portal se detuvo" in both.output)
    wait_until(lambda: not answers(f"{both.url}/salud"))  # nor does any worker of it go on
    assert httpx.get(kiosk_page(both)).is_success
    began = time.monotonic()
    both.process.send_signal(signal.SIGINT)
    assert both.process.wait(10) == 0
    assert time.monotonic() - began < STOP_SECONDS
    assert not answers(kiosk_page(both))


def test_the_kiosk_dies_and_the_portal_serves_on(both: RunningPortal) -> None:
    os.kill(process_named(both, "kiosk"), signal.SIGKILL)
    wait_until(lambda: "el módulo se detuvo" in both.output)
    assert httpx.get(f"{both.url}/salud").is_success
    began = time.monotonic()
    os.killpg(both.process.pid, signal.SIGINT)  # as Ctrl-C does
    assert both.process.wait(10) == 0
    assert time.monotonic() - began < STOP_SECONDS


def test_a_second_start_beside_the_first_is_refused_and_harms_nothing(both: RunningPortal, tmp_path: Path) -> None:
    settings = {"CITAS_DATA": str(both.data), "PORTAL_PORT": str(both.port), "KIOSK_PORT": str(both.kiosk_port)}
    second = RunningPortal(tmp_path / "second", settings=settings, command=RUN)
    assert second.process.wait(60) == 2
    assert "PORTAL_PORT" in second.output
    assert "Accesos" not in second.output
    assert httpx.get(f"{both.url}/salud").is_success
    assert httpx.get(kiosk_page(both)).is_success
