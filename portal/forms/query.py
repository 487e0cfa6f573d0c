"""What the address of the picker asks for: values of a query, each read or found wanting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from portal.domain.modality import Modality


@dataclass(frozen=True, slots=True)
class OfferQuery:
    """A wish to see times. What was not asked for is empty, and so is what was not understood, named in ``misread``."""

    service: str = ""
    center: str = ""
    modality: Modality = Modality.VIRTUAL
    month: date | None = None
    day: date | None = None
    misread: tuple[str, ...] = ()


def read_offer_query(query: Mapping[str, str]) -> OfferQuery:
    """Read the query of ``/reservar``; an empty value is one that was not given."""
    servicio, sede, modalidad, mes, fecha = (
        query.get(name, "") for name in ("servicio", "sede", "modalidad", "mes", "fecha")
    )
    misread = []
    modality, month, day = Modality.VIRTUAL, None, None
    if modalidad:
        try:
            modality = Modality(modalidad)
        except ValueError:
            misread.append("modalidad")
    if mes:
        month = read_day(f"{mes}-01")
        if month is None:
            misread.append("mes")
    if fecha:
        day = read_day(fecha)
        if day is None:
            misread.append("fecha")
    return OfferQuery(servicio[:32], sede[:32], modality, month, day, tuple(misread))


def read_day(text: str) -> date | None:
    """A day as addresses write it, of the years 2000 to 2199: one can count from it in both directions."""
    if len(text) != len("2027-01-04"):
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if date(2000, 1, 1) <= day < date(2200, 1, 1) else None
