"""The register's page: it writes itself, is filtered, paged, kept to one's sede, and says who took rows with them."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar
from openpyxl import load_workbook

from portal.database.node import fetch
from portal.domain.exports import Claim, claim_export, finish_export, keep_chunk, tell_progress
from portal.exports import making
from portal.pages.desk import register, register_files
from tests.browser import NewVisitor, Page, Visitor
from tests.portal.walking import MovingClock, NewWalkApp, post
from tests.registering import abandoned_julio, attended_rosa, move_to_center, reserve_many, reserved_mei
from tests.staffing import Staffed, sign_in

JANUARY = "desde=2027-01-01&hasta=2027-01-31"


@pytest.fixture
def portal(new_walk_app: NewWalkApp) -> Litestar:
    return new_walk_app()


@pytest.fixture
async def consultant(portal: Litestar, new_visitor: NewVisitor, staffed: Staffed) -> Visitor:
    return await sign_in(new_visitor(portal), staffed.consultant)


@pytest.fixture
async def supervisor(portal: Litestar, new_visitor: NewVisitor, staffed: Staffed) -> Visitor:
    return await sign_in(new_visitor(portal), staffed.supervisor)


async def test_the_register_writes_itself(consultant: Visitor) -> None:
    page = await consultant.open(f"/registro?{JANUARY}")
    assert "No hay citas con ese filtro" in page.text
    await attended_rosa()
    await abandoned_julio()
    page = await consultant.open(f"/registro?{JANUARY}")
    assert "2 citas del 1 de enero de 2027 al 31 de enero de 2027" in page.text
    assert names_in(page) == ["Julio D'Angelo", "Rosa María Ñahui Quispe"]
    for words in ("17.0 de atención", "3.0 de contacto", "2 intentos", "Por teléfono", "2 de 6 temas", "su cuenta"):
        assert words in page.text


async def test_without_days_it_is_this_month_so_far(consultant: Visitor, moving_clock: MovingClock) -> None:
    form = (await consultant.open("/registro")).form("Filtrar")
    assert (form.value("Desde"), form.value("Hasta")) == ("2027-01-01", "2027-01-07")


async def test_it_is_filtered_by_consultor_and_state(consultant: Visitor, staffed: Staffed) -> None:
    for one in (attended_rosa, abandoned_julio, reserved_mei):
        await one()
    form = (await consultant.open(f"/registro?{JANUARY}")).form("Filtrar")
    form.choose("Estado", "Abandonada")
    page = await form.press()
    assert names_in(page) == ["Julio D'Angelo"]
    assert page.form("Filtrar").value("Estado") == "abandoned"
    assert "estado «Abandonada»" in page.text
    (row,) = await fetch('SELECT "consultant" FROM "appointment" WHERE "state" = \'attended\'')
    page = await consultant.open(f"/registro?{JANUARY}&consultor={row['consultant']}&estado=attended&servicio=bolsa")
    assert names_in(page) == ["Rosa María Ñahui Quispe"]
    other = staffed.colleague if row["consultant"] == staffed.consultant else staffed.consultant
    assert names_in(await consultant.open(f"/registro?{JANUARY}&consultor={other}&estado=attended")) == []


@pytest.mark.parametrize(
    ("query", "field", "sentence"),
    [
        ("desde=2027-02-01&hasta=2027-01-01", "hasta", "La última fecha es anterior a la primera"),
        ("desde=2026-01-01&hasta=2027-01-02", "hasta", "Elige como máximo un año"),
        ("desde=ayer&hasta=2027-01-01", "desde", "Escribe la primera fecha así"),
        ("desde=2027-01-01&hasta=31/02/2027", "hasta", "Escribe la última fecha así"),
        ("desde=2027-01-01&hasta=9999-12-31", "hasta", "Escribe la última fecha así"),
        (f"{JANUARY}&estado=perdida", "estado", "Elige una opción de la lista"),
        (f"{JANUARY}&consultor={UUID(int=9)}", "consultor", "Elige una opción de la lista"),
        (f"{JANUARY}&consultor=%00", "consultor", "Elige una opción de la lista"),
    ],
)
async def test_what_makes_no_sense_is_said_and_nothing_is_lost(
    consultant: Visitor, query: str, field: str, sentence: str
) -> None:
    await attended_rosa()
    page = await consultant.open(f"/registro?{query}", status=422)
    assert sentence in page.text
    assert page.title.startswith("Error: ")
    assert page.ids[field].get("aria-invalid") == "true"
    typed = query.partition(f"{field}=")[2].partition("&")[0]
    if field in {"desde", "hasta"}:
        assert page.ids[field].get("value") == typed
    assert "Rosa" not in page.text
    for ending in ("csv", "xlsx"):
        assert sentence in (await consultant.open(f"/registro.{ending}?{query}", status=422)).text


async def test_a_year_to_the_day_is_taken(consultant: Visitor) -> None:
    await consultant.open("/registro?desde=2026-01-01&hasta=2027-01-01")
    page = await consultant.open("/registro?desde=27/03/2026&hasta=26/03/2027")
    assert page.form("Filtrar").value("Hasta") == "2027-03-26"


async def test_pages_go_both_ways_and_lose_no_row(consultant: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "_ROWS_OF_PAGE", 3)
    made = await reserve_many(8)
    page = await consultant.open(f"/registro?{JANUARY}")
    assert "Más recientes" not in page.links
    seen = [citas_in(page)]
    while "Más antiguas" in page.links:
        page = await page.follow("Más antiguas")
        seen.append(citas_in(page))
    assert [len(rows) for rows in seen] == [3, 3, 2]
    assert sorted(cita for rows in seen for cita in rows) == sorted(map(str, made))
    back = [citas_in(page)]
    while "Más recientes" in page.links:
        page = await page.follow("Más recientes")
        back.append(citas_in(page))
    assert back == seen[::-1]


async def test_one_sees_ones_own_sede(
    portal: Litestar, new_visitor: NewVisitor, staffed: Staffed, consultant: Visitor, supervisor: Visitor
) -> None:
    await attended_rosa()
    await move_to_center(await abandoned_julio(), staffed.other_center)
    elsewhere = await sign_in(new_visitor(portal), staffed.elsewhere)
    administrator = await sign_in(new_visitor(portal), staffed.administrator)
    query = f"/registro?{JANUARY}"
    here, there = "Rosa María Ñahui Quispe", "Julio D'Angelo"
    assert names_in(await consultant.open(query)) == names_in(await supervisor.open(query)) == [here]
    assert names_in(await elsewhere.open(query)) == [there]
    assert names_in(await administrator.open(query)) == [there, here]
    assert names_in(await administrator.open(f"{query}&sede=callao")) == [there]
    # What is not theirs does not exist for them.
    await supervisor.open(f"{query}&sede=callao", status=422)
    await supervisor.open(f"{query}&sede=nowhere", status=422)
    await supervisor.open(f"{query}&consultor={staffed.elsewhere}", status=422)
    for ending in ("csv", "xlsx"):
        content = (await elsewhere.fetch(f"/registro.{ending}?{JANUARY}")).content
        assert rows_of(content, ending) == 1


async def test_a_look_counts_once(consultant: Visitor, staffed: Staffed) -> None:
    for _ in range(2):
        await consultant.open(f"/registro?{JANUARY}")
    await consultant.open(f"/registro?{JANUARY}&estado=attended")
    rows = await audited("register_seen")
    assert [(row["staff"], json.loads(row["details"])["estado"]) for row in rows] == [
        (staffed.consultant, ""),
        (staffed.consultant, "attended"),
    ]
    assert json.loads(rows[0]["details"])["desde"] == "2027-01-01"


async def test_few_rows_are_answered_at_once_and_told(consultant: Visitor, supervisor: Visitor) -> None:
    await attended_rosa()
    await abandoned_julio()
    page = await consultant.open(f"/registro?{JANUARY}&estado=abandoned")
    answer = await consultant.fetch(page.links["Descargar CSV"])
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"].endswith('"registro-v1-2027-01-01-2027-01-31.csv"')
    assert answer.content.startswith(b"\xef\xbb\xbf")
    heading, row = csv.reader(StringIO(answer.content.decode("utf-8-sig"), newline=""))
    told = dict(zip(heading, row, strict=True))
    assert told["Fecha"] == "2027-01-11"
    assert told["Observaciones"] == "'=HYPERLINK(1)"
    book = load_workbook(BytesIO((await consultant.fetch(page.links["Descargar Excel"])).content))
    assert book.sheetnames == ["Registro", "Conciliación", "Datos del archivo"]
    assert [json.loads(row["details"])["filas"] for row in await audited("register_exported")] == ["1", "1"]
    page = await supervisor.open("/registro")
    assert "Quién se llevó datos" in page.text
    assert (
        "CSV, del 1 de enero de 2027 al 31 de enero de 2027, Centro de Empleo – Sede central, estado «Abandonada»"
        in page.text
    )
    assert "Quién se llevó datos" not in (await consultant.open("/registro")).text


async def test_many_rows_are_prepared_with_progress(
    consultant: Visitor, supervisor: Visitor, moving_clock: MovingClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (register, register_files, making):
        monkeypatch.setattr(module, "SMALL", 2)
    await reserve_many(3)
    refused = await consultant.open(f"/registro.xlsx?{JANUARY}", status=422)
    assert "Son más de 2 filas" in refused.text
    page = await refused.form("Preparar Excel").press()
    again = await (await consultant.open(f"/registro?{JANUARY}")).form("Preparar Excel").press()
    for seen in (page, again):
        assert "Más de 2 citas" in seen.text
        assert "En espera" in seen.text
        assert "0 de 3 filas" in seen.text
    (job,) = await fetch('SELECT "id", "filters" FROM "export_job"')
    await consultant.client.get(f"/registro/archivos/{job['id']}")
    claim = await claim_export(moving_clock())
    assert claim
    claim = await tell_progress(claim, 2, moving_clock())
    part = await consultant.swap("/registro/archivos")
    assert "En preparación" in part.text
    assert "2 de 3 filas" in part.text
    assert part.ids["archivos"].get("data-hx-get") == "/registro/archivos"
    await finish(claim, moving_clock)
    part = await consultant.swap("/registro/archivos")
    assert part.ids["archivos"].get("data-hx-get") is None
    (link,) = [link for text, link in part.links.items() if text.startswith("Descargar (3 filas")]
    for _ in range(2):
        answer = await consultant.fetch(link)
        assert answer.content == b"one, two"
        assert answer.headers["content-length"] == "8"
    await supervisor.fetch(link, status=404)
    await supervisor.fetch(f"/registro/archivos/{uuid4()}", status=404)
    (row,) = await audited("register_exported")
    assert json.loads(row["details"])["filas"] == "3"
    assert (await consultant.open("/registro/archivos")).address == "/registro"


async def test_whoever_moves_to_another_sede_leaves_its_files(
    consultant: Visitor, staffed: Staffed, moving_clock: MovingClock
) -> None:
    await attended_rosa()
    await post(consultant, "/registro/archivos", {"desde": "2027-01-01", "hasta": "2027-01-31", "formato": "csv"})
    claim = await claim_export(moving_clock())
    assert claim
    await finish(claim, moving_clock)
    await consultant.fetch(f"/registro/archivos/{claim.job}")
    await fetch('UPDATE "staff" SET "center" = {} WHERE "id" = {}', staffed.other_center, staffed.consultant)
    await consultant.fetch(f"/registro/archivos/{claim.job}", status=404)


async def test_a_file_of_no_known_days_is_refused(consultant: Visitor) -> None:
    page = await post(consultant, "/registro/archivos", {"desde": "2027-02-01", "hasta": "2027-01-01"}, status=422)
    assert "La última fecha es anterior a la primera" in page.text
    assert page.form("Filtrar").value("Desde") == "2027-02-01"
    assert await fetch('SELECT "id" FROM "export_job"') == []


async def finish(claim: Claim, clock: MovingClock) -> None:
    for number, piece in enumerate((b"one, ", b"two")):
        claim = await keep_chunk(claim, number, piece, clock() + timedelta(seconds=number))
    await finish_export(claim, 3, 8, clock())


def names_in(page: Page) -> list[str]:
    """Who stands in the rows, without their documents."""
    rows = [line for line in page.elements("tr") if line.find("td") is not None and "register" in class_of(page, line)]
    return [(row.findall("td")[1].text or "").strip() for row in rows]


def class_of(page: Page, row: object) -> str:
    table = page.around(row, "table")  # type: ignore[arg-type]  # an element
    return table.get("class", "") if table is not None else ""


def citas_in(page: Page) -> list[str]:
    return [link.removeprefix("/atenciones/") for link in all_links(page) if link.startswith("/atenciones/")]


def all_links(page: Page) -> list[str]:
    return [element.get("href", "") for element in page.elements("a")]


def rows_of(content: bytes, ending: str) -> int:
    if ending == "csv":
        return len(list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))) - 1
    sheet = load_workbook(BytesIO(content))["Registro"]
    return int(sheet.max_row) - 1


async def audited(action: str) -> list[dict[str, Any]]:
    return await fetch(
        'SELECT "staff", "details" FROM "audit_entry" WHERE "action" = {} ORDER BY "at", "subject"', action
    )
