"""GET /metrics: figures for Prometheus, of routes and outcomes, never of people."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import httpx
from prometheus_client.parser import text_string_to_metric_families

from portal.web import metrics
from tests.people import NOW, ROSA, build_world, reserve, slot_at

Figures = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def figures_of(text: str) -> Figures:
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


async def read(client: httpx.AsyncClient) -> Figures:
    return figures_of((await client.get("/metrics")).text)


def requests(figures: Figures, **labels: str) -> float:
    return figures.get(("citas_http_requests_total", tuple(sorted(labels.items()))), 0)


async def test_answers_are_counted_by_route_and_status(client: httpx.AsyncClient) -> None:
    before = await read(client)
    await client.get("/salud?x=1")
    await client.get("/no-existe/45678912")
    await client.request("INVENTADO", "/no-existe")
    after = await read(client)
    for labels in (
        {"method": "GET", "route": "/salud", "status": "200"},
        {"method": "GET", "route": "(none)", "status": "404"},
        {"method": "other", "route": "(none)", "status": "404"},
    ):
        assert requests(after, **labels) == requests(before, **labels) + 1


async def test_the_time_to_answer_is_told_by_route(client: httpx.AsyncClient) -> None:
    key = ("citas_http_seconds_count", (("route", "/salud"),))
    before = (await read(client)).get(key, 0)
    await client.get("/salud")
    assert (await read(client))[key] == before + 1


async def test_requests_that_are_being_answered_are_counted(client: httpx.AsyncClient) -> None:
    assert (await read(client))[("citas_http_in_flight", ())] == 1  # this one
    assert (await read(client))[("citas_http_in_flight", ())] == 1


async def test_outcomes_are_counted(client: httpx.AsyncClient) -> None:
    key = ("citas_outcomes_total", (("outcome", "booked"),))
    before = (await read(client)).get(key, 0)
    metrics.count(metrics.Outcome.BOOKED)
    assert (await read(client))[key] == before + 1


async def test_messages_that_wait_are_counted_in_the_database(client: httpx.AsyncClient) -> None:
    await build_world()
    await reserve(ROSA, slot_at(NOW + timedelta(days=1)))
    assert (await read(client))[("citas_outbox_messages", (("state", "queued"),))] == 1


async def test_no_label_says_what_was_asked_for(client: httpx.AsyncClient) -> None:
    for number in range(10):
        await client.get(f"/citas/K7QW2M{number:02}?k=firmado")
        await client.request(f"M{number}", f"/no-existe/{number}")
    values = {value for _, labels in await read(client) for _, value in labels}
    assert not {value for value in values if "K7QW" in value or "no-existe" in value or value.startswith("M")}


def test_several_workers_answer_for_all(tmp_path: Path) -> None:
    count = "from portal.web import metrics; metrics.count(metrics.Outcome.HELD); metrics.request_began()"
    tell = "import sys; from portal.web import metrics; sys.stdout.buffer.write(metrics.write_metrics({'queued': 3}))"
    environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for script in (count, count):
        subprocess.run([sys.executable, "-c", script], env=environment, check=True)
    told = subprocess.run([sys.executable, "-c", tell], env=environment, check=True, capture_output=True, text=True)
    figures = figures_of(told.stdout)
    assert figures["citas_outcomes_total", (("outcome", "held"),)] == 2
    assert figures.get(("citas_http_in_flight", ()), 0) == 0  # they are gone, and so are their requests
    assert figures["citas_outbox_messages", (("state", "queued"),)] == 3
