"""A file that came with a form: examined, or the mistake to show beside its field."""

from __future__ import annotations

from litestar.datastructures import UploadFile

from portal.domain.errors import FileRefused
from portal.domain.files import CheckedFile, MediaType, Refusal
from portal.forms.state import Mistake
from portal.forms.upload import examine
from portal.web.cookies import AnyRequest
from portal.web.fields import read_form
from portal.web.services import Services

_BYTES_OF_MEGABYTE = 1024 * 1024


async def read_upload(
    request: AnyRequest, services: Services, field: str, accepted: frozenset[MediaType]
) -> CheckedFile | Mistake:
    """The file of a field, checked by its content; its name is not read. A field left empty is a mistake too."""
    most = services.settings.upload_max_bytes
    sent = (await read_form(request)).get(field)
    if not isinstance(sent, UploadFile):
        return Mistake(field, Refusal.MISSING)
    try:
        return await examine(sent.file, accepted, most)
    except FileRefused as refused:
        return Mistake(field, refused.reason, most // _BYTES_OF_MEGABYTE)
