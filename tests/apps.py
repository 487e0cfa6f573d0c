"""Portals and kiosks for tests, built as ``create_app`` does, but on routes that this process has laid before.

Laying the routes and compiling the templates costs a hundred times what a page does, and is the same for all.
"""

from __future__ import annotations

from copy import copy
from functools import cache

from litestar import Litestar

from kiosk import app as kiosk_app
from kiosk.clock import MachineClock
from kiosk.line import Connect
from kiosk.settings import KioskSettings
from portal.app import furnish, lay_routes, open_services
from portal.clock import Clock
from portal.database.node import Node
from portal.documents.renderer import Renderer
from portal.places import STATIC
from portal.settings import Settings
from portal.web.assets import Assets


def quick_app(settings: Settings, clock: Clock, node: Node) -> Litestar:
    """An application with services of its own. Its lifespan is not for use: what it opens, tests open themselves."""
    routes = copy(_laid_routes(settings.upload_max_bytes))
    return furnish(routes, open_services(settings, clock, node, read_assets()), owns_node=False)


def quick_kiosk_app(
    settings: KioskSettings, clock: MachineClock, node: Node, link: Connect, renderer: Renderer
) -> Litestar:
    """The same for a kiosk."""
    services = kiosk_app.open_services(settings, clock, node, link, read_assets(), renderer)
    return kiosk_app.furnish(copy(_laid_kiosk_routes()), services, owns_node=False)


@cache
def _laid_kiosk_routes() -> Litestar:
    return kiosk_app.lay_routes(read_assets())


@cache
def read_assets() -> Assets:
    """The static files, compressed once."""
    return Assets(STATIC)


@cache
def _laid_routes(upload_max_bytes: int) -> Litestar:
    return lay_routes(read_assets(), upload_max_bytes)
