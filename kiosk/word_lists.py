"""Words and sentences of the desk's pages."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from kiosk.print_jobs import Problem
from portal.domain.exchange import Notice
from portal.domain.kiosk_questions import RefusalCode

WORDS: Final[Mapping[StrEnum, str]] = {
    Problem.PAPER_OUT: "falta papel en la impresora",
    Problem.PAPER_JAM: "el papel se atascó",
    Problem.COVER_OPEN: "la tapa de la impresora está abierta",
    Problem.PAUSED: "la impresora está en pausa",
    Problem.PRINTER_AWAY: "la impresora no responde: revisa que esté encendida y conectada",
    Problem.SLOW: "la impresora tarda más de lo normal",
    Problem.NO_SPOOLER: "el servicio de impresión del equipo no responde",
    Problem.NO_CLIENT: "falta instalar el programa de impresión en el equipo",
    Problem.UNKNOWN_PRINTER: "el equipo no conoce esa impresora",
    Problem.REFUSES: "la impresora no acepta trabajos",
    Problem.FAILED: "la impresión falló",
    Problem.UNKNOWN_OUTCOME: "no se sabe si salió: mira la impresora antes de imprimir otra vez",
    Problem.NO_SLIP: "no se pudo preparar la constancia",
    Problem.CITA_GONE: "la cita ya no está en pie",
    Problem.TOO_LATE: "se pidió otro día y quien la esperaba ya se fue",
    Problem.STOPPED_THERE: "alguien la canceló en la impresora",
    Problem.KIOSK_LOCKED: "el módulo está bloqueado",
}

PORTAL_SAYS: Final[Mapping[str, str]] = {
    Notice.ANOTHER_PROTOCOL: (
        "Este módulo tiene otra versión que el portal. Entrega sus citas y sigue con los cupos que tiene, pero no "
        "recibe más hasta que lo actualicen: avisa a soporte"
    ),
    Notice.WAITING_FOR_KIOSKS: (
        "El portal se restauró de una copia y espera a los demás módulos de la sede. Este módulo sigue con los cupos "
        "que tiene; un responsable puede reanudar la sede en Gestión, Módulos"
    ),
    RefusalCode.UNKNOWN_TOKEN: (
        "El portal no reconoce a este módulo. Lo que reserves se guarda aquí: pide un código al administrador y "
        "emparéjalo otra vez"
    ),
    RefusalCode.STALE: (
        "El portal ya respondió a un mensaje posterior de este módulo. Si este aviso no se va en un minuto, puede que "
        "otro equipo tenga su copia: avisa a soporte"
    ),
}
"""What the portal says in codes: in an answer, or why it gives the kiosk none."""

SAYS_MORE: Final = "El portal avisa algo que esta versión del módulo no conoce ({code}): avisa a soporte"

SENTENCES: Final[Mapping[str, str]] = {
    "usuario.wrong": "El usuario o la clave del módulo no son correctos. Revisa los dos",
    "usuario.expired": (
        "Este módulo pasó demasiados días sin comunicarse con el portal y sus claves vencieron. "
        "Conéctalo a la red y vuelve a ingresar"
    ),
    "pin.wrong": "Ese PIN no es el tuyo. Escríbelo otra vez",
    "pin.expired": "Las claves de este módulo vencieron. Conéctalo a la red e ingresa con tu clave",
    "codigo.missing": "Escribe el código que te dio el administrador",
    "codigo.refused": "Ese código no sirve: está mal escrito, ya se usó o pasaron sus 10 minutos. Pide otro",
    "codigo.away": "El portal no responde. Para emparejar el módulo hace falta la red: revisa el cable y reintenta",
    "codigo.key": "No se pudo guardar la llave del módulo en este equipo. Avisa al administrador",
    "horario.missing": "Elige un horario",
    "horario.gone": "Elige otro horario",
    "buscar.missing": "Escribe un código o un documento, o pasa el lector por el QR",
    "buscar.not_found": "Este módulo no conoce esa cita. Puede ser de otro día o de otra sede: búscala en el portal",
}
