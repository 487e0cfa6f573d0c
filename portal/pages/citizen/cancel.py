"""Cancel a cita: asked once more, then done."""

from __future__ import annotations

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from portal.domain.changing import cancel
from portal.domain.errors import NotReserved, TooLate
from portal.pages.citizen.own import find_own, page_of
from portal.pages.citizen.refusal import show_refusal
from portal.web import metrics
from portal.web.cookies import AnyRequest
from portal.web.services import GivenServices


@get("/citas/{code:str}/anular")
async def ask_to_cancel(request: AnyRequest, services: GivenServices, code: FromPath[str]) -> Template | Redirect:
    """Whether it is really to be cancelled; changes nothing."""
    cita = await find_own(request, services, code)
    if isinstance(cita, Redirect):
        return cita
    if not cita.may_change(services.now()):
        return await show_refusal(request, services, cita)
    return Template("citizen/cancel.html", context={"cita": cita})


@post("/citas/{code:str}/anular")
async def cancel_own(request: AnyRequest, services: GivenServices, code: FromPath[str]) -> Template | Redirect:
    """Cancel it; again does nothing."""
    cita = await find_own(request, services, code)
    if isinstance(cita, Redirect):
        return cita
    try:
        await cancel(cita.code, services.now(), services.rules)
    except (TooLate, NotReserved):
        return await show_refusal(request, services, cita)
    metrics.count(metrics.Outcome.CANCELLED)
    return Redirect(page_of(cita.code), status_code=303)


ROUTES: tuple[ControllerRouterHandler, ...] = (ask_to_cancel, cancel_own)
