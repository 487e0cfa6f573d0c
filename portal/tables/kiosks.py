"""Kiosks: who they are, the seats lent to them, and what they sent (ARCHITECTURE, escrow instead of hope)."""

from __future__ import annotations

from piccolo.columns import (
    UUID,
    Bytea,
    ForeignKey,
    Integer,
    SmallInt,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from portal.tables.centers import Center
from portal.tables.people import Staff
from portal.tables.schedule import Seat, Service


class Kiosk(Table, tablename="kiosk"):
    """A kiosk as the portal knows it. ``applied`` entries of its log are in; ``chain`` is the hash of the last."""

    id = UUID(primary_key=True, default=UUID4())
    name = Varchar(length=60)
    center = ForeignKey(references=Center, null=False)
    standing = Varchar(length=12, default="unpaired")
    token_hash = Varchar(length=64, default="")
    key_id = Varchar(length=16, default="")
    paired_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    epoch = Integer(default=0)  # the last one in which it declared what it holds
    applied = Integer(default=0)
    chain = Varchar(length=64, default="")
    kept = Integer(default=0)  # applied, and in a backup: what the kiosk may forget
    kept_beside = Integer(default=0)  # the lowest number of an entry beside its log that a backup holds
    exchange = Integer(default=0)  # the last one that was answered
    heard = Integer(default=0)  # the last one that came: an older one is refused before it is looked at
    answer = Bytea(null=True, default=None)  # that answer, for whoever repeats it
    seen_at = Timestamptz(null=True, default=None)
    copy_seen_at = Timestamptz(null=True, default=None)  # a machine with an older copy of its file asked
    offset_seconds = Integer(default=0)  # how far its clock is ahead of ours
    protocol = SmallInt(default=0)
    on_hand = Integer(default=0)
    waiting = Integer(default=0)


class PairingCode(Table, tablename="pairing_code"):
    """A one-time code that makes a machine this kiosk. The key is the code's name and its hash."""

    key = Varchar(length=64, primary_key=True)
    kiosk = ForeignKey(references=Kiosk, null=False)
    made_by = ForeignKey(references=Staff, null=True, default=None)
    expires_at = Timestamptz()
    tries = SmallInt(default=0)
    used_by = Varchar(length=64, default="")  # the hash of the token that used it: a repeat gets the same answer


class Lease(Table, tablename="lease"):
    """One seat lent to one kiosk, which alone may sell it, under the code that its cita will bear."""

    id = UUID(primary_key=True, default=UUID4())
    kiosk = ForeignKey(references=Kiosk, null=False)
    seat = ForeignKey(references=Seat, null=False)
    code = Varchar(length=8, unique=True)
    state = Varchar(length=12)
    claimed = SmallInt(default=0)  # asked for on the spot, so outside of the daily share
    granted_at = Timestamptz()
    recalled_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)


class KioskEntry(Table, tablename="kiosk_entry"):
    """An entry of a kiosk's log as it came: frozen bytes, and what became of them."""

    id = UUID(primary_key=True, default=UUID4())
    kiosk = ForeignKey(references=Kiosk, null=False)
    number = Integer()
    hash = Varchar(length=64)
    body = Bytea()
    made_at = Timestamptz()
    received_at = Timestamptz()
    outcome = Varchar(length=12)  # applied, flagged, quarantined
    remark = Varchar(length=32, default="")
    appointment = UUID(null=True, default=None)
    settled_at = Timestamptz(null=True, default=None)  # somebody has dealt with what was flagged
    settled_by = ForeignKey(references=Staff, null=True, default=None)


class LeasePolicy(Table, tablename="lease_policy"):
    """How many seats of a service a sede lends to its kiosks; without a row the default holds."""

    id = UUID(primary_key=True, default=UUID4())
    center = ForeignKey(references=Center, null=False)
    service = ForeignKey(references=Service, null=False)
    per_consultant = SmallInt(default=2)  # of each consultor and day
    days = SmallInt(default=5)  # working days ahead, today included
    share = SmallInt(default=50)  # percent of a day's seats, of all kiosks together
    minimum = SmallInt(default=0)  # of a day, whatever the share


class KioskSecret(Table, tablename="kiosk_secret"):
    """How somebody of the staff signs in at a kiosk: a secret and a PIN of its own, not the portal's password."""

    staff = ForeignKey(references=Staff, null=False, primary_key=True)
    secret_hash = Varchar(length=200)
    pin_hash = Varchar(length=200)
    set_at = Timestamptz()


class CitaNews(Table, tablename="cita_news"):
    """A cita of a sede with kiosks changed. It gets its version when a kiosk asks, so that writers wait for nobody."""

    appointment = UUID(primary_key=True, default=UUID4())
    center = ForeignKey(references=Center, null=False)
    version = Integer(null=True, default=None)


class PortalState(Table, tablename="portal_state"):
    """The one row about this portal itself. A restored portal begins a new epoch."""

    id = SmallInt(primary_key=True)
    epoch = Integer(default=1)
    began_at = Timestamptz()
    why = Text(default="")
    checked_at = Timestamptz(null=True, default=None)  # somebody has looked through the kiosks since
