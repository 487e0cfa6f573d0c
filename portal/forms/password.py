"""The form of a new password: typed twice, and good enough."""

from __future__ import annotations

from collections.abc import Mapping

from portal.domain.passwords import LONGEST, SHORTEST, PasswordFault, judge_password
from portal.forms.state import Mistake

NEW, AGAIN, CURRENT = "clave_nueva", "clave_repetida", "clave_actual"
_LIMITS = {PasswordFault.SHORT: SHORTEST, PasswordFault.LONG: LONGEST}


def read_new_password(fields: Mapping[str, str], username: str) -> str | tuple[Mistake, ...]:
    """The new password of the person of that name, or what is wrong with it. It is never shown again."""
    typed = fields.get(NEW, "")
    fault = judge_password(typed, username)
    if fault is not None:
        return (Mistake(NEW, fault.value, _LIMITS.get(fault, 0)),)
    if fields.get(AGAIN, "") != typed:
        return (Mistake(AGAIN, "different"),)
    return typed
