"""The pages of the staff. Each route names the roles that it is for (portal/web/admission.py)."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from portal.pages.desk import account, agenda, files, forgotten, incidents, second_factor, sign_in, sign_in_steps

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *sign_in.ROUTES,
    *sign_in_steps.ROUTES,
    *forgotten.ROUTES,
    *account.ROUTES,
    *second_factor.ROUTES,
    *agenda.ROUTES,
    *incidents.ROUTES,
    *files.ROUTES,
)
