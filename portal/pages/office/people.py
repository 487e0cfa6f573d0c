"""The people who work here: the list, and somebody new."""

from __future__ import annotations

from dataclasses import dataclass

from litestar import get, post
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Action, write_audit
from portal.domain.catalogue import CenterInfo, read_catalogue
from portal.domain.personnel import PersonView, UsernameTaken, add_person, list_personnel
from portal.domain.vocabulary import Role
from portal.forms.person import read_new_username, read_particulars
from portal.forms.state import FormState, Mistake
from portal.web.admission import GivenActor, only
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.services import GivenServices

PAGE = "/gestion/personal"
ADMINISTRATOR = only(Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class PersonForm:
    """The form of a person; ``person`` is None for somebody new."""

    form: FormState
    centers: tuple[tuple[str, str], ...]
    roles: tuple[Role, ...]
    person: PersonView | None = None


@dataclass(frozen=True, slots=True)
class HandOver:
    """What an administrador hands over to somebody, shown once: a password, or the address of a link."""

    username: str
    name: str
    password: str = ""
    address: str = ""
    minutes: int = 0


@get(PAGE, opt=ADMINISTRATOR)
async def show_people(services: GivenServices, actor: GivenActor) -> Template:
    """Everybody, also those who left."""
    await write_audit(actor, Action.STAFF_SEEN, services.now(), once=True)
    return Template("office/people.html", context={"people": await list_personnel()})


@get("/gestion/personal/nueva", opt=ADMINISTRATOR)
async def show_new_person() -> Template:
    """The form of somebody new."""
    centers = (await read_catalogue()).centers
    usual = centers[0].code if len(centers) == 1 else ""
    return show_form(FormState({"rol": Role.CONSULTANT.value, "sede": usual}), centers)


@post("/gestion/personal/nueva", opt=ADMINISTRATOR)
async def take_new_person(request: AnyRequest, services: GivenServices, actor: GivenActor) -> Template:
    """Add somebody; their first password is shown this once."""
    fields, centers = await read_fields(request), (await read_catalogue()).centers
    username, read = read_new_username(fields), read_particulars(fields, centers)
    if isinstance(username, Mistake) or isinstance(read, tuple):
        mistakes = (*([username] if isinstance(username, Mistake) else []), *(read if isinstance(read, tuple) else []))
        return show_form(FormState(fields, mistakes), centers)
    try:
        password = await add_person(username, read, actor, services.now())
    except UsernameTaken:
        return show_form(FormState(fields, (Mistake("usuario", "taken"),)), centers)
    return show_hand_over(HandOver(username, read.name, password=password))


def show_form(form: FormState, centers: tuple[CenterInfo, ...], person: PersonView | None = None) -> Template:
    """The form, with what is wrong in it."""
    page = PersonForm(form, tuple((center.code, center.name) for center in centers), tuple(Role), person)
    status = HTTP_422_UNPROCESSABLE_ENTITY if form.mistakes else HTTP_200_OK
    return Template("office/person_form.html", context={"page": page}, status_code=status)


def show_hand_over(given: HandOver) -> Template:
    """What is to be handed over; no page shows it again."""
    return Template("office/hand_over.html", context={"given": given})


ROUTES: tuple[ControllerRouterHandler, ...] = (show_people, show_new_person, take_new_person)
