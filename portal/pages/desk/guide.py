"""The Guía del Consultor for whoever works here: the page, the PDF, and the versions that were."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Template
from litestar.types import ControllerRouterHandler

from portal.documents.guide_sheet import guide_sheet_of
from portal.domain.guide import Guide, GuideUnknown, GuideVersion, list_versions, read_guide, read_version
from portal.web.admission import GivenStaff, only_staff
from portal.web.services import GivenServices

GUIDE_PAGE: Final = "/guia"
VERSIONS_PAGE: Final = "/guia/versiones"

_PDF: Final = {"content-disposition": 'inline; filename="guia-del-consultor.pdf"'}


@dataclass(frozen=True, slots=True)
class GuidePage:
    """A version, and whether it is the one that holds (``newest`` is its number)."""

    guide: Guide
    newest: int
    may_edit: bool

    @property
    def holds(self) -> bool:
        return self.guide.number == self.newest


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """All versions, the newest first."""

    versions: tuple[GuideVersion, ...]
    may_edit: bool


@get(GUIDE_PAGE, opt=only_staff())
async def show_guide(staff: GivenStaff) -> Template:
    """What to say, do and send, activity by activity."""
    guide = await read_guide()
    return Template("desk/guide.html", context={"page": GuidePage(guide, guide.number, staff.steers)})


@get("/guia.pdf", opt=only_staff())
async def print_guide(services: GivenServices) -> Response[bytes]:
    """The same on paper."""
    pdf = await services.renderer.guide_pdf(guide_sheet_of(await read_guide()))
    return Response(pdf, media_type="application/pdf", headers=_PDF)


@get(VERSIONS_PAGE, opt=only_staff())
async def show_versions(staff: GivenStaff) -> Template:
    """Who edited it when."""
    page = VersionsPage(tuple(await list_versions()), staff.steers)
    return Template("desk/guide_versions.html", context={"page": page})


@get("/guia/versiones/{number:int}", opt=only_staff())
async def show_version(staff: GivenStaff, number: FromPath[int]) -> Template:
    """The guide as it was."""
    try:
        version = await read_version(number)
    except GuideUnknown:
        raise NotFoundException from None
    newest = (await read_guide()).number
    return Template("desk/guide_version.html", context={"page": GuidePage(version, newest, staff.steers)})


ROUTES: tuple[ControllerRouterHandler, ...] = (show_guide, print_guide, show_versions, show_version)
