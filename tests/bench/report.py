"""The table at the end of a run, and the same for machines; with the machine that it was taken on."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

from rich.console import Console
from rich.table import Table

from portal.clock import utc_now
from tests.bench.figure import Figure

_WIDTH = 132
_SYNCS = 50


def machine() -> dict[str, str]:
    """What the figures depend on."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    return {
        "taken": f"{utc_now():%Y-%m-%d %H:%M} UTC",
        "cores": str(os.cpu_count()),
        "memory": f"{memory:.0f} GiB",
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()),
        "fsync": f"{1000 * _seconds_of_a_sync():.2f} ms",
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in ("granian", "litestar", "asyncpg", "piccolo", "weasyprint")},
    }


def _seconds_of_a_sync() -> float:
    with tempfile.TemporaryFile() as file:
        began = perf_counter()
        for _ in range(_SYNCS):
            file.write(b"x" * 4096)
            file.flush()
            os.fsync(file.fileno())
        return (perf_counter() - began) / _SYNCS


def report(figures: Sequence[Figure], facts: dict[str, str], folder: Path) -> None:
    """Print the table, and write it and the figures into the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    written = {"machine": facts, "figures": [asdict(figure) for figure in figures]}
    (folder / "figures.json").write_text(json.dumps(written, indent=2, ensure_ascii=False) + "\n")
    with (folder / "table.txt").open("w") as file:
        for console in (Console(width=_WIDTH), Console(file=file, width=_WIDTH)):
            console.print(_table(figures))
            console.print(", ".join(f"{name} {value}" for name, value in facts.items()), highlight=False)


def _table(figures: Sequence[Figure]) -> Table:
    table = Table(title="Citas: figures of one run")
    for name in ("part", "figure", "wanted", "got", "ok"):
        table.add_column(name, justify="right" if name in ("wanted", "got") else "left", overflow="fold")
    last = ""
    for figure in figures:
        part = figure.part if figure.part != last else ""
        if part and last:
            table.add_section()
        last = figure.part
        ok = "" if figure.ok is None else "yes" if figure.ok else "NO"
        table.add_row(part, figure.what, figure.wanted, figure.got, ok)
    return table
