"""A forgotten password: ask for a link, and set a new password by it."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import get, post
from litestar.background_tasks import BackgroundTask
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_410_GONE, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.new_password import SamePassword
from portal.domain.recovery import LINK_LASTS, LinkOwner, LinkSpent, ask_link, find_link, use_link
from portal.forms.password import NEW, read_new_password
from portal.forms.state import FormState, Mistake
from portal.pages.desk.sign_in import go_on, read_username
from portal.web.admission import EVERYBODY
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_links, limit_tokens, origin_of
from portal.web.services import GivenServices

PAGE = "/ingresar/olvide"
LINK = "/ingresar/nueva-clave/{token:str}"


@dataclass(frozen=True, slots=True)
class LinkPage:
    """The form of a new password, by a link."""

    form: FormState
    token: str
    username: str


@get(PAGE, opt=EVERYBODY)
async def show_asking() -> Template:
    """The form that asks for a link."""
    return Template("desk/forgotten.html", context={"form": FormState()})


@post(PAGE, opt=EVERYBODY)
async def ask(request: AnyRequest, services: GivenServices) -> Template:
    """The same answer for every name; the link is made once it is on its way, so that it takes as long as well."""
    username = read_username((await read_fields(request)).get("usuario", ""))
    if not username:
        form = FormState(mistakes=(Mistake("usuario", "missing"),))
        return Template("desk/forgotten.html", context={"form": form}, status_code=HTTP_422_UNPROCESSABLE_ENTITY)
    await limit_links(request, services, username)
    origin, now = origin_of(request, services), services.now()
    later = BackgroundTask(ask_link, username, origin, services.keys.access, now)
    minutes = LINK_LASTS.seconds // 60
    return Template("desk/forgotten_sent.html", context={"minutes": minutes}, background=later)


@get(LINK, opt=EVERYBODY)
async def show_link(services: GivenServices, token: FromPath[str]) -> Template:
    """The form of the new password. Opening it changes nothing: programs that look at mails open links."""
    try:
        owner = await find_link(token, services.keys.access, services.now())
    except LinkSpent:
        return _spent()
    return _show(token, owner, FormState())


@post(LINK, opt=EVERYBODY)
async def take(request: AnyRequest, services: GivenServices, token: FromPath[str]) -> Template | Redirect:
    """Set the password and go on signed in, or to the code of the second factor."""
    await limit_tokens(request, services)
    key, now = services.keys.access, services.now()
    try:
        owner = await find_link(token, key, now)
    except LinkSpent:
        return _spent()
    try:
        read = read_new_password(await read_fields(request), owner.username)
        if not isinstance(read, str):
            return _show(token, owner, FormState(mistakes=read), HTTP_422_UNPROCESSABLE_ENTITY)
        origin = origin_of(request, services)
        opened = await use_link(token, read, origin, key, now, services.session_rules)
    except LinkSpent:
        return _spent()
    except SamePassword:
        form = FormState(mistakes=(Mistake(NEW, "same"),))
        return _show(token, owner, form, HTTP_422_UNPROCESSABLE_ENTITY)
    return go_on(request, services, opened, "", owner.username)


def _show(token: str, owner: LinkOwner, form: FormState, status: int = HTTP_200_OK) -> Template:
    page = LinkPage(form, token, owner.username)
    return Template("desk/new_password_by_link.html", context={"page": page}, status_code=status)


def _spent() -> Template:
    return Template("desk/link_spent.html", status_code=HTTP_410_GONE)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_asking, ask, show_link, take)
