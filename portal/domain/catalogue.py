"""What is offered and where: the services and sedes that a citizen may choose."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch


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
    """The active services and sedes, in the order that they are shown, and the almanac's stamp as they were read."""

    services: tuple[ServiceInfo, ...]
    centers: tuple[CenterInfo, ...]
    stamp: str = ""

    def service(self, code: str) -> ServiceInfo | None:
        """The service of that code, or None."""
        return next((service for service in self.services if service.code == code), None)

    def center(self, code: str) -> CenterInfo | None:
        """The sede of that code, or None."""
        return next((center for center in self.centers if center.code == code), None)


async def read_catalogue() -> Catalogue:
    """All active services and sedes; without a sede there is nothing to offer."""
    # One question for both, asked by every page with a calendar: each service beside each sede, which are few.
    rows = await fetch(
        'SELECT "service"."id" AS "service", "service"."code" AS "service_code", "service"."name" AS "service_name", '
        '"service"."procedure_code", "service"."summary", "service"."bring", "service"."minutes", '
        '"center"."id", "center"."code", "center"."name", "center"."address", "center"."reference", "center"."phone", '
        '"center"."email", "center"."paused_at", "almanac"."stamp" '
        # From the almanac, which has one row, so that the stamp comes also when no sede is open.
        'FROM "almanac" LEFT JOIN "center" ON "center"."active" LEFT JOIN "service" ON "service"."active" '
        'ORDER BY "center"."name", "service"."position", "service"."name"'
    )
    services = {row["service"]: row for row in rows if row["service"] is not None}
    centers = {row["id"]: row for row in rows if row["id"] is not None}
    return Catalogue(
        services=tuple(_service_from(row) for row in services.values()),
        centers=tuple(_center_from(row) for row in centers.values()),
        stamp=rows[0]["stamp"] if rows else "",
    )


def _service_from(row: Row) -> ServiceInfo:
    return ServiceInfo(
        id=row["service"],
        code=row["service_code"],
        name=row["service_name"],
        procedure_code=row["procedure_code"],
        summary=row["summary"],
        bring=split_lines(row["bring"]),
        minutes=row["minutes"],
    )


def _center_from(row: Row) -> CenterInfo:
    return CenterInfo(
        id=row["id"],
        code=row["code"],
        name=row["name"],
        address=row["address"],
        reference=row["reference"],
        phone=row["phone"],
        email=row["email"],
        is_paused=row["paused_at"] is not None,
    )


def split_lines(text: str) -> tuple[str, ...]:
    """The non-empty lines of a text, each stripped."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())
