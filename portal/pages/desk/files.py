"""The files that came with a cita, opened by the staff: never shown inside a page, each opening written down."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from litestar import Response, get
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from portal.domain.audit import Action, write_audit
from portal.domain.desk import find_desk_cita
from portal.domain.files import MediaType, read_file
from portal.domain.permissions import may_see
from portal.domain.vocabulary import FileKind
from portal.web.admission import GivenActor, GivenStaff, only_staff
from portal.web.services import GivenServices

# The names say nothing of whose it is: a downloaded file stays on the machine of a desk.
_NAMES: Final = {FileKind.CV: "cv", FileKind.QUESTION: "documento"}
_ENDINGS: Final = {MediaType.PDF: "pdf", MediaType.DOCX: "docx", MediaType.JPEG: "jpg", MediaType.PNG: "png"}
_ALONE: Final = "sandbox; default-src 'none'"
"""Even opened in the browser, a file runs nothing, fetches nothing and belongs to no origin."""


@get("/atenciones/{appointment:uuid}/archivos/{file:uuid}", opt=only_staff())
async def open_file(
    services: GivenServices,
    staff: GivenStaff,
    actor: GivenActor,
    appointment: FromPath[UUID],
    file: FromPath[UUID],
) -> Response[bytes]:
    """A file of a cita, under the type that its content was found to have. 404 for whatever one may not see."""
    cita = await find_desk_cita(appointment)
    if cita is None or not may_see(staff, cita):
        raise NotFoundException
    opened = await read_file(appointment, file)
    if opened is None:
        raise NotFoundException
    await write_audit(
        actor, Action.FILE_OPENED, services.now(), appointment=appointment, subject=str(file), kind=opened.kind.value
    )
    name = f"{_NAMES[opened.kind]}.{_ENDINGS[opened.media_type]}"
    headers = {
        "content-disposition": f'attachment; filename="{name}"',
        "content-security-policy": _ALONE,
        "cache-control": "private, no-store",
    }
    return Response(opened.content, media_type=opened.media_type.value, headers=headers)


ROUTES: tuple[ControllerRouterHandler, ...] = (open_file,)
