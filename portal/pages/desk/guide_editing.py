"""Edit the Guía del Consultor, one activity at a time, with a preview; bring an old version back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from litestar import get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_409_CONFLICT, HTTP_422_UNPROCESSABLE_ENTITY
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Action, Actor, write_audit
from portal.domain.guide import (
    LONGEST_TEXT,
    Guide,
    GuideChanged,
    GuideSection,
    GuideUnknown,
    read_guide,
    restore_version,
    save_section,
)
from portal.domain.procedure import Activity
from portal.domain.vocabulary import Role
from portal.forms.guide import read_section, write_fields
from portal.forms.state import FormState
from portal.pages.desk.guide import GUIDE_PAGE, VERSIONS_PAGE
from portal.web.admission import GivenActor, GivenStaff, only
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.services import GivenServices

EDIT_PAGE: Final = "/guia/editar"
LOOK: Final = "ver"
"""The value of ``accion`` that shows what was typed and keeps nothing."""

_EDITORS: Final = only(Role.SUPERVISOR, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class EditPage:
    """The form of one activity. ``base`` is the number of the version that is being edited.

    ``preview`` is what was typed, as the guide would show it; ``newest`` is there when somebody else was faster.
    """

    section: GuideSection
    base: int
    form: FormState
    preview: GuideSection | None = None
    newest: Guide | None = None
    longest: int = LONGEST_TEXT


@dataclass(frozen=True, slots=True)
class RestoreConflict:
    """Somebody saved while an old version was being brought back."""

    number: int
    newest: Guide


@get(EDIT_PAGE, opt=_EDITORS)
async def show_editor(request: AnyRequest) -> Template:
    """The form of the activity that the query names, else all of them to choose from."""
    guide = await read_guide()
    activity = _read_activity(request.query_params.get("actividad", ""))
    if activity is None:
        return Template("desk/guide_choose.html", context={"guide": guide})
    section = guide.section(activity)
    return _page(EditPage(section, guide.number, FormState(write_fields(section))))


@post(EDIT_PAGE, opt=_EDITORS)
async def edit(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Redirect:
    """Show what was typed, or keep it; back with what is wrong, or with what somebody else saved meanwhile."""
    fields = await read_fields(request)
    activity = _read_activity(fields.get("actividad", ""))
    if activity is None:
        raise NotFoundException
    guide = await read_guide()
    base = _read_number(fields.get("version", ""), guide.number)
    section = guide.section(activity)
    typed = read_section(fields, section)
    if not isinstance(typed, GuideSection):
        return _page(EditPage(section, base, FormState(fields, typed)), HTTP_422_UNPROCESSABLE_ENTITY)
    if fields.get("accion") == LOOK:
        return _page(EditPage(section, base, FormState(fields), preview=typed))
    try:
        saved = await save_section(typed, base, staff.id, services.now())
    except GuideUnknown:
        raise NotFoundException from None
    except GuideChanged as changed:
        newest = changed.newest
        page = EditPage(newest.section(activity), newest.number, FormState(fields), newest=newest)
        return _page(page, HTTP_409_CONFLICT)
    if saved is not None:
        await _note(actor, saved, services.now())
    return Redirect(f"{GUIDE_PAGE}#actividad-{activity}", status_code=303)


@post("/guia/versiones/{number:int}/restaurar", opt=_EDITORS)
async def restore(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor, number: FromPath[int]
) -> Template | Redirect:
    """Keep an old version as the newest one; the page says so when somebody saved meanwhile."""
    base = _read_number((await read_fields(request)).get("version", ""), -1)
    try:
        saved = await restore_version(number, base, staff.id, services.now())
    except GuideUnknown:
        raise NotFoundException from None
    except GuideChanged as changed:
        conflict = RestoreConflict(number, changed.newest)
        return Template("desk/guide_restore.html", context={"page": conflict}, status_code=HTTP_409_CONFLICT)
    if saved is not None:
        await _note(actor, saved, services.now())
    return Redirect(VERSIONS_PAGE, status_code=303)


async def _note(actor: Actor, guide: Guide, now: datetime) -> None:
    await write_audit(actor, Action.GUIDE_EDITED, now, subject=str(guide.number))


def _read_activity(text: str) -> Activity | None:
    return Activity(text) if text in tuple(Activity) else None


def _read_number(text: str, otherwise: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise


def _page(page: EditPage, status: int = HTTP_200_OK) -> Template:
    return Template("desk/guide_edit.html", context={"page": page}, status_code=status)


ROUTES: tuple[ControllerRouterHandler, ...] = (show_editor, edit, restore)
