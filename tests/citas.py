"""Rosa's cita as pages, documents and mails are shown it, for tests that need no database."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from portal.domain.appointments import AppointmentView
from portal.domain.modality import Modality
from portal.domain.vocabulary import State
from tests.people import ROSA

CITA = AppointmentView(
    id=UUID(int=7),
    code="K7WM3R9H",
    state=State.RESERVED,
    displaced=False,
    modality=Modality.VIRTUAL,
    starts_at=datetime(2027, 1, 8, 14, 0, tzinfo=UTC),
    ends_at=datetime(2027, 1, 8, 14, 30, tzinfo=UTC),
    service_code="bolsa",
    service_name="Bolsa de Trabajo",
    procedure_code="PE-BT-01",
    bring=("Tu documento de identidad", "Tu currículum vítae"),
    center_code="central",
    center_name="Centro de Empleo – Sede central",
    center_address="Av. Salaverry 655, Jesús María",
    center_reference="",
    center_phone="016306000",
    center_email="central@example.org",
    consultant_name="Consultor 1",
    consultant_email="consultor1@example.org",
    meet_link="https://meet.google.com/abc-defg-hij",
    document_type=ROSA.document_type,
    document_number=ROSA.document_number,
    given_names=ROSA.given_names,
    first_surname=ROSA.first_surname,
    second_surname=ROSA.second_surname,
    email=ROSA.email,
    phone=ROSA.phone,
    calendar_uid=UUID(int=7),
    calendar_sequence=0,
    created_at=datetime(2027, 1, 7, 14, 0, tzinfo=UTC),
    reminded_at=None,
    invited_at=None,
    moved_to=None,
    has_cv=False,
    notices=(),
)
