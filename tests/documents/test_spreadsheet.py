"""Spreadsheets: text stays text, days are days, and a year of rows needs no more memory than a few."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from openpyxl import load_workbook

from portal.documents.spreadsheet import Column, SpreadsheetFile, may_act, safe_cell

COLUMNS = (Column("Fecha", 12), Column("Texto", 30))
FORMULAS = (
    '=HYPERLINK("http://malo.example","Ver")',
    "+51 987 654 321",
    "-2+3",
    "@SUM(A1)",
    "\t=1+1",
    "\r=1+1",
    "  =1+1",
    '"=1+1',
    "＝1+1",
    "＠SUM(A1)",
)


@pytest.mark.parametrize("text", FORMULAS)
def test_what_people_typed_is_never_a_formula(tmp_path: Path, text: str) -> None:
    assert may_act(text)
    assert safe_cell(text) == f"'{text}"
    path = tmp_path / "hoja.xlsx"
    with SpreadsheetFile(path) as file:
        file.add_sheet("Citas", COLUMNS).write((None, text))
    cell = load_workbook(path)["Citas"]["B2"]
    assert cell.data_type == "s"
    assert cell.value == text.replace("\r", "")
    assert cell.quotePrefix


@pytest.mark.parametrize("text", ["Rosa Ñahui", "", "10117410", "a=b", "O'Higgins", "3-4"])
def test_plain_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


def test_days_times_and_numbers_are_what_they_are(tmp_path: Path) -> None:
    path = tmp_path / "hoja.xlsx"
    moment = datetime(2027, 1, 12, 2, 30, tzinfo=UTC)
    with SpreadsheetFile(path) as file:
        file.describe("Citas", "Citas en línea")
        sheet = file.add_sheet("Citas", tuple(Column(name) for name in "abcde"))
        sheet.write((date(2027, 1, 11), time(9, 30), moment, 26, "00123"))
        assert sheet.rows == 1
    row = [cell.value for cell in load_workbook(path)["Citas"][2]]
    assert row == [datetime(2027, 1, 11), time(9, 30), datetime(2027, 1, 11, 21, 30), 26, "00123"]  # noqa: DTZ001


def test_a_moment_without_a_time_zone_is_refused(tmp_path: Path) -> None:
    with SpreadsheetFile(tmp_path / "hoja.xlsx") as file, pytest.raises(ValueError, match="time zone"):
        file.add_sheet("Citas", COLUMNS).write((datetime(2027, 1, 11, 9, 30),))  # noqa: DTZ001


def test_what_no_sheet_can_hold_is_left_out(tmp_path: Path) -> None:
    path = tmp_path / "hoja.xlsx"
    with SpreadsheetFile(path) as file:
        file.add_sheet("Citas", COLUMNS).write((None, "a\x00b\ud800c\nd" + "x" * 40_000))
    value = load_workbook(path)["Citas"]["B2"].value
    assert isinstance(value, str)
    assert value.startswith("abc\nd")
    assert len(value) == 32_767


def test_rows_are_written_in_constant_memory(tmp_path: Path) -> None:
    tracemalloc.start()
    try:
        with SpreadsheetFile(tmp_path / "hoja.xlsx") as file:
            sheet = file.add_sheet("Citas", COLUMNS)
            for _ in range(200):
                sheet.write((date(2027, 1, 11), "x" * 400))
            few = tracemalloc.get_traced_memory()[0]
            for number in range(4_000):
                sheet.write((date(2027, 1, 11), f"{number}" + "x" * 400))
            many = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert many - few < 400_000
