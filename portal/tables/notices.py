"""What citizens are told: notices in their page, and the outbox of mail."""

from __future__ import annotations

from piccolo.columns import UUID, ForeignKey, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from portal.tables.appointments import Appointment
from portal.tables.people import Staff


class Notice(Table, tablename="notice"):
    """A message shown in the citizen's page (the seed's "extranet"); its words are in the templates, by kind."""

    id = UUID(primary_key=True, default=UUID4())
    appointment = ForeignKey(references=Appointment, null=False)
    kind = Varchar(length=24)
    at = Timestamptz()


class OutboxMessage(Table, tablename="outbox_message"):
    """A mail that is due, written in the transaction of what it tells about. ``dedupe_key`` allows one of a kind.

    It is about a cita, or about work of ``staff`` (a day sheet, a link for a forgotten password).
    """

    id = UUID(primary_key=True, default=UUID4())
    dedupe_key = Varchar(length=120, unique=True)
    kind = Varchar(length=24)
    appointment = ForeignKey(references=Appointment, null=True, default=None)
    staff = ForeignKey(references=Staff, null=True, default=None)
    recipient = Varchar(length=254)
    message_id = Varchar(length=120)
    state = Varchar(length=12)
    created_at = Timestamptz()
    due_at = Timestamptz()
    deadline = Timestamptz()
    attempts = SmallInt(default=0)
    doubts = SmallInt(default=0)  # times a sender died between claim and answer
    claimed_by = UUID(null=True, default=None)
    claimed_until = Timestamptz(null=True, default=None)
    sent_at = Timestamptz(null=True, default=None)
    last_error = Text(default="")
