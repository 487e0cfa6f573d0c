"""One's own account: password, second factor, video link, the places where one is signed in."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.kiosk_secrets import find_secret
from portal.domain.meet_links import read_meet_link
from portal.domain.new_password import SamePassword, WrongPassword, change_password
from portal.domain.personnel import change_meet_link, revoke_sessions
from portal.domain.second_factor import count_recovery_codes, has_second_factor
from portal.domain.sessions import OpenSession, list_sessions
from portal.domain.staff import StaffView
from portal.domain.vocabulary import Role
from portal.forms.password import CURRENT, NEW, read_new_password
from portal.forms.state import FormState, Mistake
from portal.web.admission import GivenActor, GivenStaff, only_staff, session_of, staff_cookie
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_asking_again
from portal.web.services import GivenServices, Services

PAGE = "/cuenta"
PASSWORD_PAGE = "/cuenta/clave"  # noqa: S105  # an address


@dataclass(frozen=True, slots=True)
class AccountPage:
    """What one sees of oneself; ``changed`` names what was just done, by the address it came from.

    ``kiosk_secret``: who has this role signs in at kiosks.
    """

    staff: StaffView
    form: FormState
    second_factor: bool
    codes_left: int
    kiosk_secret: bool
    has_kiosk_secret: bool
    sessions: tuple[OpenSession, ...]
    changed: str


@get(PAGE, opt=only_staff())
async def show_account(request: AnyRequest, services: GivenServices, staff: GivenStaff) -> Template:
    """The account."""
    form = FormState({"enlace_meet": staff.meet_link})
    return await _show(request, services, staff, form, request.query_params.get("hecho", ""))


@post("/cuenta/meet", opt=only_staff())
async def take_meet_link(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Redirect:
    """Change one's own Google Meet link; left empty, it is taken away."""
    fields = await read_fields(request)
    typed = fields.get("enlace_meet", "").strip()
    link = read_meet_link(typed) if typed else ""
    if link is None:
        form = FormState(fields, (Mistake("enlace_meet", "malformed"),))
        return await _show(request, services, staff, form, status=HTTP_422_UNPROCESSABLE_ENTITY)
    await change_meet_link(staff.id, staff.username, link, actor, services.now())
    return Redirect(f"{PAGE}?hecho=meet", status_code=303)


@post("/cuenta/sesiones", opt=only_staff())
async def end_others(request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor) -> Redirect:
    """End all of one's sessions but this one."""
    await revoke_sessions(staff.id, staff.username, actor, services.now(), but=session_of(request).key)
    return Redirect(f"{PAGE}?hecho=sesiones", status_code=303)


@get(PASSWORD_PAGE, opt=only_staff())
async def show_password(staff: GivenStaff) -> Template:
    """The form of a new password."""
    return _show_password(staff, ())


@post(PASSWORD_PAGE, opt=only_staff())
async def take_password(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Redirect:
    """Change the password; every other browser is signed out, this one goes on with a new session."""
    await limit_asking_again(services, staff.username)
    fields = await read_fields(request)
    read = read_new_password(fields, staff.username)
    if not isinstance(read, str):
        return _show_password(staff, read)
    session, current = session_of(request), fields.get(CURRENT, "")
    try:
        value = await change_password(session, current, read, actor, services.now(), services.session_rules)
    except WrongPassword:
        return _show_password(staff, (Mistake(CURRENT, "wrong"),))
    except SamePassword:
        return _show_password(staff, (Mistake(NEW, "same"),))
    answer = Redirect(f"{PAGE}?hecho=clave", status_code=303)
    answer.set_cookie(staff_cookie(value, secure=services.settings.secure_cookies))
    return answer


async def _show(
    request: AnyRequest,
    services: Services,
    staff: StaffView,
    form: FormState,
    changed: str = "",
    status: int = HTTP_200_OK,
) -> Template:
    sessions = await list_sessions(staff.id, session_of(request).key, services.now(), services.session_rules)
    page = AccountPage(
        staff=staff,
        form=form,
        second_factor=await has_second_factor(staff.id),
        codes_left=await count_recovery_codes(staff.id),
        kiosk_secret=staff.role is not Role.ADMINISTRATOR,
        has_kiosk_secret=await find_secret(staff.id) is not None,
        sessions=tuple(sessions),
        changed=changed,
    )
    return Template("desk/account.html", context={"page": page}, status_code=status)


def _show_password(staff: StaffView, mistakes: tuple[Mistake, ...]) -> Template:
    context = {"form": FormState(mistakes=mistakes), "username": staff.username}
    status = HTTP_422_UNPROCESSABLE_ENTITY if mistakes else HTTP_200_OK
    return Template("desk/account_password.html", context=context, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    show_account,
    take_meet_link,
    end_others,
    show_password,
    take_password,
)
