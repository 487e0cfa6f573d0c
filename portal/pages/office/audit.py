"""The audit: who looked at or changed what, when and from where. Looking at it is written down as well."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from litestar import get
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Action, write_audit
from portal.domain.audit_reading import AuditPage, AuditQuery, read_audit
from portal.domain.personnel import list_personnel
from portal.domain.spanish_dates import local_day
from portal.forms.audit_query import read_audit_query, write_place
from portal.forms.state import FormState
from portal.pages.office.people import ADMINISTRATOR
from portal.pages.word_lists.access import ACTIONS
from portal.web.admission import GivenActor
from portal.web.cookies import AnyRequest
from portal.web.services import GivenServices

PAGE = "/gestion/auditoria"


@dataclass(frozen=True, slots=True)
class AuditView:
    """A page of the audit with its filter; ``older`` is the address of the next page, ``newest`` of the first."""

    form: FormState
    found: AuditPage
    people: tuple[tuple[str, str], ...]
    actions: tuple[tuple[str, str], ...]
    older: str = ""
    newest: str = ""


@get(PAGE, opt=ADMINISTRATOR)
async def show_audit(request: AnyRequest, services: GivenServices, actor: GivenActor) -> Template:
    """The entries that the filter asks for, newest first."""
    now = services.now()
    query = {name: value for name, value in request.query_params.items() if isinstance(value, str)}
    people = tuple((str(one.id), f"{one.particulars.name} ({one.username})") for one in await list_personnel())
    actions = tuple(sorted(((action.value, words) for action, words in ACTIONS.items()), key=lambda pair: pair[1]))
    read = read_audit_query(query, local_day(now))
    if isinstance(read, tuple):
        view = AuditView(FormState(query, read), AuditPage((), None), people, actions)
        return Template("office/audit.html", context={"page": view}, status_code=HTTP_422_UNPROCESSABLE_ENTITY)
    await write_audit(actor, Action.AUDIT_SEEN, now, subject=f"{read.first}..{read.last}", once=True)
    found = await read_audit(read)
    filter_ = _filter_of(read)
    view = AuditView(
        FormState(filter_),
        found,
        people,
        actions,
        older=_address({**filter_, "despues": write_place(found.older)}) if found.older else "",
        newest=_address(filter_) if read.after else "",
    )
    return Template("office/audit.html", context={"page": view}, status_code=HTTP_200_OK)


def _filter_of(query: AuditQuery) -> dict[str, str]:
    return {
        "desde": query.first.isoformat(),
        "hasta": query.last.isoformat(),
        "persona": str(query.staff) if query.staff else "",
        "accion": query.action.value if query.action else "",
    }


def _address(query: dict[str, str]) -> str:
    return f"{PAGE}?{urlencode({name: value for name, value in query.items() if value})}"


ROUTES: tuple[ControllerRouterHandler, ...] = (show_audit,)
