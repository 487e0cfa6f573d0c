"""The staff's pages are tested with the same applications as the citizens'."""

from __future__ import annotations

import pytest

from portal.database.node import Node
from tests.people import World
from tests.portal.conftest import app, client, new_app, new_client, new_settings
from tests.staffing import Staffed, add_staff

__all__ = ["app", "client", "new_app", "new_client", "new_settings"]


@pytest.fixture
async def world_on_sqlite(peopled: World, sqlite_node: Node) -> Staffed:
    """The world and its staff for ``app``, where the engine makes no difference."""
    assert sqlite_node.name
    return await add_staff(peopled)
