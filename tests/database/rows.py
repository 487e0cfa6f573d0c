"""Rows that the database tests write and count, in tables that need nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

from portal.database.node import fetch
from portal.tables.centers import Center
from portal.tables.web import AttemptWindow

NOON = datetime(2027, 1, 4, 17, 0, tzinfo=UTC)


async def add_center(code: str = "central") -> Center:
    """Write a sede."""
    center = Center(id=uuid4(), code=code, name="Sede", address="Av. Salaverry 655", ubigeo="150113")
    await Center.insert(center)
    return center


async def add_attempt(key: str) -> None:
    """Write a row whose key must be new."""
    await AttemptWindow.insert(AttemptWindow(key=key, tries=1, expires_at=NOON))


async def raise_version() -> None:
    """Write to the sede without reading it first."""
    await fetch("UPDATE center SET version = version + 1")


async def versions() -> list[int]:
    """What is written, oldest sede first."""
    return [row["version"] for row in await fetch("SELECT version FROM center ORDER BY code")]


async def attempts() -> int:
    """How many attempts are written."""
    (row,) = await fetch("SELECT count(*) AS found FROM attempt_window")
    found: int = row["found"]
    return found
