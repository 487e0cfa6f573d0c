"""Settings of the kiosk: environment variables in, one frozen object out. ``DATABASE_URL`` is the portal's alone.

Every variable has the prefix ``CITAS_``, except ``KIOSK_PORT``, ``KIOSK_PRINTER``, ``KIOSK_PAPER`` and ``PORTAL_PORT``.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from portal.documents.slip import Paper

_BARE: Final = frozenset({"KIOSK_PORT", "KIOSK_PRINTER", "KIOSK_PAPER", "PORTAL_PORT"})


class KioskSettingsError(Exception):
    """The environment does not describe a kiosk that can start; the text says which variable and why."""


class KioskSettings(BaseSettings):
    """The kiosk's configuration. It listens on the loopback address only."""

    model_config = SettingsConfigDict(env_prefix="CITAS_", frozen=True, extra="ignore", populate_by_name=True)

    data: Path = Path("var")
    port: int = Field(default=8100, ge=1, le=65535, validation_alias="KIOSK_PORT")
    portal_port: int = Field(default=8000, ge=1, le=65535, validation_alias="PORTAL_PORT")
    portal_url: str = Field(default="", validation_alias="CITAS_KIOSK_PORTAL")
    printer: str = Field(default="", max_length=120, pattern=r"^[^\s/#-][^\s/#]*$|^$", validation_alias="KIOSK_PRINTER")
    paper: Paper = Field(default=Paper.TICKET, validation_alias="KIOSK_PAPER")
    lock_minutes: int = Field(default=5, ge=1, le=60, validation_alias="CITAS_KIOSK_LOCK_MINUTES")
    day_sheet_hour: int = Field(default=18, ge=0, le=23)
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    @field_validator("portal_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        value = value.rstrip("/")
        address = urlsplit(value)
        # The token travels with every request: in clear only where nobody can listen.
        here = address.scheme == "http" and address.hostname in {"127.0.0.1", "::1", "localhost"}
        if value and not here and not (address.scheme == "https" and address.hostname):
            raise ValueError("must start with https:// (http:// on this machine alone)")
        return value

    @property
    def portal(self) -> str:
        """The portal's address, without a final slash."""
        return self.portal_url or f"http://127.0.0.1:{self.portal_port}"

    @property
    def folder(self) -> Path:
        """Where the kiosk keeps its file and its keys, readable by its user alone."""
        return self.data / "kiosk"

    @property
    def database(self) -> str:
        """The kiosk's file; always SQLite."""
        return f"sqlite:///{self.folder / 'kiosk.db'}"

    @property
    def idle(self) -> timedelta:
        """After how long without a touch the screen is locked."""
        return timedelta(minutes=self.lock_minutes)


def read_kiosk_settings(**given: object) -> KioskSettings:
    """Read the settings from the environment; keyword arguments win. Raises KioskSettingsError."""
    try:
        return KioskSettings(**given)  # type: ignore[arg-type]  # pydantic validates each value
    except ValidationError as mistakes:
        sentences = []
        for mistake in mistakes.errors():
            name = "_".join(str(part) for part in mistake["loc"]).upper()
            variable = name if name in _BARE or name.startswith("CITAS_") else f"CITAS_{name}"
            sentences.append(f"{variable}: {mistake['msg']}.")
        raise KioskSettingsError(" ".join(sentences)) from None
