"""The pages of the office: what responsables and administradores keep in order."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from portal.pages.office import audit, index, people, person

ROUTES: tuple[ControllerRouterHandler, ...] = (*index.ROUTES, *people.ROUTES, *person.ROUTES, *audit.ROUTES)
