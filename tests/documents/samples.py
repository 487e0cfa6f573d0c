"""Slips to print in tests: an ordinary one for each modality, and one with the longest names."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from portal.documents.slip import Slip
from portal.domain.keys import PublicKey, name_key
from portal.domain.modality import Modality
from portal.domain.verification import SlipClaim, sign_slip, slip_address

KEY = Ed25519PrivateKey.generate()
KEY_ID = name_key(KEY.public_key().public_bytes_raw())
ORIGIN = "https://citas.trabajo.gob.pe"


PUBLIC_KEYS = {
    KEY_ID: PublicKey(KEY_ID, "portal", KEY.public_key().public_bytes_raw(), datetime(2026, 11, 1, tzinfo=UTC))
}


def address_for(claim: SlipClaim) -> str:
    return slip_address(ORIGIN, claim.code, sign_slip(claim, KEY))


CLAIM = SlipClaim(
    code="K7WM3R9H",
    node="portal",
    key_id=KEY_ID,
    service="bolsa-de-trabajo",
    center="sede-central",
    starts_at=datetime(2027, 1, 4, 14, 30, tzinfo=UTC),
    modality=Modality.VIRTUAL,
    initials="RQÑ",
    document_last3="678",
)

VIRTUAL = Slip(
    code="K7WM3R9H",
    procedure_code="PE-BT-01",
    service_name="Bolsa de Trabajo",
    center_name="Centro de Empleo – Sede Central",
    center_address="Av. Salaverry 655, Jesús María, Lima",
    modality=Modality.VIRTUAL,
    starts_at=CLAIM.starts_at,
    ends_at=datetime(2027, 1, 4, 15, 0, tzinfo=UTC),
    holder_name="Rosa Quispe Ñahui",
    document_hint="DNI •••••678",
    bring=("Tu documento de identidad", "Tu currículum vitae, si lo tienes, de preferencia documentado"),
    how_to_enter="A la hora de tu cita, el consultor te invita por correo a Google Meet. Toca el enlace del correo.",
    verify_url=address_for(CLAIM),
    manage_url="https://citas.trabajo.gob.pe/citas",
    issued_at=datetime(2026, 12, 28, 20, 5, tzinfo=UTC),
)

IN_PERSON = replace(
    VIRTUAL, modality=Modality.IN_PERSON, verify_url=address_for(replace(CLAIM, modality=Modality.IN_PERSON))
)

PHONE = replace(
    VIRTUAL,
    modality=Modality.PHONE,
    phone="Te llamamos al 9•• ••• 321 desde un número de la sede. Ten el teléfono a la mano y con batería.",
    verify_url=address_for(replace(CLAIM, modality=Modality.PHONE)),
)

LONGEST = replace(
    IN_PERSON,
    service_name="Asesoramiento para la Búsqueda de Empleo y Orientación al Migrante",
    center_name="Centro de Empleo de la Dirección Regional de Trabajo de Huánuco",
    center_address="Jirón Coronel Francisco Bolognesi Cervantes N.° 1234, oficina 305, Urbanización Los Jardines de "
    "Paucarbambilla, Amarilis, Huánuco (frente a la Institución Educativa José Carlos Mariátegui)",
    holder_name="María de los Ángeles Esperanza Etxeberría-Goyeneche Ñaupari",
    bring=(
        "Tu documento de identidad",
        "Tu currículum vitae, si lo tienes, de preferencia documentado",
        "Certificados de trabajo y constancias de estudios que quieras mostrar",
        "Certificado de discapacidad o carné de CONADIS, si lo tienes",
    ),
    starts_at=datetime(2027, 9, 22, 17, 30, tzinfo=UTC),
    ends_at=datetime(2027, 9, 22, 18, 0, tzinfo=UTC),
    verify_url=address_for(
        replace(CLAIM, service="s" * 40, center="c" * 40, initials="MDLÁEEGÑ", modality=Modality.IN_PERSON)
    ),
)

ALL = {"virtual": VIRTUAL, "in_person": IN_PERSON, "phone": PHONE, "longest": LONGEST}

# As long as every column of the database lets it be.
LIMIT = replace(
    LONGEST,
    service_name=("Servicio de " + "orientación " * 9).ljust(120, "x"),
    center_name=("Centro de " + "Empleo " * 16).ljust(120, "x"),
    center_address=("Jirón " + "Los Ángeles " * 33)[:400].rstrip(),
    holder_name=" ".join(["Maximiliano" * 5 + "abcde"] * 3),
)
