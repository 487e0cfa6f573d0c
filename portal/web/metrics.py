"""Figures for Prometheus. Labels are route templates and names of outcomes, never what somebody typed.

Several workers serve ``/metrics``, and each scrape reaches one of them. prometheus-client's multi-process mode lets
any of them answer for all: each keeps its figures in files of the folder that ``PROMETHEUS_MULTIPROC_DIR`` names, and
the answer adds them up. The command line sets that variable and empties the folder before the first worker starts
(the library reads it when it is imported). Without it, as in tests, the figures are those of the process.
"""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path

from prometheus_client import REGISTRY, CollectorRegistry, Counter, Gauge, Histogram, generate_latest, multiprocess

_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})


class Outcome(StrEnum):
    """What is counted of the walk to a cita."""

    HELD = "held"
    BOOKED = "booked"
    MOVED = "moved"
    CANCELLED = "cancelled"
    SEAT_TAKEN = "seat_taken"
    TOO_MANY_ATTEMPTS = "too_many_attempts"


_requests = Counter("citas_http_requests", "Answers", ["method", "route", "status"])
_seconds = Histogram(
    "citas_http_seconds",
    "Time to answer",
    ["route"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0),
)
_in_flight = Gauge("citas_http_in_flight", "Requests being answered", multiprocess_mode="livesum")
_outcomes = Counter("citas_outcomes", "What became of people's wishes", ["outcome"])
_render_waiting = Gauge(
    "citas_documents_waiting", "PDF documents asked for and not made yet", multiprocess_mode="livesum"
)

# labels() takes a lock and joins strings each time; there are few combinations, so each is looked up once.
_counted: dict[tuple[str, str, int], Counter] = {}
_timed: dict[str, Histogram] = {}


def request_began() -> None:
    """A request has come in."""
    _in_flight.inc()


def request_ended(method: str, route: str, status: int, seconds: float) -> None:
    """A request was answered. ``route`` is the template of its address."""
    _in_flight.dec()
    key = (method, route, status)
    counter = _counted.get(key)
    if counter is None:
        name = method if method in _METHODS else "other"
        counter = _requests.labels(name, route, str(status))
        if name == method:
            _counted[key] = counter
    counter.inc()
    timer = _timed.get(route)
    if timer is None:
        timer = _timed[route] = _seconds.labels(route)
    timer.observe(seconds)


def count(outcome: Outcome) -> None:
    """Something happened on the way to a cita."""
    _outcomes.labels(outcome.value).inc()


def documents_waiting(number: int) -> None:
    """How many PDF documents this process is waiting for."""
    _render_waiting.set(number)


def write_metrics(outbox: dict[str, int]) -> bytes:
    """All figures in Prometheus' text format; ``outbox`` is the number of messages by state, read just now."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if folder:
        _forget_the_dead(Path(folder))
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    else:
        registry = REGISTRY
    return generate_latest(registry) + _outbox_lines(outbox)


def _forget_the_dead(folder: Path) -> None:
    """What a worker was answering when it was killed is answered by nobody."""
    for path in folder.glob("gauge_live*.db"):
        pid = int(path.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            multiprocess.mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def _outbox_lines(outbox: dict[str, int]) -> bytes:
    # Counted in the database by whoever is asked, so it needs no registry: a gauge kept there would be summed over
    # processes.
    own = CollectorRegistry()
    depth = Gauge("citas_outbox_messages", "Messages by state", ["state"], registry=own)
    for state, number in sorted(outbox.items()):
        depth.labels(state).set(number)
    return generate_latest(own)
