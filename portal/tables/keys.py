"""Public keys of the nodes that sign slips. Keys are closed, never deleted."""

from __future__ import annotations

from piccolo.columns import Timestamptz, Varchar
from piccolo.table import Table


class SigningKey(Table, tablename="signing_key"):
    """An Ed25519 public key (hex) with the node that signs by it."""

    key_id = Varchar(length=16, primary_key=True)
    node = Varchar(length=16)
    public_key = Varchar(length=64)
    opened_at = Timestamptz()
    closed_at = Timestamptz(null=True, default=None)
