"""Which attempts are counted when somebody holds, books or looks a cita up, and for whom.

Strict per browser, document and code; generous per origin, since a whole town may share one address (settings).
"""

from __future__ import annotations

from portal.domain.attempts import Attempt, Tries, count, tries_of
from portal.web.cookies import AnyRequest
from portal.web.csrf import browser_of
from portal.web.known_browser import name_for_browser
from portal.web.origin import UNKNOWN, find_origin
from portal.web.services import Services


def tries_of_holding(request: AnyRequest, services: Services) -> Tries:
    """That somebody holds a seat, for the domain to count."""
    limits = services.limits
    return _tries(
        services,
        Attempt(limits.hold_by_session, browser_of(request)),
        Attempt(limits.request_by_origin, origin_of(request, services)),
    )


async def limit_holding(request: AnyRequest, services: Services) -> None:
    """Count that somebody holds a seat. Raises TooManyAttempts."""
    await count(tries_of_holding(request, services))


async def limit_extending(request: AnyRequest, services: Services) -> None:
    """Count that somebody asks for more time, so that no origin keeps many seats for long. Raises TooManyAttempts."""
    await _count(services, Attempt(services.limits.request_by_origin, origin_of(request, services)))


def tries_of_booking(request: AnyRequest, services: Services, document: str) -> Tries:
    """That somebody books for a document (type and number, normalised), for the domain to count."""
    limits = services.limits
    return _tries(
        services,
        Attempt(limits.book_by_session, browser_of(request)),
        Attempt(limits.book_by_document, document),
        Attempt(limits.request_by_origin, origin_of(request, services)),
    )


async def limit_booking(request: AnyRequest, services: Services, document: str) -> None:
    """Count that somebody books for a document. Raises TooManyAttempts."""
    await count(tries_of_booking(request, services, document))


async def limit_lookup(request: AnyRequest, services: Services, code: str) -> None:
    """Count that somebody looks a cita up by its code (normalised), right or wrong. Raises TooManyAttempts."""
    limits = services.limits
    await _count(
        services,
        Attempt(limits.lookup_by_code, code),
        Attempt(limits.lookup_by_origin, origin_of(request, services)),
    )


async def limit_sending(request: AnyRequest, services: Services, code: str) -> None:
    """Count that a file or a doubt is sent with a cita (its code, normalised). Raises TooManyAttempts."""
    limits = services.limits
    await _count(
        services,
        Attempt(limits.send_by_code, code),
        Attempt(limits.request_by_origin, origin_of(request, services)),
    )


async def limit_signing_in(request: AnyRequest, services: Services, username: str) -> None:
    """Count that somebody tries to sign in under a name, right or wrong. Raises TooManyAttempts.

    A browser that has signed in under that name before is counted apart: strangers who try again and again cannot keep
    the name's owner out.
    """
    limits = services.limits
    await _count(
        services,
        Attempt(limits.sign_in_by_account, name_for_browser(request, services, username)),
        Attempt(limits.sign_in_by_origin, origin_of(request, services)),
    )


async def limit_codes(request: AnyRequest, services: Services, username: str) -> None:
    """Count that somebody who knows the password tries a code, likewise. Raises TooManyAttempts."""
    await _count(services, Attempt(services.limits.code_by_account, name_for_browser(request, services, username)))


async def limit_asking_again(services: Services, username: str) -> None:
    """Count that somebody who is signed in is asked for the password once more. Raises TooManyAttempts."""
    await _count(services, Attempt(services.limits.password_by_account, username))


async def limit_links(request: AnyRequest, services: Services, username: str) -> None:
    """Count that a link for a forgotten password is asked for, whoever it is. Raises TooManyAttempts."""
    limits = services.limits
    await _count(
        services,
        Attempt(limits.link_by_account, username),
        Attempt(limits.sign_in_by_origin, origin_of(request, services)),
    )


async def limit_tokens(request: AnyRequest, services: Services) -> None:
    """Count that a link for a password is used, right or wrong. Raises TooManyAttempts."""
    await _count(services, Attempt(services.limits.sign_in_by_origin, origin_of(request, services)))


async def limit_pairing(request: AnyRequest, services: Services) -> None:
    """Count that a machine tries a pairing code, right or wrong. Raises TooManyAttempts."""
    await _count(services, Attempt(services.limits.pair_by_origin, origin_of(request, services)))


async def limit_wrong_tokens(request: AnyRequest, services: Services) -> None:
    """Count that a machine came with a token that is no kiosk's. Raises TooManyAttempts."""
    await _count(services, Attempt(services.limits.token_by_origin, origin_of(request, services)))


def origin_of(request: AnyRequest, services: Services) -> str:
    """Whom limits per origin count (origin.py)."""
    client = request.scope["client"]
    if client is None:
        return UNKNOWN
    trusted = services.settings.trusted_proxies
    forwarded = [value.decode("latin-1") for name, value in request.scope["headers"] if name == b"x-forwarded-for"]
    return find_origin(client[0], forwarded, trusted)


async def _count(services: Services, *attempts: Attempt) -> None:
    await count(_tries(services, *attempts))


def _tries(services: Services, *attempts: Attempt) -> Tries:
    return tries_of(*attempts, now=services.now(), secret=services.keys.attempts)
