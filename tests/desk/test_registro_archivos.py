"""Files that take a while: made by one worker each, taken up again, given back, forgotten; the loop stays free."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook

from portal.database.node import Node, fetch, open_node, use_node
from portal.domain.exports import (
    CLAIM,
    KEPT,
    Claim,
    ClaimLost,
    ExportKind,
    ExportState,
    ask_for_export,
    claim_export,
    fail_export,
    finish_export,
    give_back_export,
    keep_chunk,
    list_exports,
    purge_exports,
    read_export,
    read_pieces,
    tell_progress,
)
from portal.domain.register_filter import RegisterFilter, within_reach
from portal.domain.staff import find_staff
from portal.exports.process import Maker
from portal.exports.running import clear_leftovers, make_due_exports, make_export
from portal.settings import Settings, read_settings
from tests.people import NOW
from tests.registering import JANUARY, abandoned_julio, attended_rosa, reserve_many
from tests.staffing import Staffed

SECOND = timedelta(seconds=1)


@pytest.fixture
def settings(node_url: str, tmp_path: Path) -> Settings:
    return read_settings(data=tmp_path, DATABASE_URL=node_url, PORTAL_PORT=8000, worker=False)


async def ask(staffed: Staffed, kind: ExportKind = ExportKind.XLSX, chosen: RegisterFilter = JANUARY) -> Claim:
    await ask_for_export(staffed.administrator, kind, chosen, 3, NOW)
    claim = await claim_export(NOW)
    assert claim
    return claim


async def state_of(claim: Claim) -> ExportState:
    job = await read_export(claim.job)
    assert job
    return job.state


async def test_a_process_of_its_own_makes_the_file(staffed: Staffed, settings: Settings) -> None:
    await attended_rosa()
    await abandoned_julio()
    await ask_for_export(staffed.administrator, ExportKind.XLSX, JANUARY, 2, NOW)
    await ask_for_export(staffed.supervisor, ExportKind.CSV, JANUARY, 2, NOW + SECOND)
    await make_due_exports(settings, lambda: NOW + SECOND, asyncio.Event())
    (workbook,) = await list_exports(staffed.administrator)
    (text,) = await list_exports(staffed.supervisor)
    for job in (workbook, text):
        assert (job.state, job.rows_done, job.percent) == (ExportState.DONE, 2, 100)
        content = b"".join([piece async for piece in read_pieces(job.id)])
        assert len(content) == job.size
    book = load_workbook(BytesIO(b"".join([piece async for piece in read_pieces(workbook.id)])))
    assert book["Registro"].max_row == 3
    assert str(book["Conciliación"]["A2"].value).startswith("Coincide")
    assert not list((settings.data / "exports").iterdir())
    assert await claim_export(NOW + timedelta(hours=1)) is None


async def test_the_loop_stays_free_meanwhile(staffed: Staffed, settings: Settings) -> None:
    await reserve_many(40)
    claim = await ask(staffed)
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0.005)
            turns += 1

    turning = asyncio.create_task(turn())
    await make_export(claim, settings, asyncio.Event())
    turning.cancel()
    assert await state_of(claim) is ExportState.DONE
    assert turns > 10


async def test_two_workers_do_not_make_the_same_file(staffed: Staffed, node: Node, node_url: str) -> None:
    await ask_for_export(staffed.administrator, ExportKind.CSV, JANUARY, 3, NOW)
    other = open_node("portal", node_url)
    await other.start()

    async def claim_elsewhere() -> Claim | None:
        with use_node(other):
            return await claim_export(NOW)

    claims = await asyncio.gather(*(claim_export(NOW) if turn % 2 else claim_elsewhere() for turn in range(8)))
    await other.stop()
    assert len([claim for claim in claims if claim]) == 1


async def test_the_same_file_is_asked_for_once(staffed: Staffed) -> None:
    asked = [await ask_for_export(staffed.consultant, ExportKind.CSV, JANUARY, 3, NOW) for _ in range(2)]
    other = await ask_for_export(staffed.colleague, ExportKind.CSV, JANUARY, 3, NOW)
    workbook = await ask_for_export(staffed.consultant, ExportKind.XLSX, JANUARY, 3, NOW)
    assert asked[0] == asked[1]
    assert len({*asked, other, workbook}) == 3


async def test_a_dead_workers_job_is_taken_up_and_the_dead_one_changes_nothing(staffed: Staffed) -> None:
    first = await keep_chunk(await ask(staffed), 0, b"half", NOW)
    assert await claim_export(NOW + CLAIM - SECOND) is None
    assert await tell_progress(first, 1, NOW) != first
    later = NOW + CLAIM + 2 * SECOND
    second = await claim_export(later)
    assert second
    assert second.job == first.job
    for late in (
        lambda: tell_progress(first, 2, later),
        lambda: keep_chunk(first, 1, b"late", later),
        lambda: finish_export(first, 3, 8, later),
    ):
        with pytest.raises(ClaimLost):
            await late()
    await fail_export(first, later)
    await give_back_export(first)
    assert await state_of(second) is ExportState.RUNNING
    moved = await keep_chunk(second, 0, b"whole", later)
    await finish_export(moved, 3, 5, later)
    assert [piece async for piece in read_pieces(first.job)] == [b"whole"]


async def test_who_stops_gives_the_job_back(staffed: Staffed, settings: Settings) -> None:
    await reserve_many(4)
    claim, stop = await ask(staffed), asyncio.Event()
    stop.set()
    await make_export(claim, settings, stop)
    # The process may have been told to go before it could say so: then its claim runs out.
    again = await claim_export(NOW + CLAIM + SECOND)
    assert again
    assert again.job == claim.job


async def test_a_cancelled_making_is_queued_again(
    staffed: Staffed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await reserve_many(4)
    claim = await ask(staffed)
    maker = Maker(claim, tmp_path)
    making = asyncio.create_task(maker.make())
    await asyncio.sleep(0)
    making.cancel()
    with pytest.raises(asyncio.CancelledError):
        await making
    await give_back_export(maker.claim)
    assert await state_of(claim) is ExportState.QUEUED


async def test_what_ends_its_worker_again_and_again_is_given_up(staffed: Staffed) -> None:
    claim = await ask(staffed)
    assert await claim_export(NOW + timedelta(hours=3)) is None
    assert await state_of(claim) is ExportState.FAILED


async def test_what_cannot_be_made_is_told(staffed: Staffed, settings: Settings) -> None:
    claim = await ask(staffed)
    await fetch('UPDATE "export_job" SET "filters" = {} WHERE "id" = {}', '{"desde": "?"}', claim.job)
    with pytest.raises(ValueError, match="isoformat"):
        await read_export(claim.job)
    await make_export(claim, settings, asyncio.Event())
    (row,) = await fetch('SELECT "state" FROM "export_job" WHERE "id" = {}', claim.job)
    assert row["state"] == ExportState.FAILED


async def test_files_are_kept_for_a_day(staffed: Staffed) -> None:
    claim = await keep_chunk(await ask(staffed), 0, b"whole", NOW)
    await finish_export(claim, 3, 5, NOW)
    await purge_exports(NOW + KEPT)
    assert await read_export(claim.job)
    await purge_exports(NOW + KEPT + SECOND)
    assert await read_export(claim.job) is None
    assert await fetch('SELECT "id" FROM "export_chunk"') == []


async def test_what_a_killed_worker_left_on_disk_is_removed(settings: Settings) -> None:
    left = settings.data / "exports" / "left"
    left.mkdir(parents=True)
    (left / "registro.csv").write_text("somebody's data")
    made_at = datetime.fromtimestamp(left.stat().st_mtime, UTC)
    await clear_leftovers(settings, made_at + KEPT - SECOND)
    assert left.exists()
    await clear_leftovers(settings, made_at + KEPT + SECOND)
    assert not left.exists()


async def test_a_filter_comes_back_as_it_was_stored(staffed: Staffed) -> None:
    staff = await find_staff(staffed.supervisor)
    assert staff
    chosen = within_reach(JANUARY, staff)
    assert chosen.center == staffed.world.center
    claim = await ask(staffed, chosen=chosen)
    job = await read_export(claim.job)
    assert job
    assert job.chosen == chosen
