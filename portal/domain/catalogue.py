"""What is offered and where: the services and sedes that a citizen may choose."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

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
    """A sede as pages and documents show it."""

    id: UUID
    code: str
    name: str
    address: str
    reference: str
    phone: str
    email: str


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


async def read_catalogue() -> Catalogue:
    """All active services and sedes."""
    services = await fetch(
        'SELECT "id", "code", "name", "procedure_code", "summary", "bring", "minutes" FROM "service" WHERE "active" '
        'ORDER BY "position", "name"'
    )
    centers = await fetch(
        'SELECT "id", "code", "name", "address", "reference", "phone", "email" FROM "center" WHERE "active" '
        'ORDER BY "name"'
    )
    return Catalogue(
        services=tuple(ServiceInfo(**{**row, "bring": split_lines(row["bring"])}) for row in services),
        centers=tuple(CenterInfo(**row) for row in centers),
    )


def split_lines(text: str) -> tuple[str, ...]:
    """The non-empty lines of a text, each stripped."""
    return tuple(line.strip() for line in text.splitlines() if line.strip())
