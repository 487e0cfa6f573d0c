"""The kiosk's settings: from the environment, frozen, and a wrong one named."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from kiosk.settings import KioskSettingsError, read_kiosk_settings
from portal.documents.slip import Paper

NAMES = ("CITAS_DATA", "KIOSK_PORT", "PORTAL_PORT", "CITAS_KIOSK_PORTAL", "KIOSK_PRINTER", "KIOSK_PAPER",
         "CITAS_KIOSK_LOCK_MINUTES", "DATABASE_URL")  # fmt: skip


@pytest.fixture(autouse=True)
def _bare(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)


def test_what_it_is_without_being_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://portal")  # the portal's alone
    settings = read_kiosk_settings()
    assert (settings.port, settings.portal, settings.printer, settings.paper) == (
        *(8100, "http://127.0.0.1:8000", "", Paper.TICKET),
    )
    assert settings.database == f"sqlite:///{Path('var/kiosk/kiosk.db')}"
    assert settings.idle == timedelta(minutes=5)


def test_what_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in zip(
        NAMES, ("/srv/citas", "8200", "8001", "https://citas.gob.pe/", "mesa-1", "a5", "3"), strict=False
    ):
        monkeypatch.setenv(name, value)
    settings = read_kiosk_settings()
    assert (settings.port, settings.portal, settings.printer, settings.paper) == (
        *(8200, "https://citas.gob.pe", "mesa-1", Paper.A5),
    )
    assert settings.folder == Path("/srv/citas/kiosk")
    monkeypatch.delenv("CITAS_KIOSK_PORTAL")
    assert read_kiosk_settings().portal == "http://127.0.0.1:8001"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("KIOSK_PORT", "0"),
        ("CITAS_KIOSK_PORTAL", "http://citas.gob.pe"),
        ("CITAS_KIOSK_PORTAL", "citas.gob.pe"),
        ("KIOSK_PRINTER", "-o raw"),
        ("KIOSK_PAPER", "a4"),
        ("CITAS_KIOSK_LOCK_MINUTES", "0"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(KioskSettingsError, match=f"^{name}: "):
        read_kiosk_settings()
