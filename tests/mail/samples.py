"""What each kind of mail is filled in with where no database is: the facts that its owner gathers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Final
from uuid import UUID

from portal.documents.day_sheet import DaySheet, SheetLine
from portal.domain.questions import QuestionView
from portal.domain.staff import StaffView
from portal.domain.vocabulary import MessageKind, Role, State
from portal.mail.kinds import ABOUT_WORK
from portal.mail.kinds.access import PasswordLinkFacts
from portal.mail.kinds.attention import LinksDetails, NotHeldDetails
from portal.mail.kinds.booking import BookingDetails
from portal.mail.kinds.day_sheet import DaySheetDetails
from portal.mail.kinds.questions import ForwardedDetails, QuestionDetails
from portal.mail.kinds.reminder import ReminderDetails
from portal.mail.kinds.survey import SurveyDetails
from portal.mail.letters import Occasion, WorkOccasion, make_links, write_letter
from portal.mail.message import Letter
from tests.citas import CITA

ORIGIN: Final = "https://citas.example.org"
KEY: Final = bytes(range(32))
FORMER: Final = replace(CITA, code="AAAAAAAA", state=State.RESCHEDULED, starts_at=CITA.starts_at - timedelta(days=1))
QUESTION: Final = QuestionView("¿Puedo ir con mi hijo?\nGracias <b>", CITA.created_at, None)

CONSULTOR: Final = StaffView(
    id=UUID(int=9),
    username="consultor1",
    name="Consultor 1",
    role=Role.CONSULTANT,
    center=UUID(int=1),
    center_code="central",
    center_name="Centro de Empleo – Sede central",
    email="consultor1@example.org",
    meet_link="https://meet.google.com/abc-defg-hij",
)

SHEET: Final = DaySheet(
    consultant="Consultor 1",
    center="Centro de Empleo – Sede central",
    day="lunes 11 de enero de 2027",
    lines=(
        SheetLine(
            time="9:00 a. m.",
            code=CITA.code,
            name=CITA.full_name,
            document="DNI 10117410",
            way="Videollamada",
            phone="987 654 321",
            link="meet.google.com/abc-defg-hij",
            marks=("Preferente: gestante",),
            motive="",
            state="",
        ),
    ),
)

DETAILS: Final[dict[MessageKind, object]] = {
    MessageKind.PASSWORD_LINK: PasswordLinkFacts(f"{ORIGIN}/ingresar/nueva-clave/token", 30),
    MessageKind.DAY_SHEET: DaySheetDetails("lunes 11 de enero de 2027", SHEET, f"{ORIGIN}/agenda?fecha=2027-01-11"),
    MessageKind.CONFIRMATION: BookingDetails(carries_all=False, with_leaflet=False),
    MessageKind.MOVE: BookingDetails(carries_all=True, with_leaflet=True, former=FORMER),
    MessageKind.QUESTION_FOR_STAFF: QuestionDetails(QUESTION, f"{ORIGIN}/incidencias/1"),
    MessageKind.QUESTION_FORWARDED: ForwardedDetails(
        code=CITA.code,
        when="viernes 8 de enero de 2027, 9:00 a. m.",
        citizen=CITA.full_name,
        text=QUESTION.text,
        consultant="Consultor 1",
        note="Tiene dos cuentas.\nYa probó <todo>",
        due="lunes 11 de enero de 2027, 9:00 a. m.",
        address=f"{ORIGIN}/incidencias/1",
    ),
    MessageKind.QUESTION_ANSWERED: replace(QUESTION, answer="Sí.\nTe esperamos <i>", answered_by="Elena Ríos"),
    MessageKind.REMINDER: ReminderDetails(days_left=1, with_leaflet=True),
    MessageKind.SURVEY_REMINDER: SurveyDetails(f"{ORIGIN}/encuesta/token", "sábado 23 de enero de 2027"),
    MessageKind.NOT_HELD: NotHeldDetails(("viernes 8 de enero de 2027, 10:00 a. m.",), "10:10 a. m."),
    MessageKind.LINKS: LinksDetails("Consultor 1", f"{ORIGIN}/encuesta/token", "sábado 23 de enero de 2027"),
}

KINDS: Final = tuple(MessageKind)
CITA_KINDS: Final = tuple(kind for kind in KINDS if kind not in ABOUT_WORK)


def letter(kind: MessageKind, details: object = None, **changes: object) -> Letter:
    """The letter of a kind about Rosa's cita, or about work of a consultor; ``changes`` are of the cita."""
    details = details if details is not None else DETAILS.get(kind)
    if kind in ABOUT_WORK:
        return write_letter(kind, WorkOccasion(CONSULTOR, ORIGIN, details))
    cita = replace(CITA, **changes)  # type: ignore[arg-type]
    return write_letter(kind, Occasion(cita, make_links(cita, ORIGIN, KEY), details))
