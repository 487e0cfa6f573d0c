"""Settings: environment variables in, one frozen object out.

Every variable has the prefix ``CITAS_``, except ``DATABASE_URL`` and ``PORTAL_PORT``. A wrong value stops the start
with a sentence that names the variable.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SettingsError(Exception):
    """The environment does not describe a portal that can start; the text says which variable and why."""


class VideoProvider(StrEnum):
    MEET = "meet"
    JITSI = "jitsi"


class SmtpSecurity(StrEnum):
    STARTTLS = "starttls"
    TLS = "tls"
    NONE = "none"


def _split_networks(value: object) -> object:
    if isinstance(value, str):
        return tuple(ip_network(part.strip()) for part in value.split(",") if part.strip())
    return value


Networks = Annotated[tuple[IPv4Network | IPv6Network, ...], NoDecode, BeforeValidator(_split_networks)]


class Settings(BaseSettings):
    """The portal's configuration. Durations carry their unit in the name; limits are per ``limit_window_minutes``."""

    model_config = SettingsConfigDict(env_prefix="CITAS_", frozen=True, extra="ignore", populate_by_name=True)

    data: Path = Path("var")
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    port: int = Field(default=8000, ge=1, le=65535, validation_alias="PORTAL_PORT")
    host: str = "127.0.0.1"
    workers: int = Field(default=1, ge=1, le=64)
    public_url: str = ""
    secret: SecretStr = SecretStr("")
    signing_key: SecretStr = SecretStr("")
    node_name: str = Field(default="portal", pattern=r"^[a-z0-9-]{1,16}$")
    trusted_proxies: Networks = ()
    log_level: str = Field(default="INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$")

    # Booking: a seat is a row, held and booked by one conditional update
    horizon_days: int = Field(default=60, ge=1, le=365)
    notice_minutes: int = Field(default=30, ge=0, le=10_080)
    hold_minutes: int = Field(default=10, ge=1, le=120)
    hold_extensions: int = Field(default=10, ge=0, le=100)
    release_min_minutes: int = Field(default=5, ge=0, le=1_440)
    release_max_minutes: int = Field(default=30, ge=0, le=1_440)

    # Attempts: strict per session and document, generous per origin, since a whole town may share one address
    limit_window_minutes: int = Field(default=60, ge=1, le=1_440)
    limit_holds_per_session: int = Field(default=30, ge=1)
    limit_bookings_per_session: int = Field(default=20, ge=1)
    limit_bookings_per_document: int = Field(default=10, ge=1)
    limit_requests_per_origin: int = Field(default=3_000, ge=1)
    limit_lookups_per_code: int = Field(default=10, ge=1)
    limit_lookups_per_origin: int = Field(default=300, ge=1)
    limit_sendings_per_code: int = Field(default=20, ge=1)
    limit_signins_per_account: int = Field(default=10, ge=1)
    limit_signins_per_origin: int = Field(default=100, ge=1)
    limit_password_links_per_account: int = Field(default=3, ge=1)
    limit_pairings_per_origin: int = Field(default=20, ge=1)

    # Staff: how long a session lasts unused, and at most; names of the cookie's owner are in the database
    staff_idle_minutes: int = Field(default=30, ge=1, le=1_440)
    staff_session_hours: int = Field(default=10, ge=1, le=168)

    # The consultor's day: local hours (America/Lima) of what is sent by itself; where video calls are held
    reminder_hour: int = Field(default=9, ge=0, le=23)
    day_sheet_hour: int = Field(default=18, ge=0, le=23)
    video: VideoProvider = VideoProvider.MEET
    jitsi_url: str = ""
    survey_days: int = Field(default=15, ge=1, le=90)

    # The register, pushed to a Google Sheet when both are given; the address is Google's unless a test says otherwise
    google_sheet: str = Field(default="", pattern=r"^[A-Za-z0-9_-]{0,100}$")
    google_credentials: Path | None = None
    google_api: str = "https://sheets.googleapis.com"

    # Mail: without a host, messages are written as .eml files under data/mail
    smtp_host: str = ""
    smtp_port: int = Field(default=587, ge=1, le=65535)
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    smtp_security: SmtpSecurity = SmtpSecurity.STARTTLS
    smtp_timeout_seconds: float = Field(default=20.0, gt=0, le=300)
    mail_from: str = "Citas en línea <citas@localhost>"
    bounces: Path | None = None  # a Maildir that the mail server delivers the sender's mail to

    worker: bool = True
    pdf_processes: int = Field(default=1, ge=1, le=16)
    upload_max_bytes: int = Field(default=5 * 1024 * 1024, ge=1024, le=50 * 1024 * 1024)

    @field_validator("public_url")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        value = value.rstrip("/")
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("must start with http:// or https://")
        return value

    @field_validator("database_url")
    @classmethod
    def _names_a_known_engine(cls, value: str) -> str:
        if value and not value.startswith(("sqlite:///", "postgresql://", "postgres://")):
            raise ValueError("must start with sqlite:/// or postgresql://")
        return value

    @field_validator("jitsi_url")
    @classmethod
    def _is_a_safe_origin(cls, value: str) -> str:
        value = value.rstrip("/")
        if value and not value.startswith("https://"):
            raise ValueError("must start with https://")
        return value

    @model_validator(mode="after")
    def _jitsi_has_a_server(self) -> Self:
        if self.video is VideoProvider.JITSI and not self.jitsi_url:
            raise ValueError("CITAS_VIDEO is jitsi, so CITAS_JITSI_URL must name its server")
        return self

    @field_validator("google_api")
    @classmethod
    def _is_safe_or_here(cls, value: str) -> str:
        address = urlsplit(value)
        if address.scheme != "https" and address.hostname not in {"127.0.0.1", "::1", "localhost"}:
            raise ValueError("must start with https://")
        return value.rstrip("/")

    @field_validator("google_credentials")
    @classmethod
    def _is_the_key_of_a_service_account(cls, value: Path | None) -> Path | None:
        if value is None or value == Path():  # an empty variable says nothing
            return None
        try:
            key = json.loads(value.read_text())
        except (OSError, ValueError):
            raise ValueError("must name a readable file with the JSON key of a service account") from None
        missing = {"client_email", "private_key", "token_uri"} - (key.keys() if isinstance(key, dict) else set())
        if missing:
            raise ValueError(f"names a file that is no key of a service account: it lacks {', '.join(sorted(missing))}")
        return value

    @model_validator(mode="after")
    def _a_sheet_has_its_key(self) -> Self:
        if bool(self.google_sheet) != (self.google_credentials is not None):
            raise ValueError("CITAS_GOOGLE_SHEET and CITAS_GOOGLE_CREDENTIALS go together: set both or neither")
        return self

    @model_validator(mode="after")
    def _release_window_is_ordered(self) -> Self:
        if self.release_min_minutes > self.release_max_minutes:
            raise ValueError("CITAS_RELEASE_MIN_MINUTES is greater than CITAS_RELEASE_MAX_MINUTES")
        return self

    @property
    def database(self) -> str:
        """Where the portal's database is; SQLite inside the data folder unless ``DATABASE_URL`` says otherwise."""
        return self.database_url or f"sqlite:///{self.data / 'portal.db'}"

    @property
    def origin(self) -> str:
        """The address that links in mails and QR codes begin with, without a final slash."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def secure_cookies(self) -> bool:
        """Cookies are Secure when the public address is https."""
        return self.origin.startswith("https://")


def read_settings(**given: object) -> Settings:
    """Read the settings from the environment; keyword arguments win. Raises SettingsError, a sentence per mistake."""
    try:
        return Settings(**given)  # type: ignore[arg-type]  # pydantic validates each value
    except ValidationError as mistakes:
        raise SettingsError(_explain(mistakes.errors())) from None


def _explain(errors: Iterable[ErrorDetails]) -> str:
    sentences = []
    for error in errors:
        name = "_".join(str(part) for part in error["loc"]).upper()
        variable = name if name in {"DATABASE_URL", "PORTAL_PORT"} else f"CITAS_{name}" if name else "Settings"
        sentences.append(f"{variable}: {error['msg']}.")
    return " ".join(sentences)
