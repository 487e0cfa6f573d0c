"""What kiosk and portal say to each other (ARCHITECTURE, escrow instead of hope): the format of every message, as both
sides read and write it.

Small JSON by msgspec. A log's entries travel as the text that was hashed, so that neither side writes them anew. Times
are aware UTC. Fields are only ever added, with a default: kiosks of older versions still hand in their log.
"""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final
from uuid import UUID

import msgspec

PROTOCOL: Final = 1
"""Of what is pulled. A kiosk of another protocol is told so in words, and works on with what it has."""

ENTRY_FORMAT: Final = 1
"""Of a log's entries; every format ever released is accepted. A field with a default, which an older portal passes over
and a newer one can do without, is no other format.
"""

FIRST_CHAIN: Final = ""
"""What the first entry of a log is chained to."""


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a sale is for; texts as the forms have checked them."""

    document_type: str
    document_number: str
    given_names: str
    first_surname: str
    second_surname: str = ""
    birth_date: date | None = None
    email: str = ""
    phone: str = ""
    ubigeo: str = ""
    preference: str = ""
    language: str = "es"
    motive: str = ""


class Consent(msgspec.Struct, frozen=True, kw_only=True):
    privacy_version: str
    privacy_accepted_at: datetime
    promotions: bool = False


class Sale(msgspec.Struct, frozen=True, kw_only=True, tag="sale"):
    """A lease became a cita, under the lease's code. ``appointment`` is the id that both sides use.

    ``consultant`` and ``ends_at`` are for a portal that has forgotten the seat; the first kiosks did not tell them.
    """

    lease: UUID
    seat: UUID
    appointment: UUID
    code: str
    service: str
    modality: str
    starts_at: datetime
    person: Person
    consent: Consent
    sold_by: UUID
    consultant: UUID | None = None
    ends_at: datetime | None = None


class Cancellation(msgspec.Struct, frozen=True, kw_only=True, tag="cancel"):
    code: str
    cancelled_by: UUID


class Move(msgspec.Struct, frozen=True, kw_only=True, tag="move"):
    """A cita, of whatever origin, was moved to a seat that the kiosk held: the printed cita is always made."""

    code: str
    sale: Sale


class Release(msgspec.Struct, frozen=True, kw_only=True, tag="release"):
    """A lease is given back unsold; its id is never sold under again."""

    lease: UUID


Deed = Sale | Cancellation | Move | Release


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a kiosk's log. ``at`` is the kiosk's time, corrected by ``offset`` seconds as it knew it then."""

    format: int
    number: int
    at: datetime
    offset: int
    deed: Deed


class SignedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry as it travels: its text, and the hash over the former entry's hash and this text."""

    number: int
    hash: str
    text: str


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A seat is wanted on the spot: this lease's id, for whichever seat of a time is free."""

    lease: UUID
    service: str
    modality: str
    starts_at: datetime
    consultant: UUID | None = None


class HeldLease(msgspec.Struct, frozen=True, kw_only=True):
    """A lease as the kiosk declares it to a portal that has forgotten. ``sold`` says that its log has a sale of it."""

    id: UUID
    seat: UUID
    code: str
    sold: bool


class LookKind(StrEnum):
    """What somebody at the desk looked at. Sales, cancellations and moves are told by the log."""

    AGENDA = "agenda"  # the citas of the day, in a list
    SEARCH = "search"  # a person or a cita was looked for; with the cita that was found
    CITA = "cita"  # its page
    SLIP = "slip"  # its slip, opened or printed again
    SHEET = "sheet"  # a day sheet


class Look(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A look at personal data at the desk, for the audit: never what was typed. ``kind`` is a LookKind, or one that
    came later; ``number`` is the kiosk's own, higher for later ones.
    """

    number: int
    id: UUID
    at: datetime
    staff: UUID
    kind: str
    appointment: UUID | None = None


class FormerLog(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a machine keeps of a kiosk that it was, until it was handed in: whose log, and its last entry's hash."""

    kiosk: UUID
    hash: str


class Standing(StrEnum):
    """How a kiosk stands with the portal."""

    UNPAIRED = "unpaired"
    GOOD = "good"
    FORKED = "forked"
    REVOKED = "revoked"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """What a kiosk sends. ``number`` is higher each time; ``answered`` is the highest whose answer it has taken.

    ``entries`` follow on what the portal is known to have applied. ``logged`` and ``chain`` tell the whole log's length
    and its hash at ``applied``. ``leases`` is sent in a new epoch only. ``mark`` is that of the answer taken last.
    ``looks`` are sent until an answer has them. ``standing`` is how the kiosk stands by its own account. ``former``
    names the logs that this machine keeps of kiosks that it was.
    """

    protocol: int
    number: int
    answered: int
    epoch: int
    sent_at: datetime
    applied: int
    chain: str
    logged: int
    entries: tuple[SignedEntry, ...] = ()
    version: int = 0
    reference: str = ""
    on_hand: int = 0
    claim: Claim | None = None
    leases: tuple[HeldLease, ...] | None = None
    mark: str = ""
    looks: tuple[Look, ...] = ()
    standing: Standing = Standing.GOOD
    former: tuple[FormerLog, ...] = ()


class LeaseView(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A lease as the kiosk is told of it, with everything that selling it needs."""

    id: UUID
    seat: UUID
    code: str
    service: str
    consultant: UUID
    starts_at: datetime
    ends_at: datetime
    modalities: tuple[str, ...]
    recalled: bool
    claimed: bool


class CitaState(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """A cita of today or the next working day: the fewest fields that the desk needs."""

    id: UUID
    code: str
    state: str
    service: str
    modality: str
    starts_at: datetime
    ends_at: datetime
    consultant: UUID
    name: str
    document_type: str
    document_number: str
    preference: str
    interpreter: bool
    displaced: bool
    duplicate: bool


class StaffState(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody who may sign in at the kiosk, with hashes of the kiosk secrets alone."""

    id: UUID
    username: str
    name: str
    role: str
    secret_hash: str
    pin_hash: str


class ServiceState(msgspec.Struct, frozen=True, kw_only=True):
    id: UUID
    code: str
    name: str
    procedure_code: str
    summary: str
    bring: str
    minutes: int


class KeyState(msgspec.Struct, frozen=True, kw_only=True):
    """A node's public key, for checking slips; closed, never deleted."""

    key_id: str
    node: str
    public_key: str
    opened_at: datetime
    closed_at: datetime | None = None


class Reference(msgspec.Struct, frozen=True, kw_only=True):
    """What changes seldom; sent whole when its digest is not the one that the kiosk has."""

    digest: str
    center: UUID
    center_code: str
    center_name: str
    center_address: str
    center_reference: str
    center_ubigeo: str
    center_phone: str
    center_email: str
    public_url: str
    privacy_version: str
    horizon_days: int
    consultants: tuple[StaffState, ...]
    services: tuple[ServiceState, ...]
    keys: tuple[KeyState, ...]
    holidays: tuple[tuple[date, str], ...]
    secrets_last_days: int


class State(msgspec.Struct, frozen=True, kw_only=True):
    """Citas that changed since the kiosk's version; ``whole``: forget the others. ``gone`` are tombstones."""

    version: int
    whole: bool
    citas: tuple[CitaState, ...] = ()
    gone: tuple[UUID, ...] = ()


class ClaimOutcome(StrEnum):
    GRANTED = "granted"
    TAKEN = "taken"
    NOT_OFFERED = "not_offered"


class Notice(StrEnum):
    """What an answer may tell the people at the desk; the words are the kiosk's."""

    ANOTHER_PROTOCOL = "another_protocol"
    WAITING_FOR_KIOSKS = "waiting_for_kiosks"


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the portal says to the request of that number: all leases as of log entry ``applied``.

    ``declare``: the portal has forgotten; send ``leases`` in the next request. ``message`` is for people: a Notice, or
    one that came later; empty when there is none. ``mark`` tells this answer from one of the same number that a portal
    gave before it was restored.
    ``looked`` is the number of the last look that is on record; 0 from a portal that knows of none. ``asked_at`` is the
    request's ``sent_at``: another machine that is the same kiosk may have asked under the same number. ``handed_in``
    are those of the request's ``former`` that are in, and in a backup.
    """

    number: int
    epoch: int
    standing: Standing
    portal_time: datetime
    applied: int
    kept: int
    declare: bool = False
    leases: tuple[LeaseView, ...] = ()
    claim: ClaimOutcome | None = None
    reference: Reference | None = None
    state: State | None = None
    message: str = ""
    mark: str = ""
    looked: int = 0
    asked_at: datetime | None = None
    handed_in: tuple[FormerLog, ...] = ()


class PairRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A machine becomes a kiosk: the one-time code, its new token's hash, its public key (hex).

    One that is a kiosk of which a restored portal knows nothing says which, and of which sede.
    """

    code: str
    token_hash: str
    public_key: str
    protocol: int = PROTOCOL
    kiosk: UUID | None = None
    center: UUID | None = None


class PairAnswer(msgspec.Struct, frozen=True, kw_only=True):
    kiosk: UUID
    name: str
    center: UUID
    center_name: str
    portal_time: datetime


def chain_hash(former: str, text: str) -> str:
    """The hash of an entry: over the hash of the one before it and its own text."""
    return sha256(f"{former}\n{text}".encode()).hexdigest()


def write_entry(entry: Entry, former: str) -> SignedEntry:
    """An entry in the text that is hashed, kept and sent, never written anew."""
    text = msgspec.json.encode(entry).decode()
    return SignedEntry(number=entry.number, hash=chain_hash(former, text), text=text)


def read_entry(signed: SignedEntry, former: str) -> Entry:
    """The entry inside. Raises ValueError when the chain or the number does not hold, or the text is none of ours."""
    if chain_hash(former, signed.text) != signed.hash:
        raise ValueError("the entry does not follow on the one before it")
    return read_text(signed)


def read_text(signed: SignedEntry) -> Entry:
    """The entry inside, whatever it follows on. Raises ValueError as ``read_entry`` does."""
    try:
        entry = _ENTRIES.decode(signed.text)
    except msgspec.DecodeError as error:
        raise ValueError(str(error)) from None
    if entry.number != signed.number or entry.format > ENTRY_FORMAT:
        raise ValueError("the entry is not what it is sent as")
    return entry


_ENTRIES: Final = msgspec.json.Decoder(Entry)
