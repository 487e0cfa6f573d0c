"""The citizens' pages. ``ROUTES`` take small forms; ``UPLOAD_ROUTES`` take files as well (portal/app.py sets their
limits).
"""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from portal.pages.citizen import (
    book,
    cancel,
    choose_offered,
    details,
    find_my_appointment,
    find_slot,
    home,
    my_appointment,
    papers,
    reschedule,
    survey,
    take_away,
    verify,
)
from portal.pages.citizen import help as help_pages

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *home.ROUTES,
    *find_slot.ROUTES,
    *details.ROUTES,
    *book.ROUTES,
    *find_my_appointment.ROUTES,
    *my_appointment.ROUTES,
    *choose_offered.ROUTES,
    *take_away.ROUTES,
    *cancel.ROUTES,
    *reschedule.ROUTES,
    *verify.ROUTES,
    *survey.ROUTES,
    *help_pages.ROUTES,
)
UPLOAD_ROUTES: tuple[ControllerRouterHandler, ...] = papers.UPLOAD_ROUTES
