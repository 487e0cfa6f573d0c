"""The form of a kiosk's secret and PIN, each typed twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from portal.domain.kiosk_secrets import SHORTEST_SECRET, judge_pin
from portal.domain.passwords import LONGEST, PasswordFault, judge_password
from portal.forms.state import Mistake

SECRET: Final = "clave_modulo"  # noqa: S105  # the name of a field
_LIMITS: Final = {PasswordFault.SHORT: SHORTEST_SECRET, PasswordFault.LONG: LONGEST}


@dataclass(frozen=True, slots=True)
class TypedSecret:
    """What was typed; shown by no page again."""

    secret: str
    pin: str


def read_kiosk_secret(fields: Mapping[str, str], username: str) -> TypedSecret | tuple[Mistake, ...]:
    """The secret and the PIN of the person of that name, or what is wrong with them."""
    secret, pin = fields.get(SECRET, ""), fields.get("pin", "").strip()
    mistakes: list[Mistake] = []
    fault = judge_password(secret, username, SHORTEST_SECRET)
    if fault is not None:
        mistakes.append(Mistake(SECRET, fault.value, _LIMITS.get(fault, 0)))
    elif fields.get(f"{SECRET}_repetida", "") != secret:
        mistakes.append(Mistake(f"{SECRET}_repetida", "different"))
    pin_fault = judge_pin(pin)
    if pin_fault is not None:
        mistakes.append(Mistake("pin", pin_fault.value))
    elif fields.get("pin_repetido", "").strip() != pin:
        mistakes.append(Mistake("pin_repetido", "different"))
    return tuple(mistakes) if mistakes else TypedSecret(secret, pin)
