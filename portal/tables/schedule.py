"""What and when: services, hours, closures, holidays, and the seats."""

from __future__ import annotations

from piccolo.columns import (
    UUID,
    Boolean,
    Date,
    ForeignKey,
    SmallInt,
    Text,
    Time,
    Timestamptz,
    Varchar,
)
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from portal.tables.centers import Center
from portal.tables.people import Staff


class Service(Table, tablename="service"):
    """A catalogue row, never an enum: Bolsa de Trabajo first."""

    id = UUID(primary_key=True, default=UUID4())
    code = Varchar(length=16, unique=True)
    name = Varchar(length=120)
    procedure_code = Varchar(length=16, default="")
    summary = Text(default="")
    bring = Text(default="")
    minutes = SmallInt(default=30)
    active = Boolean(default=True)
    position = SmallInt(default=0)


class WeeklyHours(Table, tablename="weekly_hours"):
    """When a consultor attends a service, by weekday, in local time (America/Lima)."""

    id = UUID(primary_key=True, default=UUID4())
    consultant = ForeignKey(references=Staff, null=False)
    service = ForeignKey(references=Service, null=False)
    weekday = SmallInt()  # Monday is 0
    opens = Time()
    closes = Time()
    valid_from = Date(null=True, default=None)
    valid_until = Date(null=True, default=None)
    allows_virtual = Boolean(default=True)
    allows_in_person = Boolean(default=True)
    allows_phone = Boolean(default=True)


class Break(Table, tablename="consultant_break"):
    """A pause of a consultor inside their hours, by weekday, in local time."""

    id = UUID(primary_key=True, default=UUID4())
    consultant = ForeignKey(references=Staff, null=False)
    weekday = SmallInt()
    starts = Time()
    ends = Time()


class Closure(Table, tablename="closure"):
    """Days without attention: of a sede (consultant empty), of one consultor, or everywhere (both empty)."""

    id = UUID(primary_key=True, default=UUID4())
    center = ForeignKey(references=Center, null=True, default=None)
    consultant = ForeignKey(references=Staff, null=True, default=None)
    first_day = Date()
    last_day = Date()
    reason = Varchar(length=200)
    created_at = Timestamptz()


class Holiday(Table, tablename="holiday"):
    """National holidays of Peru as the library ``holidays`` names them in Spanish; kept loaded by the worker."""

    day = Date(primary_key=True)
    name = Varchar(length=120)


class Seat(Table, tablename="seat"):
    """One place at one time with one consultor: the row that is held, booked or leased (ARCHITECTURE, the one idea).

    Free is: open, not booked, not leased, and not held or the hold has run out. Service, consultor, start never change.
    ``held_until`` without ``hold_token`` is a given-back seat that waits for its random release.
    """

    id = UUID(primary_key=True, default=UUID4())
    center = ForeignKey(references=Center, null=False)
    service = ForeignKey(references=Service, null=False)
    consultant = ForeignKey(references=Staff, null=False)
    day = Date()  # local day of starts_at
    starts_at = Timestamptz()
    ends_at = Timestamptz()
    number = SmallInt(default=1)
    allows_virtual = Boolean(default=True)
    allows_in_person = Boolean(default=True)
    allows_phone = Boolean(default=True)
    is_open = Boolean(default=True)
    appointment = UUID(null=True, default=None)
    kiosk = UUID(null=True, default=None)
    held_until = Timestamptz(null=True, default=None)
    hold_token = Varchar(length=64, null=True, default=None)
    hold_extensions = SmallInt(default=0)


class Almanac(Table, tablename="almanac"):
    """One row: a random ``stamp`` that triggers change with the catalogue, open seats, closures and holidays."""

    id = SmallInt(primary_key=True, default=1)
    stamp = Varchar(length=36)
