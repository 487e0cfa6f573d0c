"""Story: the portal is copied while it serves, the machine is lost, and the copy serves elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from portal.clock import utc_now
from portal.database.node import open_node, use_node
from portal.domain.booking import Request, book
from portal.domain.catalogue import read_catalogue
from portal.domain.days_on_offer import slots_of
from portal.domain.holds import hold_seat
from portal.domain.modality import Modality
from portal.domain.rules import BookingRules
from portal.domain.slots import Agenda, next_free_day
from portal.domain.spanish_dates import local_day
from tests.databases import ENGINES, NewDatabase, run_apart
from tests.people import CONSENT, ROSA
from tests.running_portal import CITAS, RunningPortal, StartPortal

RULES = BookingRules()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_copy_made_while_serving_serves_after_a_restore(
    engine: str, new_database: NewDatabase, start_portal: StartPortal, tmp_path: Path
) -> None:
    lost, copy, found = new_database(engine), tmp_path / "copia", new_database(engine, migrated=False)
    start_portal(DATABASE_URL=lost)
    code = run_apart(_reserve_tomorrow(lost))
    _command("backup", copy, lost)
    _command("restore", copy, found)
    portal = start_portal(DATABASE_URL=found)
    page = _look_up(portal, code)
    assert "Tu cita está reservada" in page
    assert code[:4] in page
    run_apart(_reserve_tomorrow(found, document="42388604"))


def _command(order: str, file: Path, url: str) -> None:
    environment = {**os.environ, "DATABASE_URL": url, "CITAS_DATA": str(file.parent / "data")}
    subprocess.run([CITAS, order, str(file)], env=environment, check=True, capture_output=True)


async def _reserve_tomorrow(url: str, document: str = ROSA.document_number) -> str:
    """What the pages do, in a process beside the one that serves."""
    node, now = open_node("beside", url), utc_now()
    await node.start()
    try:
        with use_node(node):
            catalogue = await read_catalogue()
            agenda = Agenda(catalogue.services[0], catalogue.centers[0], Modality.VIRTUAL)
            day = await next_free_day(agenda, now, RULES, after=local_day(now + timedelta(days=1)))
            assert day is not None
            key = (await slots_of(agenda, day, now, RULES))[0].key
            token = uuid4().hex
            seat = await hold_seat(key, token, None, now, RULES)
            person = replace(ROSA, document_number=document)
            return (await book(Request(token, key, seat, person, CONSENT), now, RULES)).code
    finally:
        await node.stop()


def _look_up(portal: RunningPortal, code: str) -> str:
    with httpx.Client(base_url=portal.url, follow_redirects=True) as client:
        token = re.search(r'name="_csrf_token" value="([^"]+)"', client.get("/citas").text)
        assert token is not None
        typed = {"_csrf_token": token[1], "codigo": code, "numero_documento": ROSA.document_number}
        answer = client.post("/citas", data=typed)
        assert answer.status_code == 200
        return answer.text
