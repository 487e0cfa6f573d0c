"""What handlers are given: one frozen object with everything that the application has opened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from portal.clock import Clock
from portal.database.node import Node
from portal.keys import Keys
from portal.settings import Settings
from portal.web.assets import Assets


@dataclass(frozen=True, slots=True)
class Services:
    """The application's parts, by name: ``services: NamedDependency[Services]`` in a handler."""

    settings: Settings
    clock: Clock
    node: Node
    keys: Keys
    assets: Assets

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        return self.clock()
