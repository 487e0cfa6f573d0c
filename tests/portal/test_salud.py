"""GET /salud: is the portal well."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from portal.database.node import Node
from portal.web import operation


async def test_it_is_well(client: httpx.AsyncClient) -> None:
    answer = await client.get("/salud")
    assert (answer.status_code, answer.json()) == (200, {"estado": "bien", "base_de_datos": "bien"})
    assert answer.headers["content-type"] == "application/json"
    assert "set-cookie" not in answer.headers


async def test_it_is_not_well_without_its_database(client: httpx.AsyncClient, sqlite_node: Node) -> None:
    await sqlite_node.stop()
    answer = await client.get("/salud")
    assert (answer.status_code, answer.json()) == (503, {"estado": "bien", "base_de_datos": "mal"})


async def test_it_does_not_wait_for_ever(client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hang(_: str) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(operation, "fetch", hang)
    monkeypatch.setattr(operation, "_PATIENCE_SECONDS", 0.01)
    assert (await client.get("/salud")).status_code == 503


async def test_a_page_that_needs_the_database_says_that_it_is_away(
    client: httpx.AsyncClient, sqlite_node: Node
) -> None:
    await sqlite_node.stop()
    answer = await client.get("/reservar")
    assert answer.status_code == 503
    assert "<h1>No podemos atenderte en este momento" in answer.text


async def test_the_schema_describes_the_json_parts_alone(client: httpx.AsyncClient) -> None:
    schema = (await client.get("/esquema")).json()
    paths = {path for path in schema["paths"] if not path.startswith("/api/kiosk/v1/")}  # test_kiosk_api.py
    assert paths == {"/salud"}
