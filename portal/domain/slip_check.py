"""Check a printed slip: whether it says what we signed, and whether its cita still stands (ARCHITECTURE, "Paper")."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.database.node import fetch
from portal.domain.appointments import AppointmentView, find_appointment
from portal.domain.key_ring import read_keys
from portal.domain.modality import Modality
from portal.domain.verification import SlipClaim, Verdict, read_slip
from portal.domain.vocabulary import State

_LONGEST_HINT = 16


@dataclass(frozen=True, slots=True)
class SlipText:
    """What a slip says, to be held beside the paper. Empty where it says something that only a forger would write."""

    service_name: str
    center_name: str
    starts_at: datetime
    modality: Modality
    initials: str
    document_last3: str


@dataclass(frozen=True, slots=True)
class SlipCheck:
    """The verdict on a slip; ``state`` is its cita's, told of an authentic slip alone, None when we have no such."""

    code: str
    verdict: Verdict
    text: SlipText | None
    state: State | None = None


async def check_slip(code: str, signed: str) -> SlipCheck:
    """Judge the signed text that came with a code. Never raises for what it is given.

    What a closed key has signed is authentic where we have the very cita, and cannot be told else: it may have been
    printed before the key was closed and not been sent yet, or signed since by whoever has the machine.
    """
    reading = read_slip(code, signed, await read_keys())
    if reading.claim is None:
        return SlipCheck(code, reading.verdict, None)
    claim = reading.claim
    text = SlipText(
        service_name=await _name("service", claim.service),
        center_name=await _name("center", claim.center),
        starts_at=claim.starts_at,
        modality=claim.modality,
        initials=_plain(claim.initials),
        document_last3=_plain(claim.document_last3),
    )
    if reading.verdict is not Verdict.AUTHENTIC:
        return SlipCheck(code, reading.verdict, text)
    cita = await find_appointment(code)
    if reading.closed and not (cita and _is_of(cita, claim)):
        return SlipCheck(code, Verdict.CANNOT_TELL, text)
    return SlipCheck(code, reading.verdict, text, cita.state if cita else None)


def text_of(cita: AppointmentView, initials: str) -> SlipText:
    """What the slip of a cita says."""
    return SlipText(
        service_name=cita.service_name,
        center_name=cita.center_name,
        starts_at=cita.starts_at,
        modality=cita.modality,
        initials=initials,
        document_last3=cita.document_number[-3:],
    )


def _is_of(cita: AppointmentView, claim: SlipClaim) -> bool:
    """Whether a slip says what the cita is by; names and the way to attend may have been corrected since."""
    said = (claim.service, claim.center, claim.starts_at, claim.document_last3)
    return said == (cita.service_code, cita.center_code, cita.starts_at, cita.document_number[-3:])


async def _name(table: str, code: str) -> str:
    # The names of our own rows and nothing else: a forged text must not say what it likes on our page.
    if not code.isprintable():
        return ""  # NUL, say, which PostgreSQL refuses to be asked for
    rows = await fetch(f'SELECT "name" FROM "{table}" WHERE "code" = {{}}', code)
    return str(rows[0]["name"]) if rows else ""


def _plain(text: str) -> str:
    return text if text.isalnum() and len(text) <= _LONGEST_HINT else ""
