"""Sign in and out."""

from __future__ import annotations

from litestar import get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.sessions import end_session
from portal.domain.signing_in import SignInRefused, sign_in
from portal.forms.state import FormState, Mistake
from portal.web.admission import EVERYBODY, read_session, staff_cookie
from portal.web.cookies import AnyRequest
from portal.web.errors import SIGN_IN_PAGE
from portal.web.fields import read_fields
from portal.web.limits import limit_signing_in
from portal.web.services import GivenServices

HOME = "/agenda"


@get(SIGN_IN_PAGE, opt=EVERYBODY)
async def show_sign_in() -> Template:
    """The form."""
    return _page(FormState())


@post(SIGN_IN_PAGE, opt=EVERYBODY)
async def enter(request: AnyRequest, services: GivenServices) -> Template | Redirect:
    """To the agenda, or back with one sentence for a wrong name and a wrong password."""
    fields = await read_fields(request)
    username = fields.get("usuario", "").strip().lower()[:40]
    await limit_signing_in(request, services, username)
    try:
        value = await sign_in(username, fields.get("clave", ""), services.now(), services.session_rules)
    except SignInRefused:
        return _page(FormState({"usuario": username}, (Mistake("usuario", "refused"),)), HTTP_422_UNPROCESSABLE_ENTITY)
    answer = Redirect(HOME, status_code=303)
    answer.set_cookie(staff_cookie(value, secure=services.settings.secure_cookies))
    return answer


@post("/salir", opt=EVERYBODY)
async def leave(request: AnyRequest, services: GivenServices) -> Redirect:
    """End the session; again does nothing."""
    session = await read_session(request)
    if session is not None:
        await end_session(session.key)
    answer = Redirect(SIGN_IN_PAGE, status_code=303)
    answer.set_cookie(staff_cookie("", secure=services.settings.secure_cookies))
    return answer


def _page(form: FormState, status: int = HTTP_200_OK) -> Template:
    return Template("desk/sign_in.html", context={"form": form}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_sign_in, enter, leave)
