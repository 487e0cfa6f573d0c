"""A kiosk of the small world, as the portal sees one: its log and its requests, written by hand."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from uuid import UUID, uuid4

import msgspec

from portal.domain.exchange import (
    ENTRY_FORMAT,
    PROTOCOL,
    Answer,
    Consent,
    Deed,
    Entry,
    LeaseView,
    PairRequest,
    Person,
    Request,
    Sale,
    SignedEntry,
    write_entry,
)
from portal.domain.kiosk_exchange import Terms, answer_request
from portal.domain.kiosks import make_kiosk, make_pairing_code, pair
from tests.people import NOW, RULES, World

TERMS = Terms(RULES, "https://citas.example", "2026-11")


@dataclass
class HandKiosk:
    """A kiosk without a machine: tests say what it logs and when it speaks."""

    id: UUID
    token: str
    seller: UUID
    log: list[SignedEntry] = field(default_factory=list)
    number: int = 0
    answered: int = 0
    applied: int = 0
    epoch: int = 1
    version: int = 0
    reference: str = ""
    mark: str = ""

    def write(self, deed: Deed, at: datetime = NOW) -> SignedEntry:
        """Append to the log."""
        former = self.log[-1].hash if self.log else ""
        entry = Entry(format=ENTRY_FORMAT, number=len(self.log) + 1, at=at, offset=0, deed=deed)
        self.log.append(write_entry(entry, former))
        return self.log[-1]

    def sell(self, lease: LeaseView, document: str, at: datetime = NOW) -> Sale:
        """Sell a lease to somebody, for a video call."""
        sale = Sale(
            lease=lease.id,
            seat=lease.seat,
            appointment=uuid4(),
            code=lease.code,
            service=lease.service,
            modality="virtual",
            starts_at=lease.starts_at,
            person=Person(document_type="01", document_number=document, given_names="Rosa", first_surname="Ñahui"),
            consent=Consent(privacy_version="2026-11", privacy_accepted_at=at),
            sold_by=self.seller,
            consultant=lease.consultant,
            ends_at=lease.ends_at,
        )
        self.write(sale, at)
        return sale

    def request(self, **given: object) -> Request:
        """The next request, with all of the log that the portal is not known to have."""
        self.number += 1
        told = {
            "protocol": PROTOCOL,
            "number": self.number,
            "answered": self.answered,
            "epoch": self.epoch,
            "sent_at": NOW,
            "applied": self.applied,
            "chain": self.log[self.applied - 1].hash if self.applied else "",
            "logged": len(self.log),
            "entries": tuple(self.log[self.applied :]),
            "version": self.version,
            "reference": self.reference,
            "mark": self.mark,
        }
        return Request(**{**told, **given})  # type: ignore[arg-type]  # each is what the field wants

    async def speak(self, now: datetime = NOW, **given: object) -> Answer:
        """One exchange, whose answer arrives."""
        return self.hear(await answer_request(self.id, self.request(**given), now, TERMS))

    def hear(self, content: bytes) -> Answer:
        """Take an answer."""
        answer = msgspec.json.decode(content, type=Answer)
        self.answered, self.applied, self.epoch = answer.number, answer.applied, answer.epoch
        self.mark = answer.mark
        if answer.state is not None:
            self.version = answer.state.version
        if answer.reference is not None:
            self.reference = answer.reference.digest
        return answer


async def add_kiosk(world: World, name: str = "Módulo 1", now: datetime = NOW) -> HandKiosk:
    """A paired kiosk of the world's sede."""
    kiosk = await make_kiosk(name, world.center)
    code = await make_pairing_code(kiosk, None, now)
    token = secrets.token_urlsafe(16)
    request = PairRequest(code=code, token_hash=sha256(token.encode()).hexdigest(), public_key=secrets.token_hex(32))
    assert (await pair(request, now)).kiosk == kiosk
    return HandKiosk(kiosk, token, world.consultants[0])
