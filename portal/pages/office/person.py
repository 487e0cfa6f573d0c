"""One person of the staff: what is kept of them, how they get in, and their leaving."""

from __future__ import annotations

from uuid import UUID

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Action, write_audit
from portal.domain.catalogue import read_catalogue
from portal.domain.personnel import (
    CitasAhead,
    LastAdministrator,
    PersonView,
    change_person,
    count_ahead,
    deactivate,
    find_person,
    reactivate,
    revoke_sessions,
)
from portal.domain.recovery import LINK_LASTS, make_link
from portal.domain.schedule import open_seats_of
from portal.domain.second_factor import remove_second_factor
from portal.domain.staff import find_staff
from portal.forms.person import read_particulars
from portal.forms.state import FormState, Mistake
from portal.pages.office.people import ADMINISTRATOR, HandOver, show_form, show_hand_over
from portal.web.admission import GivenActor
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.services import GivenServices, Services

PAGE = "/gestion/personal/{person:uuid}"


@get(PAGE, opt=ADMINISTRATOR)
async def show_person(
    request: AnyRequest, services: GivenServices, actor: GivenActor, person: FromPath[UUID]
) -> Template:
    """What is kept of somebody and how they get in."""
    found = await _find(person)
    await write_audit(actor, Action.STAFF_SEEN, services.now(), subject=found.username, once=True)
    return await _show(found, services, request.query_params.get("hecho", ""))


@get(f"{PAGE}/datos", opt=ADMINISTRATOR)
async def show_particulars(person: FromPath[UUID]) -> Template:
    """The form of what may be changed."""
    found = await _find(person)
    return show_form(FormState(_typed(found)), (await read_catalogue()).centers, found)


@post(f"{PAGE}/datos", opt=ADMINISTRATOR)
async def take_particulars(
    request: AnyRequest, services: GivenServices, actor: GivenActor, person: FromPath[UUID]
) -> Template | Redirect:
    """Change them; what is wrong comes back beside its field."""
    found, fields, centers = await _find(person), await read_fields(request), (await read_catalogue()).centers
    read = read_particulars(fields, centers)
    if not isinstance(read, tuple):
        try:
            await change_person(found, read, actor, services.now())
        except LastAdministrator:
            read = (Mistake("rol", "last_administrator"),)
        except CitasAhead as ahead:
            read = (Mistake("rol", "citas_ahead", ahead.number),)
        else:
            await open_seats_of(person, services.now(), services.rules)
            return _back(person, "datos")
    return show_form(FormState(fields, read), centers, found)


@post(f"{PAGE}/enlace", opt=ADMINISTRATOR)
async def make_password_link(services: GivenServices, actor: GivenActor, person: FromPath[UUID]) -> Template | Redirect:
    """Make a link for a password: mailed, or shown once where there is no address to mail it to."""
    staff = await find_staff(person)
    if staff is None:
        raise NotFoundException
    token = await make_link(staff, actor, services.keys.access, services.now())
    if staff.email:
        return _back(person, "enlace")
    address = f"{services.settings.origin}/ingresar/nueva-clave/{token}"
    return show_hand_over(HandOver(staff.username, staff.name, address=address, minutes=LINK_LASTS.seconds // 60))


@post(f"{PAGE}/sesiones", opt=ADMINISTRATOR)
async def end_sessions(services: GivenServices, actor: GivenActor, person: FromPath[UUID]) -> Redirect:
    """End all sessions of somebody; the administrador's own stays."""
    found = await _find(person)
    but = actor.session if person == actor.staff else ""
    await revoke_sessions(person, found.username, actor, services.now(), but)
    return _back(person, "sesiones")


@post(f"{PAGE}/segundo-paso", opt=ADMINISTRATOR)
async def take_second_factor_away(services: GivenServices, actor: GivenActor, person: FromPath[UUID]) -> Redirect:
    """For somebody who lost the telephone and the recovery codes."""
    found = await _find(person)
    await remove_second_factor(person, found.username, actor, services.now())
    return _back(person, "segundo-paso")


@get(f"{PAGE}/baja", opt=ADMINISTRATOR)
async def show_leaving(services: GivenServices, person: FromPath[UUID]) -> Template:
    """What their leaving means: sessions that end, citas that are left."""
    return await _show_leaving(await _find(person), services)


@post(f"{PAGE}/baja", opt=ADMINISTRATOR)
async def take_leaving(services: GivenServices, actor: GivenActor, person: FromPath[UUID]) -> Template | Redirect:
    """Let them in no more."""
    found = await _find(person)
    try:
        await deactivate(found, actor, services.now(), services.rules)
    except LastAdministrator:
        return await _show_leaving(found, services, is_last=True)
    return _back(person, "baja")


@post(f"{PAGE}/alta", opt=ADMINISTRATOR)
async def take_return(services: GivenServices, actor: GivenActor, person: FromPath[UUID]) -> Redirect:
    """Let them in again."""
    await reactivate(await _find(person), actor, services.now(), services.rules)
    return _back(person, "alta")


async def _find(person: UUID) -> PersonView:
    found = await find_person(person)
    if found is None:
        raise NotFoundException
    return found


def _typed(person: PersonView) -> dict[str, str]:
    known = person.particulars
    return {
        "nombre": known.name,
        "rol": known.role.value,
        "sede": person.center_code,
        "correo": known.email,
        "enlace_meet": known.meet_link,
    }


async def _show(person: PersonView, services: Services, changed: str) -> Template:
    context = {"person": person, "ahead": await count_ahead(person.id, services.now()), "changed": changed}
    return Template("office/person.html", context=context)


async def _show_leaving(person: PersonView, services: Services, *, is_last: bool = False) -> Template:
    context = {"person": person, "ahead": await count_ahead(person.id, services.now()), "is_last": is_last}
    return Template("office/leaving.html", context=context, status_code=422 if is_last else 200)


def _back(person: UUID, changed: str) -> Redirect:
    return Redirect(f"/gestion/personal/{person}?hecho={changed}", status_code=303)


ROUTES: tuple[ControllerRouterHandler, ...] = (
    show_person,
    show_particulars,
    take_particulars,
    make_password_link,
    end_sessions,
    take_second_factor_away,
    show_leaving,
    take_leaving,
    take_return,
)
