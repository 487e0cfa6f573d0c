"""What handlers are given: one frozen object with everything that the application has opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from portal.clock import Clock
from portal.database.node import Node
from portal.documents.renderer import Renderer
from portal.domain.attempts import Limits
from portal.domain.rules import BookingRules
from portal.domain.sessions import SessionRules
from portal.keys import Keys
from portal.settings import Settings
from portal.web.assets import Assets


@dataclass(frozen=True, slots=True)
class Services:
    """The application's parts, by name: ``services: GivenServices`` in a handler."""

    settings: Settings
    clock: Clock
    node: Node
    keys: Keys
    assets: Assets
    rules: BookingRules
    limits: Limits
    session_rules: SessionRules
    renderer: Renderer

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return self.clock()


GivenServices: TypeAlias = NamedDependency[SkipValidation[Services]]
"""The annotation of the parameter ``services``; they are ours already, so Litestar need not look inside them."""
