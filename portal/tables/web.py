"""State of the public pages that several workers share: visits and counted attempts."""

from __future__ import annotations

from piccolo.columns import JSON, UUID, Integer, Timestamptz, Varchar
from piccolo.table import Table


class Visit(Table, tablename="visit"):
    """A browser on its way to a cita: its hold and what was typed so far. The key is the hash of the cookie's value."""

    key = Varchar(length=64, primary_key=True)
    hold_token = Varchar(length=64, null=True, default=None)
    seat = UUID(null=True, default=None)
    modality = Varchar(length=16, default="")
    draft = JSON(default="{}")
    expires_at = Timestamptz()


class AttemptWindow(Table, tablename="attempt_window"):
    """How often something was tried in one window of time; the subject is a keyed hash, never the thing itself."""

    key = Varchar(length=80, primary_key=True)
    tries = Integer(default=0)
    expires_at = Timestamptz()
