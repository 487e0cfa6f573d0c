"""What is offered and where: the services and sedes that a citizen may choose."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final
from uuid import UUID

from portal.database.engine import Row, as_json
from portal.database.node import active_node, fetch

SERVICE_ORDER: Final = '"position", "name", "code"'
CENTER_ORDER: Final = '"name", "code"'
"""In which order services and sedes are shown; the first ones are looked at unless others are asked for."""

_KINDS: Final = frozenset({"service", "center"})


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """A service as pages and documents show it; ``minutes`` is the length of a seat."""

    id: UUID
    code: str
    name: str
    procedure_code: str
    summary: str
    bring: tuple[str, ...]
    minutes: int


@dataclass(frozen=True, slots=True)
class CenterInfo:
    """A sede as pages and documents show it. ``is_paused``: it sells nothing online until its kiosks are heard."""

    id: UUID
    code: str
    name: str
    address: str
    reference: str
    phone: str
    email: str
    is_paused: bool


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The active services and sedes, in the order that they are shown."""

    services: tuple[ServiceInfo, ...]
    centers: tuple[CenterInfo, ...]

    def service(self, code: str) -> ServiceInfo | None:
        """The service of that code, or None."""
        return next((service for service in self.services if service.code == code), None)

    def center(self, code: str) -> CenterInfo | None:
        """The sede of that code, or None."""
        return next((center for center in self.centers if center.code == code), None)


@cache
def catalogue_rows(engine_type: str) -> str:
    """The question for the catalogue, for others to ask along: rows of "number", "kind" and "words"."""
    service = ('"id"', '"code"', '"name"', '"procedure_code"', '"summary"', '"bring"', '"minutes"')
    center = ('"id"', '"code"', '"name"', '"address"', '"reference"', '"phone"', '"email"', '"paused_at" IS NOT NULL')
    return (
        f'SELECT row_number() OVER (ORDER BY {SERVICE_ORDER}) AS "number", \'service\' AS "kind", '
        f'{as_json(engine_type, *service)} AS "words" FROM "service" WHERE "active" '
        f"UNION ALL SELECT row_number() OVER (ORDER BY {CENTER_ORDER}), 'center', {as_json(engine_type, *center)} "
        'FROM "center" WHERE "active"'
    )


def catalogue_from(rows: Iterable[Row]) -> Catalogue:
    """The catalogue by the rows that came of asking for it; rows of other kinds are passed over."""
    told = sorted((row for row in rows if row["kind"] in _KINDS), key=lambda row: row["number"])
    return Catalogue(
        services=tuple(_read_service(row["words"]) for row in told if row["kind"] == "service"),
        centers=tuple(_read_center(row["words"]) for row in told if row["kind"] == "center"),
    )


async def read_catalogue() -> Catalogue:
    """All active services and sedes; where one of them is missing there is nothing to offer."""
    return catalogue_from(await fetch(catalogue_rows(active_node().engine.engine_type)))


def _read_service(words: str) -> ServiceInfo:
    identity, code, name, procedure_code, summary, bring, minutes = json.loads(words)
    return ServiceInfo(UUID(identity), code, name, procedure_code, summary, split_lines(bring), minutes)


def _read_center(words: str) -> CenterInfo:
    identity, code, name, address, reference, phone, email, is_paused = json.loads(words)
    return CenterInfo(UUID(identity), code, name, address, reference, phone, email, is_paused=bool(is_paused))


def split_lines(text: str) -> tuple[str, ...]:
    """The non-empty lines of a text, each stripped."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())
