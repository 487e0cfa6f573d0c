"""The form of a person of the staff, as an administrador fills it in."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TypeVar

from pydantic_core import PydanticCustomError

from portal.domain.catalogue import CenterInfo
from portal.domain.meet_links import read_meet_link
from portal.domain.personnel import Particulars
from portal.domain.vocabulary import Role
from portal.forms.contact import read_email
from portal.forms.names import LONGEST
from portal.forms.state import Mistake
from portal.forms.text import refuse, tidy_line

T = TypeVar("T")

_USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,39}", re.ASCII)
_TWICE_A_NAME = 2 * LONGEST
"""Given names and surnames in one line."""


def read_new_username(fields: Mapping[str, str]) -> str | Mistake:
    """The name to sign in with, for good; small letters."""
    typed = fields.get("usuario", "").strip().lower()
    if not typed:
        return Mistake("usuario", "missing")
    return typed if _USERNAME.fullmatch(typed) else Mistake("usuario", "malformed")


def read_particulars(fields: Mapping[str, str], centers: tuple[CenterInfo, ...]) -> Particulars | tuple[Mistake, ...]:
    """What the form says of somebody, or what is wrong with it; ``centers`` are the sedes to choose from."""
    mistakes: list[Mistake] = []

    def read(name: str, reader: Callable[[str], T]) -> T | None:
        try:
            return reader(fields.get(name, "").strip())
        except PydanticCustomError as error:
            context = error.context or {}
            mistakes.append(Mistake(name, str(context["code"]), int(context["limit"])))
            return None

    name, role = read("nombre", _read_name), read("rol", _read_role)
    center = next((center for center in centers if center.code == fields.get("sede", "")), None)
    if fields.get("sede") and center is None:
        mistakes.append(Mistake("sede", "unknown"))
    elif role is Role.CONSULTANT and center is None:
        mistakes.append(Mistake("sede", "missing"))
    email, meet_link = read("correo", _read_optional_email), read("enlace_meet", _read_optional_link)
    if mistakes or name is None or role is None or email is None or meet_link is None:
        return tuple(mistakes)
    return Particulars(name, role, center.id if center else None, email, meet_link)


def _read_name(typed: str) -> str:
    name = tidy_line(typed, _TWICE_A_NAME)
    if not name:
        raise refuse("missing")
    return name


def _read_role(typed: str) -> Role:
    try:
        return Role(typed)
    except ValueError:
        raise refuse("unknown") from None


def _read_optional_email(typed: str) -> str:
    return read_email(typed) if typed else ""


def _read_optional_link(typed: str) -> str:
    link = read_meet_link(typed) if typed else ""
    if link is None:
        raise refuse("malformed")
    return link
