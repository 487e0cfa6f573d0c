"""Fixtures of the kiosk's pages stand here and not with those of every test: a visitor here visits a kiosk."""

from __future__ import annotations

from tests.kiosk.paged import kiosk_app, kiosk_settings, portal, running_renderer, visitor

__all__ = ["kiosk_app", "kiosk_settings", "portal", "running_renderer", "visitor"]
