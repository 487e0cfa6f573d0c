"""The ring of public keys: what each node has signed slips with, now and before."""

from __future__ import annotations

from datetime import datetime

from portal.database.node import fetch
from portal.domain.keys import PublicKey, name_key


async def add_key(public_bytes: bytes, node: str, now: datetime) -> None:
    """Put a node's public key (32 raw bytes) on the ring; one that is there already stays as it is."""
    await fetch(
        'INSERT INTO "signing_key" ("key_id", "node", "public_key", "opened_at") VALUES ({}, {}, {}, {}) '
        'ON CONFLICT ("key_id") DO NOTHING',
        name_key(public_bytes),
        node,
        public_bytes.hex(),
        now,
    )


async def read_keys() -> dict[str, PublicKey]:
    """All public keys by their ids, the closed ones too."""
    rows = await fetch('SELECT "key_id", "node", "public_key", "opened_at", "closed_at" FROM "signing_key"')
    return {
        row["key_id"]: PublicKey(
            key_id=row["key_id"],
            node=row["node"],
            raw=bytes.fromhex(row["public_key"]),
            opened=row["opened_at"],
            closed=row["closed_at"],
        )
        for row in rows
    }
