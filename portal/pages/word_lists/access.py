"""Words and sentences of the pages about access."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.domain.audit import Action
from portal.domain.vocabulary import Role

WORDS: Final[Mapping[StrEnum, str]] = {}

ISSUER: Final = "Citas en línea"
"""Under which name an app of codes shows ours."""

SENTENCES: Final[Mapping[str, str]] = {
    "usuario.refused": "El usuario o la clave no son correctos. Revisa los dos",
    "usuario.missing": "Escribe tu usuario",
    "usuario.malformed": "Usa de 3 a 40 letras minúsculas, números, puntos o guiones, y empieza con una letra",
    "usuario.taken": "Ya hay alguien con ese usuario, aunque no trabaje aquí ahora. Elige otro",
    "codigo.code_refused": "El código no es correcto, venció o ya se usó. Escribe el que ves ahora",
    "clave_nueva.missing": "Escribe la clave nueva",
    "clave_nueva.too_short": "La clave nueva necesita {limit} letras o más",
    "clave_nueva.too_long": "La clave nueva puede tener como máximo {limit} letras",
    "clave_nueva.holds_username": "La clave nueva no puede contener tu usuario",
    "clave_nueva.common": "Esa clave es de las primeras que cualquiera probaría. Elige otra",
    "clave_nueva.same": "Esa es la clave que tienes ahora. Elige otra",
    "clave_repetida.different": "Las dos claves no son iguales. Escríbelas de nuevo",
    "clave_actual.wrong": "Esa no es tu clave actual",
    "enlace_meet.malformed": "Pega un enlace de Google Meet, como https://meet.google.com/abc-defg-hij",
    "nombre.missing": "Escribe el nombre",
    "rol.unknown": "Elige el rol",
    "rol.last_administrator": "Es el último administrador. Nombra antes a otro",
    "rol.citas_ahead": "Tiene {limit} citas por atender. Transfiérelas antes de cambiar su rol o su sede",
    "sede.missing": "Un consultor necesita una sede. Elígela",
    "sede.unknown": "Elige una sede de la lista",
}

ROLES: Final[Mapping[Role, str]] = {
    Role.CONSULTANT: "Consultor de empleo",
    Role.SUPERVISOR: "Responsable del servicio",
    Role.ADMINISTRATOR: "Administrador",
}

ACTIONS: Final[Mapping[Action, str]] = {
    Action.SIGNED_IN: "Ingresó",
    Action.SIGN_IN_REFUSED: "Ingreso rechazado",
    Action.SIGNED_OUT: "Salió",
    Action.PASSWORD_CHANGED: "Cambió una clave",
    Action.PASSWORD_LINK_MADE: "Hizo un enlace para una clave",
    Action.SECOND_FACTOR_CHANGED: "Cambió el segundo paso",
    Action.SESSIONS_REVOKED: "Cerró sesiones",
    Action.STAFF_SEEN: "Vio datos del personal",
    Action.STAFF_CHANGED: "Cambió datos del personal",
    Action.AGENDA_SEEN: "Vio la agenda",
    Action.CITA_SEEN: "Vio una cita",
    Action.CITA_CHANGED: "Cambió una cita",
    Action.CITA_BOOKED: "Reservó una cita",
    Action.SLIP_PRINTED: "Abrió o imprimió otra vez una constancia",
    Action.KIOSK_SEARCHED: "Buscó en un módulo",
    Action.DOCUMENT_FREED: "Liberó un documento",
    Action.FILE_OPENED: "Abrió un archivo",
    Action.REPORT_MADE: "Sacó un reporte",
    Action.REGISTER_SEEN: "Vio el registro",
    Action.REGISTER_EXPORTED: "Exportó el registro",
    Action.MESSAGES_SEEN: "Vio los avisos",
    Action.MESSAGE_RESENT: "Reenvió un aviso",
    Action.QUESTIONS_SEEN: "Vio consultas",
    Action.QUESTION_ANSWERED: "Respondió una consulta",
    Action.QUESTION_FORWARDED: "Derivó una consulta",
    Action.SURVEYS_SEEN: "Vio los resultados de las encuestas",
    Action.GUIDE_EDITED: "Editó la guía",
    Action.AUDIT_SEEN: "Vio la auditoría",
    Action.KIOSK_CHANGED: "Cambió un módulo",
    Action.KIOSKS_CHECKED: "Revisó los módulos después de restaurar el portal",
    Action.KIOSK_SECRET_SET: "Puso su clave de módulo",
    Action.LEASES_CHANGED: "Cambió los cupos de los módulos",
    Action.PAUSE_WAIVED: "Reanudó las reservas en línea sin esperar a los módulos",
    Action.DISPLACED_SEEN: "Vio las citas por reubicar",
    Action.ENTRY_SETTLED: "Cerró un aviso de un módulo",
}
"""By themselves: members of other sets have the same values, and would take their places in one mapping."""

_DETAILS: Final[Mapping[str, str]] = {
    "added": "persona nueva",
    "edited": "datos",
    "deactivated": "baja",
    "revoked": "baja",
    "revoked_again": "baja otra vez, porque el módulo dijo que ya lo estaba",
    "reactivated": "alta",
    "role": "rol",
    "fields": "cambió",
    "name": "nombre",
    "center": "sede",
    "email": "correo",
    "meet_link": "enlace de Meet",
    "number": "cuántas",
    "stage": "falta",
    "step": "paso",
    "code": "código",
    "new_password": "clave propia",
    "full": "nada",
    "by": "por",
    "link": "enlace",
    "state": "estado",
    "on": "activado",
    "off": "quitado",
    "new_codes": "códigos nuevos",
    "change": "cambio",
    "consultant": "consultor",
    "supervisor": "responsable",
    "administrator": "administrador",
    "start": "primer inicio",
    "setup": "primer inicio",
    "command": "línea de órdenes",
}


_DETAILS_OF_KIOSKS: Final[Mapping[str, str]] = {
    **_DETAILS,
    "added": "módulo nuevo",
    "pairing_code": "código para emparejar",
    "recalled": "pidió de vuelta los cupos",
    "number": "cupos",
    "policy": "cuántos se prestan",
    "per_consultant": "por consultor y día",
    "days": "días",
    "share": "% del día",
    "minimum": "al menos",
}


def detail_in_words(detail: tuple[str, str], action: Action) -> str:
    """A detail of an entry of the audit, its codes in words where there are some."""
    name, value = detail
    words = _DETAILS_OF_KIOSKS if action in (Action.KIOSK_CHANGED, Action.LEASES_CHANGED) else _DETAILS
    return f"{words.get(name, name)}: {', '.join(words.get(part, part) for part in value.split())}"


def origin_in_words(origin: str) -> str:
    """Where somebody was: an address, or what the program itself did."""
    return _DETAILS.get(origin, origin)
