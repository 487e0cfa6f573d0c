"""What leaves the register of attentions: files that were asked for, and rows pushed to a sheet."""

from __future__ import annotations

from piccolo.columns import (
    JSON,
    UUID,
    Bytea,
    ForeignKey,
    Integer,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from portal.tables.appointments import Appointment
from portal.tables.people import Staff


class ExportJob(Table, tablename="export_job"):
    """A file that somebody asked for and that takes a while: how far it is, and who asked."""

    id = UUID(primary_key=True, default=UUID4())
    staff = ForeignKey(references=Staff, null=False)
    kind = Varchar(length=8)
    filters = JSON(default="{}")
    state = Varchar(length=12)
    rows_done = Integer(default=0)
    rows_total = Integer(default=0)
    size = Integer(default=0)
    asked_at = Timestamptz()
    claimed_until = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)


class ExportChunk(Table, tablename="export_chunk"):
    """A piece of a finished file, so that no process has to hold it whole."""

    id = UUID(primary_key=True, default=UUID4())
    job = ForeignKey(references=ExportJob, null=False)
    number = Integer()
    content = Bytea()


class SheetRow(Table, tablename="sheet_row"):
    """A row of the register as it was last pushed to the Google Sheet."""

    appointment = ForeignKey(references=Appointment, null=False, primary_key=True)
    position = Integer(unique=True)
    fingerprint = Varchar(length=64)
    pushed_at = Timestamptz()
