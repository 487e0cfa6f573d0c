"""The register's files: their columns by version, dates as dates, texts as texts, sums that tell."""

from __future__ import annotations

import csv
import tracemalloc
from dataclasses import replace
from datetime import UTC, date, datetime, time
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet

from portal.documents import register_words
from portal.documents.register_columns import COLUMNS, COLUMNS_VERSION
from portal.documents.register_csv import csv_heading, csv_lines
from portal.documents.register_workbook import About, RegisterWorkbook
from portal.documents.spreadsheet import MOST_ROWS
from portal.domain.modality import Modality
from portal.domain.register import Attempt, RegisterRow
from portal.domain.register_sums import Line, Reconciliation
from portal.domain.vocabulary import (
    AbandonMotive,
    ContactChannel,
    ContactOutcome,
    DocumentType,
    Language,
    NotHeldReason,
    Origin,
    Preference,
    State,
    Topic,
)

NINE = datetime(2027, 1, 11, 14, 0, tzinfo=UTC)
ABOUT = About("Elena Ríos", NINE, date(2027, 1, 1), date(2027, 1, 31), "Callao", "", "", State.ATTENDED)
ROW = RegisterRow(
    id=UUID(int=7),
    code="K7WM3R9H",
    state=State.ATTENDED,
    service_name="Bolsa de Trabajo",
    center_name="Centro de Empleo – Sede central",
    modality=Modality.VIRTUAL,
    channel=None,
    starts_at=NINE,
    ends_at=datetime(2027, 1, 11, 14, 30, tzinfo=UTC),
    consultant=UUID(int=1),
    consultant_name="Consultor 1",
    attended_by="Consultor 2",
    document_type=DocumentType.DNI,
    document_number="01011741",
    given_names="Rosa María",
    first_surname="Ñahui",
    second_surname="",
    birth_date=date(1990, 3, 27),
    email="rosa@example.org",
    phone="+51987654321",
    ubigeo="010101",
    district="Chachapoyas",
    province="Chachapoyas",
    department="Amazonas",
    preference=Preference.PREGNANT,
    language=Language.QUECHUA,
    motive='Quiero "trabajar",\nya',
    has_cv=True,
    origin=Origin.PHONE,
    booked_by="Consultor 1",
    created_at=datetime(2027, 1, 7, 3, 30, tzinfo=UTC),
    privacy_version="2026-11",
    privacy_accepted_at=NINE,
    promotions=False,
    meet_link="https://meet.google.com/abc-defg-hij",
    notified_at=None,
    reminded_at=None,
    invited_at=NINE,
    started_at=datetime(2027, 1, 11, 14, 3, tzinfo=UTC),
    finished_at=datetime(2027, 1, 11, 14, 20, 30, tzinfo=UTC),
    ended_at=None,
    moved_from="",
    displaced=False,
    duplicate=True,
    unrecorded=True,
    attempts=(Attempt(NINE, ContactChannel.PHONE, ContactOutcome.NO_ANSWER),),
    topics=(Topic.ACCOUNT, Topic.SEARCH),
    notes="",
    observations="=1+1",
    reason=None,
    doubtful=True,
    taken_back=False,
    survey_asked_at=None,
    survey_answered=False,
)
SUMS = Reconciliation(
    Line(1, 1),
    tuple(Line(int(state is State.ATTENDED), int(state is State.ATTENDED), state=state) for state in State),
    (Line(1, 1, name="Consultor 1"),),
)

# Others read these files by machine: whoever changes the columns writes down a new version.
VERSIONS = {
    1: (
        "Código", "Servicio", "Sede", "Modalidad", "Fecha", "Hora de inicio", "Hora de fin", "Consultor", "Atendió",
        "Estado", "Tipo de documento", "Número de documento", "Nombres", "Primer apellido", "Segundo apellido",
        "Fecha de nacimiento", "Correo", "Teléfono", "Ubigeo", "Distrito", "Provincia", "Departamento",
        "Atención preferente", "Lengua", "Necesita intérprete", "Motivo de la cita", "Envió CV", "Origen",
        "Reservó por el usuario", "Reservada el", "Versión del aviso de privacidad", "Aviso aceptado el",
        "Acepta promociones", "Enlace de la videollamada", "Notificada el", "Recordada el", "Invitada el", "Inicio",
        "Final", "Anulada, movida, abandonada o no realizada el", "Viene de la cita", "Intentos de contacto",
        "Detalle de los intentos", "Atendida por otro medio", "Temas", "Notas", "Observaciones",
        "Motivo de abandono o de no realizada", "Minutos de la actividad 03", "Minutos dudosos de la 03",
        "Minutos de las actividades 04 a 06", "Minutos dudosos de la 04 a la 06", "Encuesta enviada el",
        "Encuesta respondida", "Marcas", "Versión de columnas",
    ),
}  # fmt: skip


def test_the_columns_are_those_of_their_version() -> None:
    assert tuple(column.heading for column in COLUMNS) == VERSIONS[COLUMNS_VERSION]
    assert max(VERSIONS) == COLUMNS_VERSION


@pytest.mark.parametrize(
    "kind",
    [
        State,
        Modality,
        DocumentType,
        Preference,
        Language,
        Origin,
        ContactChannel,
        ContactOutcome,
        Topic,
        AbandonMotive,
        NotHeldReason,
    ],
)
def test_every_member_has_a_word(kind: type[State]) -> None:
    words = [register_words.word(member) for member in kind]
    assert all(words)
    assert len(set(words)) == len(words)


def csv_row(row: RegisterRow = ROW) -> dict[str, str]:
    content = csv_heading() + csv_lines([row])
    assert content.startswith(b"\xef\xbb\xbf")
    assert content.endswith(b"\r\n")
    heading, *rows = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
    assert len(rows) == 1
    return dict(zip(heading, rows[0], strict=True))


def test_csv_holds_days_as_excel_takes_them_and_texts_whole() -> None:
    row = csv_row()
    assert (row["Fecha"], row["Hora de inicio"], row["Hora de fin"]) == ("2027-01-11", "09:00", "09:30")
    assert (row["Fecha de nacimiento"], row["Reservada el"]) == ("1990-03-27", "2027-01-06 22:30")
    assert row["Motivo de la cita"] == 'Quiero "trabajar",\nya'
    assert (row["Número de documento"], row["Teléfono"], row["Ubigeo"]) == ("01011741", "987654321", "010101")
    assert (row["Minutos de la actividad 03"], row["Minutos de las actividades 04 a 06"]) == ("3", "17.5")
    assert (row["Origen"], row["Lengua"], row["Necesita intérprete"]) == ("Llamada", "Quechua", "Sí")
    assert row["Detalle de los intentos"] == "11/01/2027 09:00 Teléfono: no contestó"
    assert row["Temas"] == "Creación de cuenta; Búsqueda de vacantes"
    assert (row["Marcas"], row["Minutos dudosos de la 04 a la 06"]) == ("Duplicada; Sin registro", "Sí")
    assert (row["Notificada el"], row["Versión de columnas"]) == ("", str(COLUMNS_VERSION))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", ' "=1'])
@pytest.mark.parametrize("field", ["observations", "given_names", "motive", "notes", "email"])
def test_nothing_that_was_typed_acts(tmp_path: Path, text: str, field: str) -> None:
    row = replace(ROW, **{field: text})  # type: ignore[arg-type]  # texts alone
    heading = {
        "observations": "Observaciones",
        "given_names": "Nombres",
        "motive": "Motivo de la cita",
        "notes": "Notas",
        "email": "Correo",
    }[field]
    assert csv_row(row)[heading] == f"'{text}"
    cell = cell_of(workbook(tmp_path, row)["Registro"], heading)
    assert cell.data_type == "s"


def test_a_number_from_abroad_is_text_too(tmp_path: Path) -> None:
    row = replace(ROW, phone="+34911234567")
    assert csv_row(row)["Teléfono"] == "'+34911234567"
    assert cell_of(workbook(tmp_path, row)["Registro"], "Teléfono").value == "+34911234567"


def test_a_workbook_holds_days_as_days_and_documents_as_text(tmp_path: Path) -> None:
    sheet = workbook(tmp_path)["Registro"]
    assert [cell.value for cell in sheet[1]] == [column.heading for column in COLUMNS]
    assert cell_of(sheet, "Fecha").value == datetime(2027, 1, 11)  # noqa: DTZ001  # what Excel knows of a day
    assert cell_of(sheet, "Hora de inicio").value == time(9, 0)
    assert cell_of(sheet, "Inicio").value == datetime(2027, 1, 11, 9, 3)  # noqa: DTZ001  # the same
    assert cell_of(sheet, "Minutos de las actividades 04 a 06").value == 17.5
    for heading, text in (("Número de documento", "01011741"), ("Teléfono", "987654321"), ("Ubigeo", "010101")):
        cell = cell_of(sheet, heading)
        assert (cell.value, cell.data_type, cell.number_format) == (text, "s", "@")


def test_the_sums_say_that_they_agree(tmp_path: Path) -> None:
    lines = lines_of(workbook(tmp_path)["Conciliación"])
    assert lines[1][0] == "Coincide: todas las citas son la suma de sus estados, y cada una tiene su fila"
    assert ("Todas las citas", 1, 1, 0, "Sí") in lines
    assert ("Atendida", 1, 1, 0, "Sí") in lines
    assert ("Reprogramada", 0, 0, 0, "Sí") in lines
    assert ("Suma de los estados", 1, 1, 0, "Sí") in lines
    assert ("Consultor 1", 1, 1, 0, "Sí") in lines


def test_the_sums_say_that_they_do_not(tmp_path: Path) -> None:
    lost = replace(SUMS, total=Line(2, 1), consultants=(Line(2, 1, name="Consultor 1"),))
    assert not lost.agrees
    lines = lines_of(workbook(tmp_path, sums=lost)["Conciliación"])
    assert str(lines[1][0]).startswith("NO COINCIDE")
    assert ("Consultor 1", 2, 1, -1, "No") in lines
    # All lines agree, but the states do not make the total.
    assert not replace(SUMS, total=Line(2, 2)).agrees


def test_a_workbook_says_where_it_comes_from(tmp_path: Path) -> None:
    told = {line[0]: line[1] for line in lines_of(workbook(tmp_path)["Datos del archivo"])}
    assert told["Versión de columnas"] == COLUMNS_VERSION
    assert (told["Pedido por"], told["Pedido el"]) == ("Elena Ríos", datetime(2027, 1, 11, 9, 0))  # noqa: DTZ001
    assert told["Citas hasta"] == datetime(2027, 1, 31)  # noqa: DTZ001  # what Excel knows of a day
    assert (told["Sede"], told["Consultor"], told["Estado"]) == ("Callao", "Todos", "Atendida")
    assert told["Filas"] == 1


def test_what_one_sheet_does_not_hold_goes_on_in_the_next(tmp_path: Path) -> None:
    path = tmp_path / "registro.xlsx"
    with RegisterWorkbook(path, ABOUT) as book:
        book.write([ROW])
        book._rows.rows = MOST_ROWS - 1
        book.write([replace(ROW, code="SECOND00")])
        book.conclude(SUMS)
    loaded = load_workbook(path)
    assert loaded.sheetnames == ["Registro", "Registro 2", "Conciliación", "Datos del archivo"]
    assert loaded["Registro 2"]["A2"].value == "SECOND00"


def workbook(folder: Path, row: RegisterRow = ROW, sums: Reconciliation = SUMS) -> dict[str, Worksheet]:
    path = folder / "registro.xlsx"
    with RegisterWorkbook(path, ABOUT) as book:
        book.write([row])
        book.conclude(sums)
    loaded = load_workbook(path)
    assert loaded.sheetnames == ["Registro", "Conciliación", "Datos del archivo"]
    return {name: loaded[name] for name in loaded.sheetnames}


def cell_of(sheet: Worksheet, heading: str) -> Any:
    (column,) = [cell.column for cell in sheet[1] if cell.value == heading]
    return sheet.cell(2, column)


def lines_of(sheet: Worksheet) -> list[tuple[object, ...]]:
    return [tuple(line) for line in sheet.iter_rows(values_only=True)]


def test_files_are_written_in_constant_memory(tmp_path: Path) -> None:
    rows = [replace(ROW, notes="x" * 300)] * 50
    tracemalloc.start()
    try:
        with RegisterWorkbook(tmp_path / "registro.xlsx", ABOUT) as book:
            sizes = []
            for _ in range(2):
                for _ in range(6):
                    book.write(rows)
                    assert len(csv_lines(rows)) > 15_000
                sizes.append(tracemalloc.get_traced_memory()[0])
            book.conclude(SUMS)
    finally:
        tracemalloc.stop()
    assert sizes[1] - sizes[0] < 100_000
