"""Who works here: a person of the staff as pages, rules and the audit know them."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from portal.database.engine import Row
from portal.database.node import fetch
from portal.domain.vocabulary import Role


@dataclass(frozen=True, slots=True)
class StaffView:
    """A person of the staff. ``center`` is their sede; an administrador need not have one."""

    id: UUID
    username: str
    name: str
    role: Role
    center: UUID | None
    center_code: str
    center_name: str
    email: str
    meet_link: str

    @property
    def steers(self) -> bool:
        """Whether they answer for the work of others: responsables and administradores."""
        return self.role is not Role.CONSULTANT


STAFF_COLUMNS = (
    '"staff"."id", "staff"."username", "staff"."name", "staff"."role", "staff"."center", "staff"."email", '
    '"staff"."meet_link", "center"."code" AS "center_code", "center"."name" AS "center_name"'
)
"""For a SELECT that joins ``staff`` with its ``center``; read by ``view_staff``."""


def view_staff(row: Row) -> StaffView:
    """A row of ``STAFF_COLUMNS`` as a value."""
    return StaffView(
        id=row["id"],
        username=str(row["username"]),
        name=str(row["name"]),
        role=Role(row["role"]),
        center=row["center"],
        center_code=str(row["center_code"] or ""),
        center_name=str(row["center_name"] or ""),
        email=str(row["email"]),
        meet_link=str(row["meet_link"]),
    )


async def find_staff(staff: UUID) -> StaffView | None:
    """An active person of the staff, or None."""
    rows = await fetch(
        f'SELECT {STAFF_COLUMNS} FROM "staff" LEFT JOIN "center" ON "center"."id" = "staff"."center" '
        'WHERE "staff"."id" = {} AND "staff"."active"',
        staff,
    )
    return view_staff(rows[0]) if rows else None


async def list_consultants(center: UUID) -> list[StaffView]:
    """The active consultores of a sede, by name."""
    rows = await fetch(
        f'SELECT {STAFF_COLUMNS} FROM "staff" LEFT JOIN "center" ON "center"."id" = "staff"."center" '
        'WHERE "staff"."center" = {} AND "staff"."role" = {} AND "staff"."active" ORDER BY "staff"."name"',
        *(center, Role.CONSULTANT.value),
    )
    return [view_staff(row) for row in rows]
