"""The doubts of citizens (PE-BT-01, activity 05): the list, one of them, the answer, the way to the responsable."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias, TypeVar
from uuid import UUID

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_409_CONFLICT, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.answering import (
    LONGEST_ANSWER,
    LONGEST_NOTE,
    IncidentMovedOn,
    IncidentUnknown,
    answer_question,
    forward_question,
)
from portal.domain.audit import Action, write_audit
from portal.domain.files import FileView, list_files
from portal.domain.incidents import LONGEST_LIST, Incident, Waiting, Whose, find_incident, list_incidents
from portal.domain.staff import StaffView
from portal.forms.answer import ANSWER, NOTE, read_answer, read_note
from portal.forms.contact import phone_in_words
from portal.forms.state import FormState, Mistake
from portal.pages.words import choices
from portal.web.admission import GivenActor, GivenStaff, only_staff
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.services import GivenServices

Chosen = TypeVar("Chosen", bound=StrEnum)

Fields: TypeAlias = dict[str, str]

_LIST: Final = "/incidencias"
_NOTHING_TYPED: Final = FormState()


@dataclass(frozen=True, slots=True)
class IncidentsPage:
    """The list, as it was filtered."""

    incidents: tuple[Incident, ...]
    now: datetime
    form: FormState
    answered: bool
    most: int = LONGEST_LIST
    waiting_choices: tuple[tuple[str, str], ...] = choices(*Waiting)
    whose_choices: tuple[tuple[str, str], ...] = choices(*Whose)


@dataclass(frozen=True, slots=True)
class IncidentPage:
    """One incident. ``unsent`` is what somebody typed who was not the first."""

    incident: Incident
    files: tuple[FileView, ...]
    phone: str
    now: datetime
    form: FormState
    unsent: str = ""
    longest_answer: int = LONGEST_ANSWER
    longest_note: int = LONGEST_NOTE


@get(_LIST, opt=only_staff())
async def show_incidents(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template:
    """The doubts that this person may see, theirs first. Query: ``estado``, ``de``; what is unknown shows the usual."""
    now = services.now()
    waiting = _one_of(Waiting, request.query_params.get("estado", ""), Waiting.PENDING)
    whose = _one_of(Whose, request.query_params.get("de", ""), Whose.ALL)
    incidents = await list_incidents(staff, whose, waiting, now)
    await write_audit(actor, Action.QUESTIONS_SEEN, now, subject=staff.center_code or "todas", once=True)
    form = FormState({"estado": waiting.value, "de": whose.value})
    page = IncidentsPage(tuple(incidents), now, form, answered=waiting is Waiting.ANSWERED)
    return Template("desk/incidents.html", context={"page": page})


@get("/incidencias/{incident:uuid}", opt=only_staff())
async def show_incident(
    services: GivenServices, staff: GivenStaff, actor: GivenActor, incident: FromPath[UUID]
) -> Template:
    """One doubt with what became of it, and the forms that this person may send."""
    now = services.now()
    found = await find_incident(incident, staff, now)
    if found is None:
        raise NotFoundException
    await write_audit(actor, Action.QUESTIONS_SEEN, now, appointment=found.cita.id, subject=str(incident), once=True)
    return await _show(found, now)


@post("/incidencias/{incident:uuid}/respuesta", opt=only_staff())
async def take_answer(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor, incident: FromPath[UUID]
) -> Template | Redirect:
    """Answer the citizen; who was not the first reads what the other wrote, and keeps the own text."""
    now, fields = services.now(), await read_fields(request)
    answer = read_answer(fields)
    try:
        if isinstance(answer, Mistake):
            return await _show_mistake(incident, staff, now, fields, answer)
        answered = await answer_question(incident, staff, answer, now)
    except IncidentUnknown:
        raise NotFoundException from None
    except IncidentMovedOn as moved_on:
        return await _show(moved_on.incident, now, unsent=FormState(fields).value(ANSWER), status=HTTP_409_CONFLICT)
    await write_audit(actor, Action.QUESTION_ANSWERED, now, appointment=answered.cita.id, subject=str(incident))
    return Redirect(f"{_LIST}/{incident}", status_code=303)


@post("/incidencias/{incident:uuid}/derivar", opt=only_staff())
async def take_note(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor, incident: FromPath[UUID]
) -> Template | Redirect:
    """Forward the doubt to the responsable, with a note."""
    now, fields = services.now(), await read_fields(request)
    note = read_note(fields)
    try:
        if isinstance(note, Mistake):
            return await _show_mistake(incident, staff, now, fields, note)
        forwarded = await forward_question(incident, staff, note, now)
    except IncidentUnknown:
        raise NotFoundException from None
    except IncidentMovedOn as moved_on:
        return await _show(moved_on.incident, now, unsent=FormState(fields).value(NOTE), status=HTTP_409_CONFLICT)
    await write_audit(actor, Action.QUESTION_FORWARDED, now, appointment=forwarded.cita.id, subject=str(incident))
    return Redirect(f"{_LIST}/{incident}", status_code=303)


async def _show_mistake(incident: UUID, staff: StaffView, now: datetime, fields: Fields, mistake: Mistake) -> Template:
    """The page with what was typed and what is wrong with it. Raises IncidentUnknown, IncidentMovedOn."""
    found = await find_incident(incident, staff, now)
    if found is None:
        raise IncidentUnknown
    if not (found.may_answer if mistake.field == ANSWER else found.may_forward):
        raise IncidentMovedOn(found)
    return await _show(found, now, FormState(fields, (mistake,)), status=HTTP_422_UNPROCESSABLE_ENTITY)


async def _show(
    incident: Incident, now: datetime, form: FormState = _NOTHING_TYPED, *, unsent: str = "", status: int = HTTP_200_OK
) -> Template:
    phone = phone_in_words(incident.cita.phone) if incident.cita.phone else ""
    files = tuple(await list_files(incident.cita.id))
    page = IncidentPage(incident, files, phone, now, form, unsent)
    return Template("desk/incident.html", context={"page": page}, status_code=status)


def _one_of(kind: type[Chosen], typed: str, usual: Chosen) -> Chosen:
    return next((member for member in kind if member.value == typed), usual)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_incidents, show_incident, take_answer, take_note)
