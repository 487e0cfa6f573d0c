"""Citas, what happened to them, and the files that citizens send with them."""

from __future__ import annotations

from piccolo.columns import (
    JSON,
    UUID,
    Boolean,
    Bytea,
    Date,
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
from portal.tables.people import Citizen, Staff
from portal.tables.schedule import Seat, Service


class Appointment(Table, tablename="appointment"):
    """A cita with the contact data typed for it. Its walls (partial unique indexes) are in the second migration."""

    id = UUID(primary_key=True, default=UUID4())
    code = Varchar(length=8, unique=True)
    hold_token = Varchar(length=64, unique=True)
    state = Varchar(length=16)
    displaced = Boolean(default=False)
    duplicate = Boolean(default=False)
    unrecorded = Boolean(default=False)  # its day went by without a record; it no longer blocks its person

    citizen = ForeignKey(references=Citizen, null=False)
    seat = ForeignKey(references=Seat, null=True, default=None)
    center = ForeignKey(references=Center, null=False)
    service = ForeignKey(references=Service, null=False)
    consultant = ForeignKey(references=Staff, null=False)
    modality = Varchar(length=16)
    starts_at = Timestamptz()
    ends_at = Timestamptz()

    given_names = Varchar(length=60)
    first_surname = Varchar(length=60)
    second_surname = Varchar(length=60, default="")
    birth_date = Date(null=True, default=None)
    email = Varchar(length=254, default="")
    phone = Varchar(length=20, default="")
    ubigeo = Varchar(length=6, default="")
    preference = Varchar(length=16, default="")
    language = Varchar(length=8, default="es")
    motive = Text(default="")

    privacy_version = Varchar(length=16, default="")
    privacy_accepted_at = Timestamptz(null=True, default=None)
    promotions_accepted = Boolean(default=False)
    origin = Varchar(length=8)
    booked_by = ForeignKey(references=Staff, null=True, default=None)

    meet_link = Varchar(length=200, default="")
    notified_at = Timestamptz(null=True, default=None)
    reminded_at = Timestamptz(null=True, default=None)
    invited_at = Timestamptz(null=True, default=None)
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)
    ended_at = Timestamptz(null=True, default=None)  # cancelled, moved, abandoned or not held

    moved_from: ForeignKey[Appointment] = ForeignKey(references="self", null=True, default=None)
    calendar_uid = UUID()  # kept across moves, so that the phone's calendar moves the entry
    calendar_sequence = SmallInt(default=0)
    created_at = Timestamptz()


class AppointmentEvent(Table, tablename="appointment_event"):
    """Append-only: what happened to a cita, when, by whom."""

    id = UUID(primary_key=True, default=UUID4())
    appointment = ForeignKey(references=Appointment, null=False)
    kind = Varchar(length=24)
    at = Timestamptz()
    actor = Varchar(length=16)  # citizen, system or a role
    staff = ForeignKey(references=Staff, null=True, default=None)
    details = JSON(default="{}")


class StoredFile(Table, tablename="stored_file"):
    """A file that a citizen sent: in the database, so that every worker sees it and a backup holds it."""

    id = UUID(primary_key=True, default=UUID4())
    appointment = ForeignKey(references=Appointment, null=False)
    kind = Varchar(length=16)
    media_type = Varchar(length=80)
    size = Integer()
    sha256 = Varchar(length=64)
    content = Bytea()
    received_at = Timestamptz()


class Question(Table, tablename="question"):
    """A doubt that a citizen sent from the page of their cita (PE-BT-01, activity 05)."""

    id = UUID(primary_key=True, default=UUID4())
    appointment = ForeignKey(references=Appointment, null=False)
    text = Text()
    file = ForeignKey(references=StoredFile, null=True, default=None)
    asked_at = Timestamptz()
    state = Varchar(length=12, default="open")
    forwarded_at = Timestamptz(null=True, default=None)
    forwarded_by = ForeignKey(references=Staff, null=True, default=None)
    forward_note = Text(default="")
    answer = Text(default="")
    answered_at = Timestamptz(null=True, default=None)
    answered_by = ForeignKey(references=Staff, null=True, default=None)
