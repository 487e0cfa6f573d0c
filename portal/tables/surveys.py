"""The satisfaction survey (PE-BT-01, activity 07). An answer says nothing of whose it is."""

from __future__ import annotations

from piccolo.columns import UUID, Boolean, Date, ForeignKey, SmallInt, Text, Timestamptz, Varchar
from piccolo.columns.defaults.uuid import UUID4
from piccolo.table import Table

from portal.tables.appointments import Appointment
from portal.tables.centers import Center
from portal.tables.people import Staff
from portal.tables.schedule import Service


class Survey(Table, tablename="survey"):
    """Somebody was asked once about one attended cita; whether they answered, and no more."""

    id = UUID(primary_key=True, default=UUID4())
    appointment = ForeignKey(references=Appointment, null=False)
    asked_at = Timestamptz()
    expires_at = Timestamptz()
    answered_at = Timestamptz(null=True, default=None)


class SurveyAnswer(Table, tablename="survey_answer"):
    """What somebody answered, from 1 to 5; null: left out. Nothing leads back to the cita."""

    id = UUID(primary_key=True, default=UUID4())
    service = ForeignKey(references=Service, null=False)
    center = ForeignKey(references=Center, null=False)
    consultant = ForeignKey(references=Staff, null=False)
    modality = Varchar(length=16)
    month = Date()  # the first day of the month of the attention; the day would tell too much
    courtesy = SmallInt(null=True, default=None)
    information = SmallInt(null=True, default=None)
    time = SmallInt(null=True, default=None)
    access = SmallInt(null=True, default=None)
    outcome = SmallInt(null=True, default=None)
    trust = SmallInt(null=True, default=None)
    overall = SmallInt(null=True, default=None)
    resolved = Boolean(null=True, default=None)
    comment = Text(default="")
