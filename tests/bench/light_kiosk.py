"""A kiosk made for load: the real line, protocol and signed log, but no file and no pages.

Thirty whole kiosks run on thirty machines. Here they stand beside the portal that they are to burden, so that whatever
they did for themselves would be taken for its work.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Self
from uuid import UUID, uuid4

from msgspec.structs import replace

from kiosk.link import HttpPortal
from portal.clock import utc_now
from portal.domain.exchange import (
    ENTRY_FORMAT,
    PROTOCOL,
    Consent,
    Entry,
    LeaseView,
    PairRequest,
    Person,
    Request,
    Sale,
    Standing,
    write_entry,
)
from portal.domain.modality import Modality
from portal.domain.privacy import PRIVACY_VERSION
from tests.bench.walk import Astray


@dataclass(slots=True)
class LightKiosk:
    """One kiosk, paired over HTTP; ``people`` is the number of the last person it sold to."""

    line: HttpPortal
    sells_as: UUID
    people: int
    said: Request
    leases: list[LeaseView] = field(default_factory=list)
    chain: str = ""
    hashes: dict[int, str] = field(default_factory=lambda: {0: ""})

    @classmethod
    async def pair(cls, address: str, code: str, sells_as: UUID, people: int) -> Self:
        """Become the kiosk that a code stands for, by a token and a key of its own."""
        token = secrets.token_urlsafe(32)
        unpaired = HttpPortal(address)
        hashed = sha256(token.encode()).hexdigest()
        await unpaired.pair(PairRequest(code=code, token_hash=hashed, public_key=secrets.token_hex(32)))
        await unpaired.close()
        silent = Request(
            protocol=PROTOCOL, number=0, answered=0, epoch=0, sent_at=utc_now(), applied=0, chain="", logged=0
        )
        return cls(HttpPortal(address, token), sells_as, people, silent)

    def sell(self) -> bool:
        """Sell the place that it has held longest; False when it holds none."""
        now = utc_now()
        lease = next((lease for lease in self.leases if lease.starts_at > now), None)
        if lease is None:
            return False
        self.leases.remove(lease)
        self.people += 1
        number = self.said.logged + 1
        entry = Entry(format=ENTRY_FORMAT, number=number, at=now, offset=0, deed=self._sale(lease, now))
        signed = write_entry(entry, self.chain)
        self.chain = self.hashes[signed.number] = signed.hash
        self.said = replace(self.said, logged=signed.number, entries=(*self.said.entries, signed))
        return True

    def _sale(self, lease: LeaseView, now: datetime) -> Sale:
        return Sale(
            lease=lease.id,
            seat=lease.seat,
            appointment=uuid4(),
            code=lease.code,
            service=lease.service,
            modality=Modality.IN_PERSON.value,
            starts_at=lease.starts_at,
            person=Person(
                document_type="01",
                document_number=f"{self.people}",
                given_names="Rosa María",
                first_surname="Ñahui",
                second_surname="Quispe",
                phone="+51987654321",
                email=f"persona{self.people}@example.org",
            ),
            consent=Consent(privacy_version=PRIVACY_VERSION, privacy_accepted_at=now),
            sold_by=self.sells_as,
        )

    async def exchange(self) -> None:
        """One exchange; its answer is taken. Raises Astray when the portal does not answer as it should."""
        request = replace(self.said, number=self.said.number + 1, sent_at=utc_now(), on_hand=len(self.leases))
        answer = await self.line.send(request)
        if answer.standing is not Standing.GOOD or answer.state is None or answer.applied != request.logged:
            raise Astray(f"an exchange came to {answer.standing}, {answer.applied} of {request.logged} applied")
        self.leases = list(answer.leases)
        self.said = replace(
            request,
            answered=answer.number,
            epoch=answer.epoch,
            applied=answer.applied,
            chain=self.hashes[answer.applied],
            entries=(),
            version=answer.state.version,
            reference=answer.reference.digest if answer.reference else request.reference,
        )
