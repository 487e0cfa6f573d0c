"""The pages of the staff. Each route names the roles that it is for (portal/web/admission.py)."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from portal.pages.desk import (
    account,
    agenda,
    agenda_papers,
    attention,
    files,
    forgotten,
    guide,
    guide_editing,
    incidents,
    kiosk_secret,
    messages,
    new_cita,
    register,
    register_files,
    report,
    second_factor,
    sign_in,
    sign_in_steps,
    surveys,
    times,
)

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *sign_in.ROUTES,
    *sign_in_steps.ROUTES,
    *forgotten.ROUTES,
    *account.ROUTES,
    *second_factor.ROUTES,
    *kiosk_secret.ROUTES,
    *agenda.ROUTES,
    *agenda_papers.ROUTES,
    *new_cita.ROUTES,
    *report.ROUTES,
    *incidents.ROUTES,
    *messages.ROUTES,
    *attention.ROUTES,
    *files.ROUTES,
    *guide.ROUTES,
    *guide_editing.ROUTES,
    *register.ROUTES,
    *register_files.ROUTES,
    *surveys.ROUTES,
    *times.ROUTES,
)
