"""The agenda: a day of a consultor or of a whole sede (PE-BT-01, activity 02)."""

from __future__ import annotations

from litestar import Response, get
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Action, write_audit
from portal.forms.agenda import read_agenda_query
from portal.pages.desk.agenda_view import read_agenda
from portal.pages.desk.scope import read_scope
from portal.web.admission import GivenActor, GivenStaff, only_staff
from portal.web.cookies import AnyRequest
from portal.web.services import GivenServices


@get("/agenda", opt=only_staff())
async def show_agenda(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Response[None]:
    """The day; for htmx the list alone, or nothing while what the page shows (its ``version``) is still so."""
    now = services.now()
    query = read_agenda_query(request.query_params)
    scope = await read_scope(staff, query.wanted)
    view = await read_agenda(scope, staff, query.day, now, misread=query.misread)
    subject = f"{scope.center.code}:{scope.consultant_value}:{view.day}"
    await write_audit(actor, Action.AGENDA_SEEN, now, subject=subject, once=True)
    if request.headers.get("hx-request") == "true":
        if request.query_params.get("version") == view.version:
            return Response(None, status_code=HTTP_204_NO_CONTENT)
        return Template("desk/_agenda.html", context={"agenda": view})
    status = HTTP_422_UNPROCESSABLE_ENTITY if query.misread else HTTP_200_OK
    return Template("desk/agenda.html", context={"agenda": view}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_agenda,)
