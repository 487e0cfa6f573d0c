"""Where the pages of the office are."""

from __future__ import annotations

from litestar import get
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from portal.domain.vocabulary import Role
from portal.web.admission import GivenStaff, only


@get("/gestion", opt=only(Role.SUPERVISOR, Role.ADMINISTRATOR))
async def show_office(staff: GivenStaff) -> Template:
    """The pages that somebody of this role may open."""
    return Template("office/index.html", context={"is_administrator": staff.role is Role.ADMINISTRATOR})


ROUTES: tuple[ControllerRouterHandler, ...] = (show_office,)
