"""The citizens' pages. ``ROUTES`` take small forms; ``UPLOAD_ROUTES`` take files as well (portal/app.py sets their
limits).
"""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from portal.pages.citizen import book, details, find_slot, home

ROUTES: tuple[ControllerRouterHandler, ...] = (*home.ROUTES, *find_slot.ROUTES, *details.ROUTES, *book.ROUTES)
UPLOAD_ROUTES: tuple[ControllerRouterHandler, ...] = ()
