"""Portals for tests: the application as ``create_app`` builds it, on routes that this process has laid before.

Laying the routes and compiling the templates costs a hundred times what a page does, and is the same for all.
"""

from __future__ import annotations

from copy import copy
from functools import cache

from litestar import Litestar

from portal.app import furnish, lay_routes, open_services
from portal.clock import Clock
from portal.database.node import Node
from portal.places import STATIC
from portal.settings import Settings
from portal.web.assets import Assets


def quick_app(settings: Settings, clock: Clock, node: Node) -> Litestar:
    """An application with services of its own. Its lifespan is not for use: what it opens, tests open themselves."""
    routes = copy(_laid_routes(settings.upload_max_bytes))
    return furnish(routes, open_services(settings, clock, node, read_assets()), owns_node=False)


@cache
def read_assets() -> Assets:
    """The static files, compressed once."""
    return Assets(STATIC)


@cache
def _laid_routes(upload_max_bytes: int) -> Litestar:
    return lay_routes(read_assets(), upload_max_bytes)
