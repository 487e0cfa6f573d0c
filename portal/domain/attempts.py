"""Limits on attempts: how often something may be tried in one window of time, counted in the database for all workers.

Whoever is counted (a session, a document, an origin, a code) is stored as a keyed hash alone. Windows have fixed
borders, so that counting is one statement; whoever spends a limit at the end of a window may begin the next at once, up
to twice the limit in a short time, which these limits can bear.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from portal.database.engine import Row
from portal.database.node import Write, fetch, in_transaction
from portal.domain.errors import TooManyAttempts

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
_COUNT = (
    'INSERT INTO "attempt_window" ("key", "tries", "expires_at") VALUES {rows} '
    'ON CONFLICT ("key") DO UPDATE SET "tries" = "attempt_window"."tries" + 1 RETURNING "key", "tries"'
)

WITHIN_LIMITS = 'NOT EXISTS (SELECT 1 FROM "counted" WHERE "counted"."is_too_many")'
"""Condition for what goes along with the write of ``counting``."""


class AttemptKind(StrEnum):
    """What is counted, and for whom."""

    HOLD_BY_SESSION = "hold/session"
    BOOK_BY_SESSION = "book/session"
    BOOK_BY_DOCUMENT = "book/document"
    REQUEST_BY_ORIGIN = "request/origin"
    LOOKUP_BY_CODE = "lookup/code"
    LOOKUP_BY_ORIGIN = "lookup/origin"
    SEND_BY_CODE = "send/code"
    SIGN_IN_BY_ACCOUNT = "sign-in/account"
    SIGN_IN_BY_ORIGIN = "sign-in/origin"
    CODE_BY_ACCOUNT = "code/account"
    PASSWORD_BY_ACCOUNT = "password/account"  # noqa: S105  # a kind of attempt, no password
    LINK_BY_ACCOUNT = "link/account"
    PAIR_BY_ORIGIN = "pair/origin"
    TOKEN_BY_ORIGIN = "token/origin"  # noqa: S105  # a kind of attempt, no password
    KIOSK_SECRET = "kiosk/secret"  # noqa: S105  # (the same)
    KIOSK_PIN = "kiosk/pin"


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``most`` attempts of one subject in each window."""

    kind: AttemptKind
    most: int
    window: timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of an installation: strict for a browser, a document, a code; generous for an origin."""

    hold_by_session: Limit
    book_by_session: Limit
    book_by_document: Limit
    request_by_origin: Limit
    lookup_by_code: Limit
    lookup_by_origin: Limit
    send_by_code: Limit
    sign_in_by_account: Limit
    sign_in_by_origin: Limit
    code_by_account: Limit
    password_by_account: Limit
    link_by_account: Limit
    pair_by_origin: Limit
    token_by_origin: Limit


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try, to be counted against a limit. ``subject`` is whom it is counted for: an address, a code, a document."""

    limit: Limit
    subject: str


@dataclass(frozen=True, slots=True)
class Tries:
    """What one request tries, against all the limits on it: each window's end (aware UTC) and limit, by its key."""

    windows: dict[str, tuple[datetime, int]]


def tries_of(*attempts: Attempt, now: datetime, secret: bytes) -> Tries:
    """The windows that attempts made ``now`` (aware UTC) are counted in."""
    # Sorted, because two statements that lock the same rows in different orders wait for each other.
    return Tries(dict(sorted(_window(attempt, now, secret) for attempt in attempts)))


async def count_attempts(*attempts: Attempt, now: datetime, secret: bytes) -> None:
    """``count`` for attempts made ``now``."""
    await count(tries_of(*attempts, now=now, secret=secret))


async def count(tries: Tries) -> None:
    """Count attempts in one statement.

    Raises TooManyAttempts, with the latest of the ends of the windows that are full, when any is one too many; all stay
    counted. Must not run inside a transaction: what a refusal rolls back would not have been counted.
    """
    if in_transaction():
        raise RuntimeError("attempts are counted outside of transactions")
    statement, values = _counting(tries)
    refuse_too_many(tries, await fetch(statement, *values))


def counting(tries: Tries) -> Write:
    """The write of ``count``, named "counted", for others to go along with under the condition WITHIN_LIMITS."""
    statement, values = _counting(tries)
    # Limits are values, too: in the text, their order would make several statements of one, each planned for itself.
    full = " OR ".join('("key" = {} AND "tries" > {})' for _ in tries.windows)
    limits = [value for key, (_, most) in tries.windows.items() for value in (key, most)]
    return Write(f'{statement}, ({full}) AS "is_too_many"', (*values, *limits), "counted")


def refuse_too_many(tries: Tries, counted: Iterable[Row]) -> None:
    """Raise TooManyAttempts when any was one too many, by the rows that came of counting them."""
    full = [end for row in counted for end, most in [tries.windows[row["key"]]] if row["tries"] > most]
    if full:
        raise TooManyAttempts(max(full))


def _counting(tries: Tries) -> tuple[str, list[object]]:
    rows = ", ".join("({}, 1, {})" for _ in tries.windows)
    return _COUNT.replace("{rows}", rows), [value for key, (end, _) in tries.windows.items() for value in (key, end)]


async def purge_attempts(now: datetime) -> None:
    """Forget windows that are over."""
    await fetch('DELETE FROM "attempt_window" WHERE "expires_at" <= {}', now)


def _window(attempt: Attempt, now: datetime, secret: bytes) -> tuple[str, tuple[datetime, int]]:
    limit = attempt.limit
    number = (now - _EPOCH) // limit.window
    message = f"{limit.kind}\0{limit.window.total_seconds()}\0{number}\0{attempt.subject}".encode()
    key = urlsafe_b64encode(hmac.digest(secret, message, "sha256")).decode()
    return key, (_EPOCH + (number + 1) * limit.window, limit.most)
