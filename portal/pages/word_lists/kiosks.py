"""Words and sentences of the pages about kiosks."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from portal.domain.displaced import Unseated
from portal.domain.exchange import Standing
from portal.domain.kiosk_entries import DeedKind
from portal.domain.kiosk_import import WhyRefused
from portal.domain.kiosk_sales import Remark

WORDS: Final[Mapping[StrEnum, str]] = {
    Standing.UNPAIRED: "Sin emparejar",
    Standing.GOOD: "En servicio",
    Standing.FORKED: "Bloqueado: hay una copia o volvió atrás",
    Standing.REVOKED: "Dado de baja",
    Remark.DISPLACED: "Se vendió en el módulo un cupo que ya no era suyo: la cita quedó sin cupo",
    Remark.DUPLICATE: "La persona ya tenía una cita de este servicio",
    Remark.CLOSED_DAY: "Se vendió en un día u horario que ya estaba cerrado",
    Remark.SELLER_REVOKED: "La vendió alguien que ya no trabaja en la sede",
    Remark.NOT_RESERVED: "En el módulo se anuló una cita que aquí ya no estaba reservada",
    Remark.MOVED_NO_LONGER_RESERVED: "En el módulo se cambió una cita que aquí ya no estaba reservada",
    Remark.UNKNOWN_CITA: "En el módulo se anuló una cita que no existe en la sede",
    Remark.UNREADABLE: "No se pudo aplicar: el registro no se entiende o no le corresponde al módulo",
    Remark.NEW_CODE: "Otra copia del módulo usó el mismo código: esta cita tiene un código nuevo",
    DeedKind.SALE: "Reserva",
    DeedKind.CANCELLATION: "Anulación",
    DeedKind.MOVE: "Cambio de horario",
    DeedKind.RELEASE: "Devolución de un cupo",
    DeedKind.UNKNOWN: "No se reconoce",
    WhyRefused.UNKNOWN_KIOSK: "un módulo de ese archivo no existe en este portal",
    WhyRefused.STILL_TRUSTED: "un módulo de ese archivo sigue en servicio: conéctalo y lo envía él mismo",
    WhyRefused.WRONG_SIGNATURE: "la firma de ese archivo no es la del módulo: no se aplicó nada suyo",
    Unseated.TAKEN: "Otra persona acaba de tomar ese horario. Elige otro",
    Unseated.NONE_FREE: "No queda ningún horario libre dentro del plazo. Abre más horarios o llama a la persona",
    Unseated.NO_LONGER: "Esa cita ya no espera un cupo: alguien la reubicó, la anuló o la atendió",
}

SENTENCES: Final[Mapping[str, str]] = {
    "por_consultor.malformed": "Escribe un número entero de 0 a {limit}",
    "dias.malformed": "Escribe un número entero de 1 a {limit}",
    "porcentaje.malformed": "Escribe un número entero de 0 a {limit}",
    "minimo.malformed": "Escribe un número entero de 0 a {limit}",
    "clave_modulo.too_short": "La clave del módulo necesita {limit} letras o más",
    "clave_modulo.missing": "Escribe la clave del módulo",
    "clave_modulo.common": "Esa clave es de las primeras que cualquiera probaría. Elige otra",
    "clave_modulo.holds_username": "La clave del módulo no puede contener tu usuario",
    "clave_modulo.password": "Elige una clave distinta de la que usas en el portal",
    "clave_modulo_repetida.different": "Las dos claves no son iguales. Escríbelas de nuevo",
    "pin.malformed": "El PIN tiene 6 dígitos",
    "pin.simple": "Ese PIN se adivina pronto. Elige otro",
    "pin_repetido.different": "Los dos PIN no son iguales. Escríbelos de nuevo",
}
