"""The settings' figures as the values that the domain is handed."""

from __future__ import annotations

from datetime import timedelta

from portal.domain.attempts import AttemptKind, Limit, Limits
from portal.domain.rules import BookingRules
from portal.settings import Settings


def read_rules(settings: Settings) -> BookingRules:
    """The rules of booking that the settings ask for."""
    return BookingRules(
        horizon_days=settings.horizon_days,
        notice=timedelta(minutes=settings.notice_minutes),
        hold=timedelta(minutes=settings.hold_minutes),
        hold_extensions=settings.hold_extensions,
        release_min=timedelta(minutes=settings.release_min_minutes),
        release_max=timedelta(minutes=settings.release_max_minutes),
    )


def read_limits(settings: Settings) -> Limits:
    """The limits on attempts that the settings ask for."""
    window = timedelta(minutes=settings.limit_window_minutes)
    return Limits(
        hold_by_session=Limit(AttemptKind.HOLD_BY_SESSION, settings.limit_holds_per_session, window),
        book_by_session=Limit(AttemptKind.BOOK_BY_SESSION, settings.limit_bookings_per_session, window),
        book_by_document=Limit(AttemptKind.BOOK_BY_DOCUMENT, settings.limit_bookings_per_document, window),
        request_by_origin=Limit(AttemptKind.REQUEST_BY_ORIGIN, settings.limit_requests_per_origin, window),
        lookup_by_code=Limit(AttemptKind.LOOKUP_BY_CODE, settings.limit_lookups_per_code, window),
        lookup_by_origin=Limit(AttemptKind.LOOKUP_BY_ORIGIN, settings.limit_lookups_per_origin, window),
        send_by_code=Limit(AttemptKind.SEND_BY_CODE, settings.limit_sendings_per_code, window),
    )
