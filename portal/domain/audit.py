"""Who looked at or changed personal data: what, when, from where. Written once, never changed."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from portal.database.node import fetch
from portal.domain.spanish_dates import local_day


class Action(StrEnum):
    """What is written down; each has its words in the catalogue of the pages."""

    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SIGNED_OUT = "signed_out"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # an action, no password
    PASSWORD_LINK_MADE = "password_link_made"  # noqa: S105  # the same
    SECOND_FACTOR_CHANGED = "second_factor_changed"
    SESSIONS_REVOKED = "sessions_revoked"
    STAFF_SEEN = "staff_seen"
    STAFF_CHANGED = "staff_changed"
    AGENDA_SEEN = "agenda_seen"
    CITA_SEEN = "cita_seen"
    CITA_CHANGED = "cita_changed"
    CITA_BOOKED = "cita_booked"
    SLIP_PRINTED = "slip_printed"
    KIOSK_SEARCHED = "kiosk_searched"
    DOCUMENT_FREED = "document_freed"
    FILE_OPENED = "file_opened"
    REPORT_MADE = "report_made"
    REGISTER_SEEN = "register_seen"
    REGISTER_EXPORTED = "register_exported"
    MESSAGES_SEEN = "messages_seen"
    MESSAGE_RESENT = "message_resent"
    QUESTIONS_SEEN = "questions_seen"
    QUESTION_ANSWERED = "question_answered"
    QUESTION_FORWARDED = "question_forwarded"
    SURVEYS_SEEN = "surveys_seen"
    GUIDE_EDITED = "guide_edited"
    AUDIT_SEEN = "audit_seen"
    KIOSK_CHANGED = "kiosk_changed"
    KIOSKS_CHECKED = "kiosks_checked"
    KIOSK_SECRET_SET = "kiosk_secret_set"  # noqa: S105  # an action, no password
    LEASES_CHANGED = "leases_changed"
    PAUSE_WAIVED = "pause_waived"
    DISPLACED_SEEN = "displaced_seen"
    ENTRY_SETTLED = "entry_settled"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did it, and from where; ``session`` tells one sitting from the next."""

    staff: UUID | None
    origin: str
    session: str = ""


async def write_audit(
    actor: Actor,
    action: Action,
    now: datetime,
    *,
    appointment: UUID | None = None,
    subject: str = "",
    once: bool = False,
    entry: UUID | None = None,
    **details: str,
) -> None:
    """Append an entry. ``once`` counts the same look of one session at the same thing once a day (local day).

    ``subject`` names what is no cita; details are codes and ids, nothing personal. ``entry`` is the id of one that may
    be told again.
    """
    mark = f"{actor.session[:32]}:{action}:{appointment or subject}:{local_day(now)}" if once else None
    await fetch(
        'INSERT INTO "audit_entry" ("id", "at", "staff", "action", "appointment", "subject", "origin", "details", '
        '"once") VALUES ({}, {}, {}, {}, {}, {}, {}, {}, {}) ON CONFLICT DO NOTHING',
        *(entry or uuid4(), now, actor.staff, action.value, appointment, subject[:80], actor.origin[:64]),
        *(json.dumps(details), mark),
    )
