"""The settings' figures as the values that the domain is handed."""

from __future__ import annotations

from datetime import timedelta

from portal.domain.attempts import AttemptKind, Limit, Limits
from portal.domain.rules import BookingRules
from portal.domain.sessions import SessionRules
from portal.settings import Settings, VideoProvider


def read_rules(settings: Settings) -> BookingRules:
    """The rules of booking that the settings ask for."""
    return BookingRules(
        horizon_days=settings.horizon_days,
        notice=timedelta(minutes=settings.notice_minutes),
        hold=timedelta(minutes=settings.hold_minutes),
        hold_extensions=settings.hold_extensions,
        release_min=timedelta(minutes=settings.release_min_minutes),
        release_max=timedelta(minutes=settings.release_max_minutes),
        jitsi_url=settings.jitsi_url if settings.video is VideoProvider.JITSI else "",
        reminder_hour=settings.reminder_hour,
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
        sign_in_by_account=Limit(AttemptKind.SIGN_IN_BY_ACCOUNT, settings.limit_signins_per_account, window),
        sign_in_by_origin=Limit(AttemptKind.SIGN_IN_BY_ORIGIN, settings.limit_signins_per_origin, window),
        code_by_account=Limit(AttemptKind.CODE_BY_ACCOUNT, settings.limit_signins_per_account, window),
        password_by_account=Limit(AttemptKind.PASSWORD_BY_ACCOUNT, settings.limit_signins_per_account, window),
        link_by_account=Limit(AttemptKind.LINK_BY_ACCOUNT, settings.limit_password_links_per_account, window),
        pair_by_origin=Limit(AttemptKind.PAIR_BY_ORIGIN, settings.limit_pairings_per_origin, window),
        token_by_origin=Limit(AttemptKind.TOKEN_BY_ORIGIN, settings.limit_requests_per_origin, window),
    )


def read_session_rules(settings: Settings) -> SessionRules:
    """How long the sessions of the staff last."""
    return SessionRules(
        idle=timedelta(minutes=settings.staff_idle_minutes), longest=timedelta(hours=settings.staff_session_hours)
    )
