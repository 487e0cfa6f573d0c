"""The forms about kiosks: a new one, and what a sede lends them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from pydantic_core import PydanticCustomError

from portal.domain.catalogue import CenterInfo
from portal.domain.lease_supply import Policy
from portal.forms.state import Mistake
from portal.forms.text import tidy_line

_LONGEST_NAME: Final = 60
_BOUNDS: Final = (("por_consultor", 0, 50), ("dias", 1, 30), ("porcentaje", 0, 100), ("minimo", 0, 500))


@dataclass(frozen=True, slots=True)
class NewKiosk:
    """A kiosk to make, at the sede ``center``."""

    name: str
    center: UUID


def read_new_kiosk(fields: Mapping[str, str], centers: tuple[CenterInfo, ...]) -> NewKiosk | tuple[Mistake, ...]:
    """The name and the sede of a kiosk, or what is wrong with them; ``centers`` are those to choose from."""
    mistakes: list[Mistake] = []
    name = ""
    try:
        name = tidy_line(fields.get("nombre", ""), _LONGEST_NAME)
        if not name:
            mistakes.append(Mistake("nombre", "missing"))
    except PydanticCustomError as error:
        context = error.context or {}
        mistakes.append(Mistake("nombre", str(context["code"]), int(context["limit"])))
    center = next((center for center in centers if center.code == fields.get("sede", "")), None)
    if center is None:
        mistakes.append(Mistake("sede", "unknown"))
    return tuple(mistakes) if mistakes or center is None else NewKiosk(name, center.id)


def read_policy(fields: Mapping[str, str]) -> Policy | tuple[Mistake, ...]:
    """How much is lent, or what is wrong with it."""
    mistakes, read = [], []
    for name, least, most in _BOUNDS:
        typed = fields.get(name, "").strip()
        fits = typed.isascii() and typed.isdecimal() and len(typed) <= len(str(most)) and least <= int(typed) <= most
        if fits:
            read.append(int(typed))
        else:
            mistakes.append(Mistake(name, "malformed", most))
    if mistakes:
        return tuple(mistakes)
    per_consultant, days, share, minimum = read
    return Policy(per_consultant, days, share, minimum)


def write_policy(policy: Policy) -> dict[str, str]:
    """A policy as the form shows it."""
    values = (policy.per_consultant, policy.days, policy.share, policy.minimum)
    return {name: str(value) for (name, _, _), value in zip(_BOUNDS, values, strict=True)}
