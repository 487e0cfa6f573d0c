"""Switch one's own second factor on and off. The password is asked for again: a borrowed browser must not do it."""

from __future__ import annotations

from dataclasses import dataclass

import segno
from litestar import get, post
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.new_password import WrongPassword, check_password
from portal.domain.second_factor import (
    CodeRefused,
    begin_enrolment,
    confirm_enrolment,
    count_recovery_codes,
    find_enrolment,
    has_second_factor,
    remove_second_factor,
    renew_recovery_codes,
)
from portal.domain.staff import StaffView
from portal.forms.password import CURRENT
from portal.forms.state import FormState, Mistake
from portal.pages.desk.account import PAGE as ACCOUNT
from portal.pages.word_lists.access import ISSUER
from portal.web.admission import GivenActor, GivenStaff, only_staff, session_of
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.limits import limit_asking_again, limit_codes
from portal.web.services import GivenServices, Services

PAGE = "/cuenta/segundo-paso"
_QR_SCALE = 5
_GROUP = 4


@dataclass(frozen=True, slots=True)
class SecondFactorPage:
    """Where one stands: off, waiting for the first code (then with a picture and its letters), or on."""

    form: FormState
    is_on: bool
    codes_left: int = 0
    picture: str = ""
    letters: tuple[str, ...] = ()


@get(PAGE, opt=only_staff())
async def show_second_factor(request: AnyRequest, services: GivenServices, staff: GivenStaff) -> Template:
    """The second factor as it stands. Opening the page changes nothing."""
    return await _show(request, services, staff, FormState())


@post(PAGE, opt=only_staff())
async def begin(request: AnyRequest, services: GivenServices, staff: GivenStaff) -> Template | Redirect:
    """Make a secret that waits for its first code."""
    if not await _asked_again(request, services, staff):
        return await _show(request, services, staff, _wrong(), HTTP_422_UNPROCESSABLE_ENTITY)
    await begin_enrolment(staff.id, session_of(request).key, services.keys.second_factor)
    return Redirect(PAGE, status_code=303)


@post("/cuenta/segundo-paso/confirmar", opt=only_staff())
async def confirm(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Redirect:
    """Switch it on with the first code; the recovery codes are shown this once."""
    await limit_codes(request, services, staff.username)
    typed = (await read_fields(request)).get("codigo", "")
    try:
        codes = await confirm_enrolment(staff, typed, services.keys.second_factor, actor, services.now())
    except CodeRefused:
        form = FormState(mistakes=(Mistake("codigo", "code_refused"),))
        return await _show(request, services, staff, form, HTTP_422_UNPROCESSABLE_ENTITY)
    return _show_codes(codes, staff)


@post("/cuenta/segundo-paso/codigos", opt=only_staff())
async def renew(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Redirect:
    """New recovery codes in place of the former ones."""
    if not await _asked_again(request, services, staff):
        return await _show(request, services, staff, _wrong(), HTTP_422_UNPROCESSABLE_ENTITY)
    codes = await renew_recovery_codes(staff, services.keys.second_factor, actor, services.now())
    return _show_codes(codes, staff) if codes else Redirect(PAGE, status_code=303)


@post("/cuenta/segundo-paso/quitar", opt=only_staff())
async def remove(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Redirect:
    """Switch it off."""
    if not await _asked_again(request, services, staff):
        return await _show(request, services, staff, _wrong(), HTTP_422_UNPROCESSABLE_ENTITY)
    await remove_second_factor(staff.id, staff.username, actor, services.now())
    return Redirect(f"{ACCOUNT}?hecho=segundo-paso", status_code=303)


async def _asked_again(request: AnyRequest, services: Services, staff: StaffView) -> bool:
    await limit_asking_again(services, staff.username)
    try:
        await check_password(staff.id, (await read_fields(request)).get(CURRENT, ""))
    except WrongPassword:
        return False
    return True


def _wrong() -> FormState:
    return FormState(mistakes=(Mistake(CURRENT, "wrong"),))


async def _show(
    request: AnyRequest, services: Services, staff: StaffView, form: FormState, status: int = HTTP_200_OK
) -> Template:
    is_on = await has_second_factor(staff.id)
    session = session_of(request).key
    enrolment = None if is_on else await find_enrolment(staff.id, session, services.keys.second_factor)
    picture, letters = "", ""
    if enrolment is not None:
        letters = enrolment.secret
        picture = segno.make(enrolment.address(staff.username, ISSUER), micro=False).svg_data_uri(scale=_QR_SCALE)
    page = SecondFactorPage(
        form=form,
        is_on=is_on,
        codes_left=await count_recovery_codes(staff.id) if is_on else 0,
        picture=picture,
        letters=tuple(letters[start : start + _GROUP] for start in range(0, len(letters), _GROUP)),
    )
    return Template("desk/second_factor.html", context={"page": page}, status_code=status)


def _show_codes(codes: tuple[str, ...], staff: StaffView) -> Template:
    return Template("desk/recovery_codes.html", context={"codes": codes, "username": staff.username})


ROUTES: tuple[ControllerRouterHandler, ...] = (show_second_factor, begin, confirm, renew, remove)
