"""The application as tests of its pages see it: in their own process and loop, on a fresh database, at a fixed time."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from portal.app import create_app
from portal.database.node import Node
from portal.settings import Settings, read_settings
from tests.apps import quick_app
from tests.people import NOW

NewSettings = Callable[..., Settings]
NewApp = Callable[..., Litestar]
NewClient = Callable[..., httpx.AsyncClient]


@pytest.fixture
def new_settings(tmp_path: Path) -> NewSettings:
    """Make settings that do not depend on the environment: ``new_settings(limit_lookups_per_code=2)``."""

    def make(**given: object) -> Settings:
        defaults = {"DATABASE_URL": "", "PORTAL_PORT": 8000, "worker": False}
        return read_settings(data=tmp_path / "data", **(defaults | given))

    return make


@pytest.fixture
def new_app(request: pytest.FixtureRequest, sqlite_node: Node, new_settings: NewSettings) -> NewApp:
    """Make applications on the same database: ``new_app(public_url="https://citas.example")``. They make no PDFs.

    Tests that add routes to theirs are marked ``own_routes``.
    """
    build = create_app if request.node.get_closest_marker("own_routes") else quick_app

    def make(**given: object) -> Litestar:
        return build(new_settings(**given), clock=lambda: NOW, node=sqlite_node)

    return make


@pytest.fixture
def app(new_app: NewApp) -> Litestar:
    """An application with the settings that are not set by anybody."""
    return new_app()


@pytest.fixture
async def new_client() -> AsyncIterator[NewClient]:
    """Make clients that check nothing and keep cookies: ``new_client(app, address="192.0.2.7")``."""
    clients: list[httpx.AsyncClient] = []

    def make(app: Litestar, *, address: str = "127.0.0.1", origin: str = "http://127.0.0.1:8000") -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app, client=(address, 50_000))  # type: ignore[arg-type]  # Litestar's own types
        clients.append(httpx.AsyncClient(transport=transport, base_url=origin))
        return clients[-1]

    yield make
    for client in clients:
        await client.aclose()


@pytest.fixture
def client(app: Litestar, new_client: NewClient) -> httpx.AsyncClient:
    """A client of ``app``."""
    return new_client(app)
