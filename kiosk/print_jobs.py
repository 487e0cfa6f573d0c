"""Slips that are to be printed: ordered in the transaction that books, so that none is lost and none comes too soon."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID, uuid4

from portal.database.node import fetch
from portal.documents.slip import Paper


async def queue_print(appointment: UUID, paper: Paper, now: datetime) -> UUID:
    """Order a slip; returns the job. Inside a transaction it is ordered when that is on disk (rule 15)."""
    job = uuid4()
    await fetch(
        'INSERT INTO "print_job" ("id", "appointment", "paper", "state", "printer_job", "problem", "asked_at") '
        "VALUES ({}, {}, {}, 'queued', '', '', {})",
        *(job, appointment, paper.value, now),
    )
    return job
