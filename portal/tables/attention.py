"""What happened in a cita: the attention, attempts to reach somebody, times offered instead (PE-BT-01, 03 to 06)."""

from __future__ import annotations

from piccolo.columns import (
    JSON,
    UUID,
    Boolean,
    ForeignKey,
    Integer,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from portal.tables.appointments import Appointment
from portal.tables.people import Staff
from portal.tables.schedule import Seat


class Attention(Table, tablename="attention"):
    """What the consultor writes down; the moments themselves (invited, started …) are columns of the cita.

    The row is made by the first step that needs it.
    """

    appointment = ForeignKey(references=Appointment, null=False, primary_key=True)
    attended_by = ForeignKey(references=Staff, null=True, default=None)
    channel = Varchar(length=16, default="")  # how it was held, if not in the cita's modality
    topics = JSON(default="[]")
    notes = Text(default="")
    observations = Text(default="")
    revision = Integer(default=0)  # of the notes that a page saves as one types: an older one changes nothing
    motive = Varchar(length=24, default="")  # of an abandonment, or why it was not held
    final_asked_at = Timestamptz(null=True, default=None)
    doubtful = Boolean(default=False)  # its duration says nothing: Final was forgotten
    updated_at = Timestamptz()


class ContactAttempt(Table, tablename="contact_attempt"):
    """The consultor tried to reach somebody by telephone or e-mail."""

    id = UUID(primary_key=True, default=UUID4())
    appointment = ForeignKey(references=Appointment, null=False)
    staff = ForeignKey(references=Staff, null=False)
    channel = Varchar(length=8)
    outcome = Varchar(length=16)
    note = Varchar(length=300, default="")
    at = Timestamptz()


class OfferedSeat(Table, tablename="offered_seat"):
    """A time kept for somebody whose cita was not held by our fault; the seat's hold bears the token."""

    id = UUID(primary_key=True, default=UUID4())
    appointment = ForeignKey(references=Appointment, null=False)
    seat = ForeignKey(references=Seat, null=False)
    hold_token = Varchar(length=64, unique=True)
    expires_at = Timestamptz()
