"""A responsable has the register prepared by a real portal, which may be stopped meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from io import BytesIO

import httpx
from openpyxl import load_workbook

from portal.clock import utc_now
from portal.database.node import fetch
from portal.domain.sessions import SessionRules, Stage, open_session
from portal.domain.spanish_dates import local_day
from portal.web.admission import COOKIE
from tests.bench.ground import in_use
from tests.html_page import HtmlPage
from tests.running_portal import RunningPortal, StartPortal

PATIENCE_SECONDS = 60


async def test_a_file_is_prepared_beside_the_requests(start_portal: StartPortal) -> None:
    portal = start_portal()
    async with await browser_of_the_responsable(portal) as browser:
        await prepare(browser)
        link = await finished_file(browser)
        file = await browser.get(link)
    portal.stop()
    assert file.is_success
    assert int(file.headers["content-length"]) == len(file.content)
    assert load_workbook(BytesIO(file.content)).sheetnames[0] == "Registro"
    assert not list((portal.data / "exports").iterdir())


async def test_a_portal_that_stops_leaves_the_file_to_the_next_one(start_portal: StartPortal) -> None:
    portal = start_portal()
    async with await browser_of_the_responsable(portal) as browser:
        await prepare(browser)
        portal.stop()
    assert "Traceback" not in portal.output
    async with in_use(f"sqlite:///{portal.data / 'portal.db'}"):
        (row,) = await fetch('SELECT "state" FROM "export_job"')
    assert row["state"] in {"queued", "running", "done"}  # a killed maker's claim runs out
    assert not list((portal.data / "exports").glob("*/*.xlsx"))


async def browser_of_the_responsable(portal: RunningPortal) -> httpx.AsyncClient:
    async with in_use(f"sqlite:///{portal.data / 'portal.db'}"):
        (row,) = await fetch('SELECT "id" FROM "staff" ORDER BY "name" LIMIT 1')
        await fetch('UPDATE "staff" SET "role" = \'supervisor\' WHERE "id" = {}', row["id"])
        value = await open_session(row["id"], Stage.FULL, utc_now(), SessionRules())
    return httpx.AsyncClient(base_url=portal.url, cookies={COOKIE: value}, headers={"origin": portal.url}, timeout=20)


async def prepare(browser: httpx.AsyncClient) -> None:
    """Few rows are answered at once, so the form of many is sent by hand."""
    page = HtmlPage((await browser.get("/registro")).text, is_fragment=False)
    (token, *_) = [field.get("value", "") for field in page.elements("input") if field.get("name") == "_csrf_token"]
    today = local_day(utc_now())
    answer = await browser.post(
        "/registro/archivos",
        data={
            "_csrf_token": token,
            "formato": "xlsx",
            "desde": f"{today}",
            "hasta": f"{today + timedelta(days=30)}",
        },
    )
    assert answer.status_code == 303, answer.text[:500]


async def finished_file(browser: httpx.AsyncClient) -> str:
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            part = HtmlPage(
                (await browser.get("/registro/archivos", headers={"hx-request": "true"})).text, is_fragment=True
            )
            links = [link for text, link in part.links.items() if text.startswith("Descargar")]
            if links:
                return links[0]
            await asyncio.sleep(0.2)
