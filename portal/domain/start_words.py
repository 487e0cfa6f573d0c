"""Catalogue: the texts that an installation starts with. The administrador edits the rows later."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StartingCenter:
    code: str
    name: str
    address: str
    reference: str
    ubigeo: str
    phone: str
    email: str


@dataclass(frozen=True, slots=True)
class StartingService:
    code: str
    name: str
    procedure_code: str
    summary: str
    bring: tuple[str, ...]
    minutes: int


CENTRAL = StartingCenter(
    code="central",
    name="Centro de Empleo – Sede central",
    address="Av. Salaverry 655, Jesús María, Lima",
    reference="Ministerio de Trabajo y Promoción del Empleo",
    ubigeo="150113",
    phone="",
    email="",
)

JOB_BOARD = StartingService(
    code="bolsa",
    name="Bolsa de Trabajo",
    procedure_code="PE-BT-01",
    summary=(
        "Un consultor de empleo te orienta para crear tu cuenta, registrar tu perfil y buscar vacantes "
        "en www.empleosperu.gob.pe. Es gratis."
    ),
    bring=(
        "Tu documento de identidad",
        "Tu currículum vítae, de preferencia documentado",
    ),
    minutes=30,
)

CONSULTANT_NAME = "Consultor de empleo {number}"
SUPERVISOR_NAME = "Responsable del servicio"
ADMINISTRATOR_NAME = "Administrador"
