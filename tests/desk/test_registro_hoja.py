"""The Google Sheet: each cita keeps its row, whatever Google answers and whoever sorts the sheet."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from portal.database.node import fetch
from portal.documents.register_columns import COLUMNS
from portal.domain.sheet_rows import give_places
from portal.settings import Settings, SettingsError, read_settings
from portal.sheets import push
from portal.sheets.client import SheetBusy, SheetClient, SheetRefused, column_name
from portal.sheets.push import keep_sheet, open_sheet, push_changes
from tests.desk.sheet_stand_in import SHEET, SheetStandIn, serve_sheet
from tests.portal.walking import NINE
from tests.registering import abandoned_julio, attended_rosa, reserve_many, reserved_mei
from tests.staffing import Staffed

LATER = NINE + timedelta(hours=8)
GO_ON = asyncio.Event()


@pytest.fixture
def google() -> Iterator[SheetStandIn]:
    with serve_sheet() as sheet:
        yield sheet


@pytest.fixture
def client(google: SheetStandIn, tmp_path: Path) -> Iterator[SheetClient]:
    client = open_sheet(settings_of(google, tmp_path))
    yield client
    client.close()


def settings_of(google: SheetStandIn, folder: Path, **given: object) -> Settings:
    return read_settings(
        **{
            "data": folder,
            "google_sheet": SHEET,
            "google_credentials": google.credentials(folder),
            "google_api": google.url,
            **given,
        }
    )


async def code_of(cita: object) -> str:
    (row,) = await fetch('SELECT "code" FROM "appointment" WHERE "id" = {}', cita)
    return str(row["code"])


async def attend_all() -> None:
    await fetch('UPDATE "appointment" SET "state" = \'attended\'')


async def test_what_came_to_its_end_is_written_once(
    staffed: Staffed, google: SheetStandIn, client: SheetClient
) -> None:
    rosa, julio = await code_of(await attended_rosa()), await code_of(await abandoned_julio())
    await reserved_mei()
    assert await push_changes(client, LATER, GO_ON) == 2
    assert google.column() == ["Código", rosa, julio]
    assert google.row(1) == [column.heading for column in COLUMNS]
    told = dict(zip(google.row(1), google.row(2), strict=True))
    assert (told["Fecha"], told["Inicio"]) == ("2027-01-11", "2027-01-11 09:03")
    assert (told["Minutos de las actividades 04 a 06"], told["Número de documento"]) == (17.0, "10117410")
    assert google.columns == len(COLUMNS)
    # What looks like a formula is taken as it is.
    assert dict(zip(google.row(1), google.row(3), strict=True))["Observaciones"] == "=HYPERLINK(1)"
    asked = len(google.asked)
    assert await push_changes(client, LATER, GO_ON) == 0
    assert len(google.asked) == asked
    assert google.tokens == 1


async def test_what_has_changed_is_written_into_its_row(
    staffed: Staffed, google: SheetStandIn, client: SheetClient
) -> None:
    rosa, julio = await attended_rosa(), await abandoned_julio()
    await push_changes(client, LATER, GO_ON)
    await fetch('UPDATE "attention" SET "observations" = {} WHERE "appointment" = {}', "Corregido", rosa)
    mei = await reserved_mei()
    await fetch('UPDATE "appointment" SET "state" = \'not_held\' WHERE "id" = {}', mei)
    # Whatever becomes of it, a row that stands there is kept up to date.
    await fetch('UPDATE "appointment" SET "state" = \'in_attention\' WHERE "id" = {}', julio)
    assert await push_changes(client, LATER, GO_ON) == 3
    assert google.column() == ["Código", *[await code_of(cita) for cita in (rosa, julio, mei)]]
    assert "Corregido" in google.row(2)
    assert "En atención" in google.row(3)
    assert await push_changes(client, LATER, GO_ON) == 0


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("status", [429, 500, 503])
async def test_a_failure_halfway_writes_nothing_twice(
    staffed: Staffed,
    google: SheetStandIn,
    client: SheetClient,
    monkeypatch: pytest.MonkeyPatch,
    status: int,
    late: bool,
) -> None:
    monkeypatch.setattr(push, "_WRITTEN_AT_ONCE", 3)
    monkeypatch.setattr(push, "_READ_AT_ONCE", 3)
    made = await reserve_many(8)
    await attend_all()
    google.columns = len(COLUMNS)
    google.faults, google.late = [0, status], late
    with pytest.raises(SheetBusy, match=str(status)):
        await push_changes(client, NINE + timedelta(days=3), GO_ON)
    assert len(google.column()) == (7 if late else 4)
    written = await push_changes(client, NINE + timedelta(days=3), GO_ON)
    assert written == 5
    codes = google.column()[1:]
    assert sorted(codes) == sorted([await code_of(cita) for cita in made])
    assert await push_changes(client, NINE + timedelta(days=3), GO_ON) == 0


async def test_who_died_before_writing_left_a_place(
    staffed: Staffed, google: SheetStandIn, client: SheetClient
) -> None:
    rosa = await attended_rosa()
    await give_places([rosa], LATER)
    assert await push_changes(client, LATER, GO_ON) == 1
    assert google.column() == ["Código", await code_of(rosa)]


async def test_a_sheet_that_somebody_sorted_keeps_one_row_each(
    staffed: Staffed, google: SheetStandIn, client: SheetClient
) -> None:
    rosa, julio = await attended_rosa(), await abandoned_julio()
    await push_changes(client, LATER, GO_ON)
    for column in range(1, len(COLUMNS) + 1):
        upper, lower = (2, column), (3, column)
        google.cells[upper], google.cells[lower] = google.cells[lower], google.cells[upper]
    google.cells[4, 1] = "Nota de Elena"
    mei = await reserved_mei()
    await fetch('UPDATE "appointment" SET "state" = \'attended\' WHERE "id" = {}', mei)
    await fetch('UPDATE "attention" SET "observations" = {} WHERE "appointment" = {}', "Corregido", rosa)
    await push_changes(client, LATER, GO_ON)
    await push_changes(client, LATER, GO_ON)
    codes = [await code_of(cita) for cita in (julio, rosa, mei)]
    assert google.column() == ["Código", codes[0], codes[1], "Nota de Elena", codes[2]]
    assert "Corregido" in google.row(3)
    assert await push_changes(client, LATER, GO_ON) == 0


async def test_a_row_that_was_deleted_is_written_again(
    staffed: Staffed, google: SheetStandIn, client: SheetClient
) -> None:
    rosa = await attended_rosa()
    await push_changes(client, LATER, GO_ON)
    google.cells = {place: cell for place, cell in google.cells.items() if place[0] == 1}
    await fetch('UPDATE "attention" SET "observations" = {} WHERE "appointment" = {}', "Corregido", rosa)
    await push_changes(client, LATER, GO_ON)
    assert google.column() == ["Código", await code_of(rosa)]


async def test_a_full_page_grows(staffed: Staffed, google: SheetStandIn, client: SheetClient) -> None:
    google.rows = 3
    await reserve_many(6)
    await attend_all()
    assert await push_changes(client, NINE + timedelta(days=3), GO_ON) == 6
    assert google.rows == 7


async def test_what_google_refuses_is_told_without_a_name(
    staffed: Staffed, google: SheetStandIn, tmp_path: Path
) -> None:
    await attended_rosa()
    client = open_sheet(settings_of(google, tmp_path, google_sheet="otra"))
    with capture_logs() as logs:
        await keep_sheet(client, lambda: LATER, GO_ON)
    assert [(entry["event"], entry["why"]) for entry in logs] == [("sheet refused", "status 404")]
    with pytest.raises(SheetRefused):
        await push_changes(client, LATER, GO_ON)
    client.close()


async def test_the_loop_stays_free_while_google_thinks(
    staffed: Staffed, google: SheetStandIn, client: SheetClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    await attended_rosa()
    thread_of_loop = asyncio.get_running_loop()
    inside: list[bool] = []
    ask = SheetClient._ask

    def watched(self: SheetClient, *given: object) -> object:
        try:
            asyncio.get_running_loop()
        except RuntimeError:
            inside.append(False)
        else:
            inside.append(True)
        return ask(self, *given)

    monkeypatch.setattr(SheetClient, "_ask", watched)
    await push_changes(client, LATER, GO_ON)
    assert thread_of_loop.is_running()
    assert inside
    assert not any(inside)


async def test_nobody_there_means_later(staffed: Staffed, google: SheetStandIn, tmp_path: Path) -> None:
    await attended_rosa()
    client = open_sheet(settings_of(google, tmp_path, google_api="http://127.0.0.1:9"))
    with pytest.raises(SheetBusy):
        await push_changes(client, LATER, GO_ON)
    client.close()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"google_sheet": ""}, "go together"),
        ({"google_credentials": None}, "go together"),
        ({"google_api": "http://sheets.example"}, "CITAS_GOOGLE_API: .*https"),
        ({"google_sheet": "https://docs.google.com/x"}, "CITAS_GOOGLE_SHEET"),
        ({"google_credentials": Path("/nowhere.json")}, "CITAS_GOOGLE_CREDENTIALS: .*readable file"),
    ],
)
def test_wrong_settings_are_told_at_the_start(
    google: SheetStandIn, tmp_path: Path, given: dict[str, object], sentence: str
) -> None:
    with pytest.raises(SettingsError, match=sentence):
        settings_of(google, tmp_path, **given)


def test_a_key_that_is_none_is_told_without_quoting_it(google: SheetStandIn, tmp_path: Path) -> None:
    other = tmp_path / "other.json"
    other.write_text('["secret"]')
    with pytest.raises(SettingsError, match="no key of a service account") as refused:
        settings_of(google, tmp_path, google_credentials=other)
    assert "secret" not in str(refused.value)
    told = json.loads(google.credentials(tmp_path).read_text())
    other.write_text(json.dumps({**told, "private_key": "secret"}))
    with pytest.raises(SettingsError, match="private key") as refused:
        open_sheet(settings_of(google, tmp_path, google_credentials=other))
    assert "secret" not in str(refused.value)


def test_off_unless_it_is_set() -> None:
    settings = read_settings()
    assert (settings.google_sheet, settings.google_credentials) == ("", None)
    assert column_name(55) == "BC"
