"""The fields of a form as text; files and repeats of a name are left out."""

from __future__ import annotations

from litestar.datastructures import FormMultiDict
from litestar.exceptions import ClientException

from portal.web.cookies import AnyRequest


async def read_form(request: AnyRequest) -> FormMultiDict:
    """The form as it came, files too. Raises ClientException (400) when its text is not in the encoding it claims."""
    try:
        return await request.form()
    except (UnicodeError, LookupError):  # Litestar lets both through: bytes that are no text, and an unknown charset
        raise ClientException from None


async def read_fields(request: AnyRequest) -> dict[str, str]:
    """Each field's first text, by its name."""
    fields: dict[str, str] = {}
    for name, value in (await read_form(request)).multi_items():
        if isinstance(value, str):
            fields.setdefault(name, value)
    return fields
