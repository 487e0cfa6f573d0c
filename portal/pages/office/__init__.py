"""The pages of the office: what responsables and administradores keep in order."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from portal.pages.office import audit, displaced, index, kiosk_supply, kiosks, people, person

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *index.ROUTES,
    *people.ROUTES,
    *person.ROUTES,
    *audit.ROUTES,
    *kiosks.ROUTES,
    *kiosk_supply.ROUTES,
    *displaced.ROUTES,
)
