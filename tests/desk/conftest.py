"""The staff's pages are tested with the same applications as the citizens'."""

from __future__ import annotations

from tests.portal.conftest import app, client, new_app, new_client, new_settings

__all__ = ["app", "client", "new_app", "new_client", "new_settings"]
