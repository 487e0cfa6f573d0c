"""The register taken away: few rows at once, many as a file that is made beside the requests."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.response import Redirect, Stream, Template
from litestar.status_codes import HTTP_200_OK
from litestar.types import ControllerRouterHandler

from portal.documents import register_csv, spreadsheet
from portal.domain.exports import ExportKind, ExportState, ask_for_export, find_export, read_pieces
from portal.domain.register_filter import RegisterFilter, read_choices
from portal.domain.register_history import record_export
from portal.domain.register_sums import count_citas, count_up_to
from portal.exports.making import SMALL, about_export, file_name, small_workbook, stream_csv
from portal.pages.desk.register import REGISTER_PAGE, query_of, read_files, read_wish, render_register
from portal.web.admission import GivenActor, GivenStaff, only_staff
from portal.web.cookies import AnyRequest
from portal.web.fields import read_fields
from portal.web.services import GivenServices

_FILES: Final = f"{REGISTER_PAGE}/archivos"
_TYPES: Final = {ExportKind.XLSX: spreadsheet.MEDIA_TYPE, ExportKind.CSV: register_csv.MEDIA_TYPE}


@get(f"{REGISTER_PAGE}.csv", opt=only_staff())
async def download_csv(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Stream:
    """The rows as CSV, written while they are read, however many there are."""
    wish, _ = await read_wish(dict(request.query_params), services, staff)
    if wish.chosen is None:
        return await render_register(dict(request.query_params), services, staff, actor)
    rows = await count_citas(wish.chosen)
    await record_export(wish.chosen, ExportKind.CSV, rows, actor, services.now())
    return Stream(
        stream_csv(wish.chosen), media_type=_TYPES[ExportKind.CSV], headers=_as_file(wish.chosen, ExportKind.CSV)
    )


@get(f"{REGISTER_PAGE}.xlsx", opt=only_staff())
async def download_xlsx(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Response[bytes]:
    """The rows as a workbook, at once if they are few; otherwise the page, which has a button to have it made."""
    wish, _ = await read_wish(dict(request.query_params), services, staff)
    if wish.chosen is None:
        return await render_register(dict(request.query_params), services, staff, actor)
    if await count_up_to(wish.chosen, SMALL + 1) > SMALL:
        return await render_register(dict(request.query_params), services, staff, actor, too_many=True)
    now = services.now()
    content, rows = await small_workbook(wish.chosen, await about_export(wish.chosen, staff, now))
    await record_export(wish.chosen, ExportKind.XLSX, rows, actor, now)
    return Response(content, media_type=_TYPES[ExportKind.XLSX], headers=_as_file(wish.chosen, ExportKind.XLSX))


@post(_FILES, opt=only_staff())
async def prepare_file(
    request: AnyRequest, services: GivenServices, staff: GivenStaff, actor: GivenActor
) -> Template | Redirect:
    """Have a file made; the page shows how far it is."""
    fields = await read_fields(request)
    wish, _ = await read_wish(fields, services, staff)
    kind = next((kind for kind in ExportKind if kind == fields.get("formato")), ExportKind.XLSX)
    if wish.chosen is None:
        return await render_register(fields, services, staff, actor)
    await ask_for_export(staff.id, kind, wish.chosen, await count_citas(wish.chosen), services.now())
    return Redirect(f"{REGISTER_PAGE}?{query_of(wish)}#archivos", status_code=303)


@get(_FILES, opt=only_staff())
async def show_files(request: AnyRequest, staff: GivenStaff) -> Template | Redirect:
    """The part of the page that shows how far the files are, which asks for itself; without htmx the page."""
    if request.headers.get("hx-request") != "true":
        return Redirect(f"{REGISTER_PAGE}#archivos", status_code=303)
    files = await read_files(staff, await read_choices(staff))
    return Template("desk/_register_files.html", context={"files": files}, status_code=HTTP_200_OK)


@get(f"{_FILES}/{{job:uuid}}", opt=only_staff())
async def download_file(services: GivenServices, staff: GivenStaff, actor: GivenActor, job: FromPath[UUID]) -> Stream:
    """A file that was made for them, piece by piece. Somebody else's is one that does not exist."""
    file = await find_export(job, staff)
    if file is None or file.state is not ExportState.DONE:
        raise NotFoundException
    await record_export(file.chosen, file.kind, file.rows_done, actor, services.now(), job=job)
    headers = {**_as_file(file.chosen, file.kind), "content-length": str(file.size)}
    return Stream(read_pieces(job), media_type=_TYPES[file.kind], headers=headers)


def _as_file(chosen: RegisterFilter, kind: ExportKind) -> dict[str, str]:
    return {"content-disposition": f'attachment; filename="{file_name(chosen, kind)}"'}


ROUTES: tuple[ControllerRouterHandler, ...] = (
    download_csv,
    download_xlsx,
    prepare_file,
    show_files,
    download_file,
)
