"""Who looked at or changed what. Append-only: the database refuses to change or delete a row."""

from __future__ import annotations

from piccolo.columns import JSON, UUID, ForeignKey, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from portal.tables.people import Staff


class AuditEntry(Table, tablename="audit_entry"):
    """One look or one change. ``once`` keeps a page that refreshes itself from being counted each time."""

    id = UUID(primary_key=True, default=UUID4())
    at = Timestamptz()
    staff = ForeignKey(references=Staff, null=True, default=None)  # null: nobody was signed in
    action = Varchar(length=32)
    appointment = UUID(null=True, default=None)
    subject = Varchar(length=80, default="")  # of what is no cita: a username, a range, an id
    origin = Varchar(length=64, default="")
    details = JSON(default="{}")  # codes and ids only
    once = Varchar(length=160, null=True, default=None)
