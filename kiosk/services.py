"""What the kiosk's handlers are given: one frozen object with everything that the application has opened."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from kiosk.keys import KeyFolder
from kiosk.line import Line
from kiosk.own_press import OwnPress
from kiosk.print_queue import PrintQueue
from kiosk.settings import KioskSettings, KioskSettingsError
from kiosk.sync import Sync
from portal.database.node import Node
from portal.documents.renderer import Renderer
from portal.secret_files import SecretFileError, read_or_make_secret
from portal.web.assets import Assets


@dataclass(frozen=True, slots=True, repr=False)
class DeskKeys:
    """One key per purpose, derived from this machine's secret."""

    csrf: bytes
    attempts: bytes


@dataclass(frozen=True, slots=True)
class DeskServices:
    """The application's parts, by name: ``services: GivenServices`` in a handler."""

    settings: KioskSettings
    node: Node
    folder: KeyFolder
    keys: DeskKeys
    assets: Assets
    renderer: Renderer
    line: Line
    sync: Sync
    press: OwnPress
    queue: PrintQueue

    async def now(self) -> datetime:
        """The corrected time, aware, in UTC."""
        return await self.sync.now()


def open_desk_keys(folder: KeyFolder) -> DeskKeys:
    """The keys of forms and limits, made at the first start. Raises KioskSettingsError."""
    try:
        secret = read_or_make_secret(folder.path / "desk-secret", lambda: secrets.token_urlsafe(48)).encode()
    except SecretFileError as error:
        raise KioskSettingsError(str(error)) from None
    return DeskKeys(
        csrf=hmac.digest(secret, b"kiosk/csrf", "sha256"), attempts=hmac.digest(secret, b"kiosk/attempts", "sha256")
    )


GivenServices: TypeAlias = NamedDependency[SkipValidation[DeskServices]]
"""The annotation of the parameter ``services``."""
