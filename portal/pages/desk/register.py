"""The register of attentions: its rows, filtered, and the way to its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final, TypeAlias
from urllib.parse import urlencode

from litestar import get
from litestar.response import Template
from litestar.status_codes import HTTP_200_OK, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Actor
from portal.domain.exports import ExportView, list_exports
from portal.domain.register import RegisterPage, read_page
from portal.domain.register_filter import (
    Choice,
    FilterNames,
    RegisterChoices,
    RegisterFilter,
    read_choices,
    within_reach,
)
from portal.domain.register_history import Exported, list_exported, record_look
from portal.domain.register_sums import count_up_to
from portal.domain.spanish_dates import local_day
from portal.domain.staff import StaffView
from portal.domain.vocabulary import State
from portal.exports.making import SMALL
from portal.forms.register import RegisterWish, read_id, read_register_wish
from portal.pages.words import choices as words_of
from portal.web.admission import GivenActor, GivenStaff, only_staff
from portal.web.cookies import AnyRequest
from portal.web.services import GivenServices, Services

REGISTER_PAGE: Final = "/registro"
_ROWS_OF_PAGE: Final = 50

Options: TypeAlias = tuple[tuple[str, str], ...]
"""Values and words, as a list to choose from takes them."""


@dataclass(frozen=True, slots=True)
class FileView:
    """A file that is being made or was made, with the names of what was picked."""

    job: ExportView
    names: FilterNames


@dataclass(frozen=True, slots=True)
class ExportedView:
    """An export with the names of what was picked."""

    told: Exported
    names: FilterNames


@dataclass(frozen=True, slots=True)
class RegisterView:
    """What the page shows.

    ``number`` counts the rows of the filter, at most one more than ``most``, which can be taken away at once;
    ``query`` is the filter as addresses carry it; ``too_many`` that more was asked for at once.
    """

    wish: RegisterWish
    choices: RegisterChoices
    states: Options
    page: RegisterPage | None
    number: int
    most: int
    query: str
    too_many: bool
    files: tuple[FileView, ...]
    exported: tuple[ExportedView, ...]

    @property
    def is_small(self) -> bool:
        return self.number <= self.most

    @property
    def centers(self) -> Options:
        return _options(self.choices.centers)

    @property
    def consultants(self) -> Options:
        return _options(self.choices.consultants)

    @property
    def services(self) -> Options:
        return _options(self.choices.services)


@get(REGISTER_PAGE, opt=only_staff())
async def show_register(request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor) -> Template:
    """The rows that the filter picks, the newest first; 422 with the filter as typed when it says nothing clear."""
    return await render_register(dict(request.query_params), services, staff, actor)


async def read_wish(
    fields: Mapping[str, str], services: Services, staff: StaffView
) -> tuple[RegisterWish, RegisterChoices]:
    """What an address or a form asks for, kept to what they may see, and what there is to choose from."""
    choices = await read_choices(staff)
    wish = read_register_wish(fields, choices, local_day(services.now()))
    if wish.chosen is not None:
        wish = replace(wish, chosen=within_reach(wish.chosen, staff))
    return wish, choices


async def render_register(
    fields: Mapping[str, str], services: Services, staff: StaffView, actor: Actor, *, too_many: bool = False
) -> Template:
    """The page; ``too_many`` says above it that a file has to be prepared first."""
    wish, choices = await read_wish(fields, services, staff)
    page, number = None, 0
    if wish.chosen is not None:
        page = await _read_page(fields, wish.chosen)
        number = await count_up_to(wish.chosen, SMALL + 1)
        await record_look(wish.chosen, actor, services.now())
    view = RegisterView(
        wish=wish,
        choices=choices,
        states=words_of(*State),
        page=page,
        number=number,
        most=SMALL,
        query=query_of(wish),
        too_many=too_many,
        files=await read_files(staff, choices),
        exported=await _read_exported(staff, choices) if staff.steers else (),
    )
    status = HTTP_422_UNPROCESSABLE_ENTITY if wish.chosen is None or too_many else HTTP_200_OK
    return Template("desk/register.html", context={"register": view}, status_code=status)


async def read_files(staff: StaffView, choices: RegisterChoices) -> tuple[FileView, ...]:
    """The files that they asked for, the newest first."""
    return tuple(FileView(job, choices.names_of(job.chosen)) for job in await list_exports(staff.id))


def query_of(wish: RegisterWish) -> str:
    """The filter as addresses carry it; what was left open is left out."""
    return urlencode({name: value for name, value in wish.form.values.items() if value})


def _options(choices: tuple[Choice, ...]) -> Options:
    return tuple((choice.value, choice.name) for choice in choices)


async def _read_page(fields: Mapping[str, str], chosen: RegisterFilter) -> RegisterPage:
    older, newer = (read_id(fields.get(name, "")) for name in ("antes", "despues"))
    return await read_page(chosen, _ROWS_OF_PAGE, older_than=None if newer else older, newer_than=newer)


async def _read_exported(staff: StaffView, choices: RegisterChoices) -> tuple[ExportedView, ...]:
    return tuple(ExportedView(told, choices.names_of(told.chosen)) for told in await list_exported(staff))


ROUTES: tuple[ControllerRouterHandler, ...] = (show_register,)
