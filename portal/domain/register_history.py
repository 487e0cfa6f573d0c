"""Who took which part of the register with them: read from the audit, for whoever answers for it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from portal.database.node import fetch
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.exports import ExportKind
from portal.domain.register_filter import RegisterFilter, sede_of
from portal.domain.staff import StaffView
from portal.domain.vocabulary import State

_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Exported:
    """Somebody took rows with them; ``at`` is UTC."""

    at: datetime
    name: str
    kind: ExportKind
    rows: int
    first_day: date
    last_day: date
    center: UUID | None
    consultant: UUID | None
    service: UUID | None
    state: State | None

    @property
    def chosen(self) -> RegisterFilter:
        """The filter that picked the rows."""
        return RegisterFilter(self.first_day, self.last_day, self.center, self.consultant, self.service, self.state)


async def record_look(chosen: RegisterFilter, actor: Actor, now: datetime) -> None:
    """Somebody looks at rows of the register; the same look of one sitting counts once a day."""
    picked = (chosen.center, chosen.consultant, chosen.service)
    subject = ":".join(
        [f"{chosen.first_day}", f"{chosen.last_day}", *(str(one or "")[:8] for one in picked), chosen.state or ""]
    )
    await _write(chosen, Action.REGISTER_SEEN, actor, now, subject, once=True)


async def record_export(
    chosen: RegisterFilter, kind: ExportKind, rows: int, actor: Actor, now: datetime, job: UUID | None = None
) -> None:
    """Somebody takes rows with them. A file that was made for them and is fetched again in one sitting counts once."""
    subject, once = str(job or ""), job is not None
    await _write(chosen, Action.REGISTER_EXPORTED, actor, now, subject, once=once, formato=kind, filas=str(rows))


async def _write(
    chosen: RegisterFilter,
    action: Action,
    actor: Actor,
    now: datetime,
    subject: str,
    *,
    once: bool,
    formato: str = "",
    filas: str = "",
) -> None:
    """The filter is told in days, ids and codes."""
    await write_audit(
        actor,
        action,
        now,
        subject=subject,
        once=once,
        formato=formato,
        filas=filas,
        desde=chosen.first_day.isoformat(),
        hasta=chosen.last_day.isoformat(),
        sede=str(chosen.center or ""),
        consultor=str(chosen.consultant or ""),
        servicio=str(chosen.service or ""),
        estado=chosen.state or "",
    )


async def list_exported(staff: StaffView) -> list[Exported]:
    """The last exports of the people that somebody answers for, the newest first."""
    sede = sede_of(staff)
    here, values = ("", ()) if sede is None else ('AND "staff"."center" = {}', (sede,))
    rows = await fetch(
        'SELECT "audit_entry"."at", "audit_entry"."details", "staff"."name" FROM "audit_entry" '
        'JOIN "staff" ON "staff"."id" = "audit_entry"."staff" '
        f'WHERE "audit_entry"."action" = \'register_exported\' {here} '
        'ORDER BY "audit_entry"."at" DESC LIMIT {}',
        *(*values, _SHOWN),
    )
    return [_view(row["at"], row["name"], json.loads(row["details"])) for row in rows]


def _view(at: datetime, name: str, told: dict[str, str]) -> Exported:
    return Exported(
        at=at,
        name=name,
        kind=ExportKind(told["formato"]),
        rows=int(told["filas"]),
        first_day=date.fromisoformat(told["desde"]),
        last_day=date.fromisoformat(told["hasta"]),
        center=UUID(told["sede"]) if told["sede"] else None,
        consultant=UUID(told["consultor"]) if told["consultor"] else None,
        service=UUID(told["servicio"]) if told["servicio"] else None,
        state=State(told["estado"]) if told["estado"] else None,
    )
