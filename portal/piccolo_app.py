"""Piccolo's registration of the portal: its tables and where its migrations are."""

from pathlib import Path

from piccolo.conf.apps import AppConfig

from portal.tables.access import PasswordLink, RecoveryCode, StaffSession
from portal.tables.appointments import Appointment, AppointmentEvent, Question, StoredFile
from portal.tables.attention import Attention, ContactAttempt, OfferedSeat
from portal.tables.audit import AuditEntry
from portal.tables.centers import Center
from portal.tables.guide import GuideVersion
from portal.tables.keys import SigningKey
from portal.tables.kiosks import (
    CitaNews,
    Kiosk,
    KioskEntry,
    KioskSecret,
    Lease,
    LeasePolicy,
    PairingCode,
    PortalState,
)
from portal.tables.notices import Notice, OutboxMessage
from portal.tables.people import Citizen, District, Staff
from portal.tables.register import ExportChunk, ExportJob, SheetRow
from portal.tables.schedule import Almanac, Break, Closure, Holiday, Seat, Service, WeeklyHours
from portal.tables.surveys import Survey, SurveyAnswer
from portal.tables.web import AttemptWindow, Visit

APP_CONFIG = AppConfig(
    app_name="portal",
    migrations_folder_path=str(Path(__file__).parent / "piccolo_migrations"),
    table_classes=[
        Center,
        Service,
        Staff,
        WeeklyHours,
        Break,
        Closure,
        Holiday,
        Seat,
        Almanac,
        Citizen,
        District,
        Appointment,
        AppointmentEvent,
        StoredFile,
        Question,
        Notice,
        OutboxMessage,
        Visit,
        AttemptWindow,
        SigningKey,
        StaffSession,
        RecoveryCode,
        PasswordLink,
        AuditEntry,
        Attention,
        ContactAttempt,
        OfferedSeat,
        Survey,
        SurveyAnswer,
        GuideVersion,
        ExportJob,
        ExportChunk,
        SheetRow,
        Kiosk,
        PairingCode,
        Lease,
        KioskEntry,
        LeasePolicy,
        KioskSecret,
        CitaNews,
        PortalState,
    ],
)
