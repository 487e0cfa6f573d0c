"""What is still asked for after name and password: a code of the second factor, a password of one's own."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.new_password import SamePassword, WrongPassword, replace_made_password
from portal.domain.second_factor import CodeRefused
from portal.domain.sessions import Stage
from portal.domain.signing_in import SignedIn, pass_code
from portal.forms.password import NEW, read_new_password
from portal.forms.state import FormState, Mistake
from portal.pages.desk.sign_in import go_on
from portal.web.admission import GivenActor, only_staff, session_of
from portal.web.cookies import AnyRequest
from portal.web.errors import STEP_PAGES
from portal.web.fields import read_fields
from portal.web.following import FIELD, SIGN_IN_PAGE, read_wanted
from portal.web.limits import limit_codes
from portal.web.services import GivenServices

CODE_PAGE, PASSWORD_PAGE = STEP_PAGES[Stage.CODE], STEP_PAGES[Stage.NEW_PASSWORD]


@dataclass(frozen=True, slots=True)
class StepPage:
    """The form of a step: who is half signed in, and where they go on to."""

    form: FormState
    wanted: str
    username: str


@get(CODE_PAGE, opt=only_staff(Stage.CODE))
async def show_code(request: AnyRequest) -> Template:
    """The form of the code."""
    return _show("code", request, FormState(), request.query_params.get(FIELD, ""))


@post(CODE_PAGE, opt=only_staff(Stage.CODE))
async def take_code(request: AnyRequest, services: GivenServices, actor: GivenActor) -> Template | Redirect:
    """On with a right code, back with a wrong one."""
    fields = await read_fields(request)
    session = session_of(request)
    await limit_codes(request, services, session.staff.username)
    key = services.keys.second_factor
    try:
        opened = await pass_code(session, fields.get("codigo", ""), key, actor, services.now(), services.session_rules)
    except CodeRefused:
        form = FormState(mistakes=(Mistake("codigo", "code_refused"),))
        return _show("code", request, form, fields.get(FIELD, ""), HTTP_422_UNPROCESSABLE_ENTITY)
    return go_on(request, services, opened, fields.get(FIELD, ""), session.staff.username)


@get(PASSWORD_PAGE, opt=only_staff(Stage.NEW_PASSWORD))
async def show_new_password(request: AnyRequest) -> Template:
    """The form of the new password."""
    return _show("new_password", request, FormState(), request.query_params.get(FIELD, ""))


@post(PASSWORD_PAGE, opt=only_staff(Stage.NEW_PASSWORD))
async def take_new_password(request: AnyRequest, services: GivenServices, actor: GivenActor) -> Template | Redirect:
    """Replace the password that was made for them."""
    fields = await read_fields(request)
    session = session_of(request)
    read = read_new_password(fields, session.staff.username)
    try:
        if isinstance(read, str):
            value = await replace_made_password(session, read, actor, services.now(), services.session_rules)
            wanted = fields.get(FIELD, "")
            return go_on(request, services, SignedIn(value, Stage.FULL), wanted, session.staff.username)
    except SamePassword:
        read = (Mistake(NEW, "same"),)
    except WrongPassword:  # somebody set another one meanwhile: this session is over
        return Redirect(SIGN_IN_PAGE, status_code=303)
    form = FormState(mistakes=read)
    return _show("new_password", request, form, fields.get(FIELD, ""), HTTP_422_UNPROCESSABLE_ENTITY)


def _show(step: str, request: AnyRequest, form: FormState, wanted: str, status: int = HTTP_200_OK) -> Template:
    page = StepPage(form, read_wanted(wanted), session_of(request).staff.username)
    return Template(f"desk/sign_in_{step}.html", context={"page": page}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_code, take_code, show_new_password, take_new_password)
