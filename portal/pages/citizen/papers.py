"""What a citizen sends with their cita: the CV, and a doubt with a copy of the identity document."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from litestar import get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.appointments import AppointmentView
from portal.domain.errors import NotReserved
from portal.domain.files import COPY_TYPES, CV_TYPES, CheckedFile, Refusal, keep_cv, take_back_cv
from portal.domain.questions import LONGEST_QUESTION, ask_question
from portal.domain.vocabulary import ACTIVE_STATES, GIVEN_BACK_STATES
from portal.forms.question import QuestionForm, read_identity, read_question
from portal.forms.state import FormState, Mistake
from portal.pages.citizen.my_appointment import show_page
from portal.pages.citizen.own import find_own, page_of
from portal.pages.citizen.refusal import show_refusal
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_sending
from portal.web.services import GivenServices, Services
from portal.web.uploads import read_upload


@dataclass(frozen=True, slots=True)
class QuestionPage:
    """The form of a doubt. ``identity`` is sent back with it."""

    cita: AppointmentView
    form: FormState
    identity: UUID
    longest: int = LONGEST_QUESTION


@post("/citas/{code:str}/cv")
async def take_cv(request: AnyRequest, services: GivenServices, code: FromPath[str]) -> Template | Redirect:
    """Keep the CV in place of the former, or take it back; a file that may not be sent is answered beside its field."""
    cita = await find_own(request, services, code)
    if isinstance(cita, Redirect):
        return cita
    await limit_sending(request, services, cita.code)
    if (await read_fields(request)).get("retirar"):
        await take_back_cv(cita.id, services.now())
        return Redirect(f"{page_of(cita.code)}#cv-titulo", status_code=303)
    if cita.state not in ACTIVE_STATES:
        return await show_refusal(request, services, cita)
    sent = await read_upload(request, services, "cv", CV_TYPES)
    if isinstance(sent, Mistake):
        return await show_page(cita, services, FormState(mistakes=(sent,)), HTTP_422_UNPROCESSABLE_ENTITY)
    try:
        await keep_cv(cita.id, sent, services.now())
    except NotReserved:
        return await show_refusal(request, services, cita)
    return Redirect(f"{page_of(cita.code)}#cv-titulo", status_code=303)


@get("/citas/{code:str}/consulta")
async def show_question_form(request: AnyRequest, services: GivenServices, code: FromPath[str]) -> Template | Redirect:
    """The form of a doubt."""
    cita = await find_own(request, services, code)
    if isinstance(cita, Redirect):
        return cita
    if cita.state in GIVEN_BACK_STATES:
        return await show_refusal(request, services, cita)
    return _show_form(QuestionPage(cita, FormState(), read_identity({})))


@post("/citas/{code:str}/consulta")
async def take_question(request: AnyRequest, services: GivenServices, code: FromPath[str]) -> Template | Redirect:
    """Keep the doubt and pass it on to the consultor; back with what is wrong otherwise."""
    cita = await find_own(request, services, code)
    if isinstance(cita, Redirect):
        return cita
    if cita.state in GIVEN_BACK_STATES:
        return await show_refusal(request, services, cita)
    await limit_sending(request, services, cita.code)
    fields = await read_fields(request)
    read = read_question(fields)
    sent = await read_upload(request, services, "documento", COPY_TYPES)
    copy = None if isinstance(sent, Mistake) and sent.code == Refusal.MISSING else sent
    if isinstance(read, Mistake) or isinstance(copy, Mistake):
        mistakes = tuple(found for found in (read, copy) if isinstance(found, Mistake))
        view = QuestionPage(cita, FormState(fields, mistakes), read_identity(fields))
        return _show_form(view, HTTP_422_UNPROCESSABLE_ENTITY)
    await _ask(cita, read, copy, services)
    return Redirect(f"{page_of(cita.code)}#consultas", status_code=303)


async def _ask(cita: AppointmentView, question: QuestionForm, copy: CheckedFile | None, services: Services) -> None:
    now = services.now()
    await ask_question(cita.id, cita.email, cita.consultant_email, question.text, copy, now, question.identity)


def _show_form(page: QuestionPage, status: int = HTTP_200_OK) -> Template:
    return Template("citizen/question.html", context={"page": page}, status_code=status)


UPLOAD_ROUTES: tuple[ControllerRouterHandler, ...] = (take_cv, show_question_form, take_question)
