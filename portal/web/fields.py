"""The fields of a form as text; files and repeats of a name are left out."""

from __future__ import annotations

from portal.web.cookies import AnyRequest


async def read_fields(request: AnyRequest) -> dict[str, str]:
    """Each field's first text, by its name."""
    fields: dict[str, str] = {}
    for name, value in (await request.form()).multi_items():
        if isinstance(value, str):
            fields.setdefault(name, value)
    return fields
