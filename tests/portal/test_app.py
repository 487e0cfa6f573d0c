"""The application as a whole: what it opens and closes again, and what it puts in order when it starts."""

from __future__ import annotations

import pytest

from portal.app import create_app
from portal.database.errors import DatabaseNotStartedError
from portal.database.node import fetch, use_node
from portal.domain.key_ring import read_keys
from tests.people import NOW
from tests.portal.conftest import NewSettings


async def test_it_opens_its_database_and_puts_its_key_on_the_ring_once(
    new_settings: NewSettings, sqlite_url: str
) -> None:
    settings = new_settings(DATABASE_URL=sqlite_url, node_name="lima-1")
    for _ in range(2):
        app = create_app(settings, clock=lambda: NOW)
        async with app.lifespan():
            services = app.state.services
            ring = await read_keys()
            assert list(ring) == [services.keys.signing.key_id]
            (key,) = ring.values()
            assert key.raw == services.keys.signing.private.public_key().public_bytes_raw()
            assert (key.node, key.opened, key.closed) == ("lima-1", NOW, None)
        with use_node(services.node), pytest.raises(DatabaseNotStartedError):
            await fetch("SELECT 1")
