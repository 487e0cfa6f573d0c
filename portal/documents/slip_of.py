"""The slip of a cita: everything that is printed, and its signature."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.documents.guidance import guide
from portal.documents.slip import Slip
from portal.domain.appointments import AppointmentView
from portal.domain.keys import name_key
from portal.domain.verification import SlipClaim, sign_slip, slip_address

_INITIALS_BYTES = 16
_SHOWN_OF_DOCUMENT = 3


@dataclass(frozen=True, repr=False)
class Signer:
    """The node that answers for a slip, and its private key."""

    node: str
    key: Ed25519PrivateKey


def slip_of(cita: AppointmentView, origin: str, signer: Signer, issued_at: datetime) -> Slip:
    """The slip that a node issues and signs. ``origin`` is the public one; ``issued_at`` is aware."""
    claim = SlipClaim(
        code=cita.code,
        node=signer.node,
        key_id=name_key(signer.key.public_key().public_bytes_raw()),
        service=cita.service_code,
        center=cita.center_code,
        starts_at=cita.starts_at,
        modality=cita.modality,
        initials=initials_of(cita.full_name),
        document_last3=cita.document_number[-_SHOWN_OF_DOCUMENT:],
    )
    words = guide(cita)
    return Slip(
        code=cita.code,
        procedure_code=cita.procedure_code,
        service_name=cita.service_name,
        center_name=cita.center_name,
        center_address=_address(cita),
        modality=cita.modality,
        starts_at=cita.starts_at,
        ends_at=cita.ends_at,
        holder_name=cita.full_name,
        document_hint=words.document_hint,
        bring=cita.bring,
        verify_url=slip_address(origin, cita.code, sign_slip(claim, signer.key)),
        manage_url=f"{origin}/citas",
        issued_at=issued_at,
        how_to_enter=words.how_to_enter,
        phone=words.phone,
    )


def initials_of(name: str) -> str:
    """The first letters of a name's words in capitals, as many as a slip's signature has room for."""
    initials = ""
    for word in name.split():
        letter = word[0].upper()
        if len((initials + letter).encode()) > _INITIALS_BYTES:
            break
        initials += letter
    return initials


def _address(cita: AppointmentView) -> str:
    return f"{cita.center_address} ({cita.center_reference})" if cita.center_reference else cita.center_address
