"""One's own secret and PIN for the kiosk of the sede."""

from __future__ import annotations

from typing import Final

from litestar import get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.kiosk_secrets import SecretIsPassword, find_secret, remove_secret, set_secret
from portal.domain.new_password import WrongPassword
from portal.domain.staff import StaffView
from portal.domain.vocabulary import Role
from portal.forms.kiosk_secret import SECRET, read_kiosk_secret
from portal.forms.password import CURRENT
from portal.forms.state import FormState, Mistake
from portal.web.admission import GivenActor, GivenStaff, only
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_asking_again
from portal.web.services import GivenServices

PAGE: Final = "/cuenta/modulo"
_WHO_WORKS_THERE: Final = only(Role.CONSULTANT, Role.SUPERVISOR)


@get(PAGE, opt=_WHO_WORKS_THERE)
async def show_secret(staff: GivenStaff) -> Template:
    """The form, and whether there is a secret already."""
    return await _show(staff)


@post(PAGE, opt=_WHO_WORKS_THERE)
async def take_secret(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Redirect:
    """Set them, after one's password was typed once more."""
    await limit_asking_again(services, staff.username)
    fields = await read_fields(request)
    read = read_kiosk_secret(fields, staff.username)
    if isinstance(read, tuple):
        return await _show(staff, read)
    try:
        await set_secret(staff, fields.get(CURRENT, ""), read.secret, read.pin, actor, services.now())
    except WrongPassword:
        return await _show(staff, (Mistake(CURRENT, "wrong"),))
    except SecretIsPassword:
        return await _show(staff, (Mistake(SECRET, "password"),))
    return Redirect("/cuenta?hecho=modulo", status_code=303)


@post(f"{PAGE}/quitar", opt=_WHO_WORKS_THERE)
async def take_away(services: GivenServices, staff: GivenStaff, actor: GivenActor) -> Redirect:
    """Sign in at no kiosk any more."""
    await remove_secret(staff.id, staff.username, actor, services.now())
    return Redirect("/cuenta?hecho=modulo-quitado", status_code=303)


async def _show(staff: StaffView, mistakes: tuple[Mistake, ...] = ()) -> Template:
    context = {
        "form": FormState(mistakes=mistakes),
        "set_at": await find_secret(staff.id),
        "staff_name": staff.username,
    }
    status = HTTP_422_UNPROCESSABLE_ENTITY if mistakes else HTTP_200_OK
    return Template("desk/kiosk_secret.html", context=context, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_secret, take_secret, take_away)
