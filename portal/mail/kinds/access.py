"""The mail with the link for a forgotten password."""

from __future__ import annotations

from dataclasses import dataclass

from portal.domain.recovery import LINK_LASTS, LinkSpent, find_link, sign_number
from portal.mail.contents import Contents, NothingToSay, WorkErrand


@dataclass(frozen=True, slots=True)
class PasswordLinkFacts:
    """Where the link leads, and for how long."""

    address: str
    minutes: int


async def gather_password_link(errand: WorkErrand) -> Contents:
    """The link, made anew from its number: no row holds what opens it. Raises NothingToSay when it was used."""
    key = errand.tools.keys.access
    token = sign_number(errand.message.reference, key)
    try:
        await find_link(token, key, errand.now)
    except LinkSpent:
        raise NothingToSay from None
    address = f"{errand.tools.origin}/ingresar/nueva-clave/{token}"
    return Contents(PasswordLinkFacts(address, LINK_LASTS.seconds // 60))
