"""The pages of the staff. Each route names the roles that it is for (portal/web/admission.py)."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from portal.pages.desk import sign_in

ROUTES: tuple[ControllerRouterHandler, ...] = (*sign_in.ROUTES,)
