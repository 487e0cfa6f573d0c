"""How many seats of each service a sede lends to its kiosks, as the office keeps it (ARCHITECTURE, rule 8)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from portal.database.node import fetch, transactional
from portal.domain.audit import Action, Actor, write_audit
from portal.domain.lease_supply import DEFAULT_POLICY, Policy, read_policies


@dataclass(frozen=True, slots=True)
class ServicePolicy:
    """A service with what a sede lends of it; ``is_default``: nobody has said otherwise."""

    service: UUID
    code: str
    name: str
    policy: Policy
    is_default: bool


async def list_policies(center: UUID) -> list[ServicePolicy]:
    """The policy of each service that is offered, in their order."""
    policies = await read_policies(center)
    services = await fetch('SELECT "id", "code", "name" FROM "service" WHERE "active" ORDER BY "position", "name"')
    return [
        ServicePolicy(
            row["id"], row["code"], row["name"], policies.get(row["id"], DEFAULT_POLICY), row["id"] not in policies
        )
        for row in services
    ]


@transactional
async def set_policy(center: UUID, service: UUID, policy: Policy, actor: Actor, now: datetime) -> None:
    """Lend so many from the next exchange on; what is lent already stays lent until it is sold, over or recalled."""
    values = (policy.per_consultant, policy.days, policy.share, policy.minimum)
    await fetch(
        'INSERT INTO "lease_policy" ("id", "center", "service", "per_consultant", "days", "share", "minimum") '
        'VALUES ({}, {}, {}, {}, {}, {}, {}) ON CONFLICT ("center", "service") DO UPDATE SET '
        '"per_consultant" = "excluded"."per_consultant", "days" = "excluded"."days", "share" = "excluded"."share", '
        '"minimum" = "excluded"."minimum"',
        *(uuid4(), center, service, *values),
    )
    per_consultant, days, share, minimum = map(str, values)
    await write_audit(
        actor,
        Action.LEASES_CHANGED,
        now,
        subject=str(center),
        change="policy",
        per_consultant=per_consultant,
        days=days,
        share=share,
        minimum=minimum,
    )
