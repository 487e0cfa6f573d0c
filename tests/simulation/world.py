"""One run: a portal, its kiosks, the network, the time, and what happened."""

from __future__ import annotations

import random
import shutil
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from kiosk.claiming import ClaimUnanswered
from portal.database.errors import DatabaseError
from portal.domain.errors import DomainError
from portal.domain.exchange import Request
from portal.domain.kiosk_exchange import StaleRequest, answer_request
from tests.people import NOW
from tests.simulation.invariants import judge_machine, judge_portal
from tests.simulation.machine import Machine
from tests.simulation.network import STALE, Letter, Network
from tests.simulation.process import Killed, Process, settle
from tests.simulation.template import TERMS, Template


@dataclass
class Mishaps:
    """What went wrong by itself, and so excuses what it touched."""

    seats: set[str] = field(default_factory=set)
    """Seats that a restored portal has forgotten something of."""
    kiosks: set[str] = field(default_factory=set)
    """Kiosks that were copied or rewound."""


class World:
    """Everything of a run; ``faults`` holds the first thing that must not be."""

    def __init__(self, template: Template, folder: Path, chance: random.Random) -> None:
        self.template = template
        self.folder = folder
        self.chance = chance
        self.now = NOW
        self.trace: list[str] = []
        self.faults: list[str] = []
        self.mishaps = Mishaps()
        self.delays: dict[str, str] = {}
        self.network = Network(chance)
        shutil.copyfile(template.portal, folder / "portal.db")
        self.portal = Process("portal", folder / "portal.db", chance, self._committed)
        self.backup: Path | None = None
        self.twins: tuple[str, ...] = ()
        self.restored = 0
        self.machines: list[Machine] = []
        for number, (path, kiosk) in enumerate(zip(template.kiosks, template.ids, strict=True), 1):
            shutil.copyfile(path, folder / f"kiosk{number}.db")
            self.add_machine(f"kiosk{number}", kiosk)

    def add_machine(self, name: str, kiosk: UUID) -> Machine:
        path = self.folder / f"{name}.db"
        machine = Machine(name, path, kiosk, self.chance, self.network, lambda: self.now, self._committed)
        self.machines.append(machine)
        return machine

    @property
    def processes(self) -> list[Process]:
        return [self.portal, *(machine.process for machine in self.machines)]

    async def open(self) -> None:
        for process in self.processes:
            await process.open()

    async def close(self) -> None:
        for machine in self.machines:
            machine.kill()
        self.portal.dead = True
        await settle()
        for process in self.processes:
            await process.close()

    def note(self, text: str) -> None:
        self.trace.append(f"{self.now:%d %H:%M} {text}")

    def blame(self, fault: str) -> None:
        self.note(f"FAULT {fault}")
        self.faults.append(fault)

    def start(self, process: Process, name: str, work: Coroutine[Any, Any, Any]) -> None:
        """Have it done on a node, beside whatever else goes on; its outcome goes into the trace."""
        process.start_task(self._watch(f"{process.name}: {name}", work))

    async def _watch(self, name: str, work: Coroutine[Any, Any, Any]) -> None:
        try:
            outcome = await work
            self.note(f"{name}: {'nothing' if outcome is None else type(outcome).__name__}")
        except (DomainError, ClaimUnanswered) as refused:
            self.note(f"{name}: {type(refused).__name__}")
        except Killed:
            self.note(f"{name}: killed")
        except DatabaseError as error:
            # A second machine may be told what the first one asked for, which may not fit here: it asks again.
            if not name.startswith(self.twins):
                self.blame(f"{name}: {type(error).__name__}: {error}")
            self.note(f"{name}: {type(error).__name__}")
        except Exception as error:  # noqa: BLE001  # whatever it is, it must not happen
            self.blame(f"{name}: {type(error).__name__}: {error}")

    async def raise_the_dead(self) -> None:
        """Start again whatever has died."""
        for machine in self.machines:
            if machine.process.dead:
                machine.kill()
        await settle()
        if self.portal.dead:
            await self.portal.close()
            await self.portal.open()
            self.note("portal: started again")
        for machine in self.machines:
            if machine.process.dead:
                await machine.restart()
                self.note(f"{machine.process.name}: started again")

    def deliver(self) -> None:
        """A letter arrives, or is lost."""
        letter = self.network.take()
        if letter is None:
            return
        if letter.is_answer:
            self.note(f"{letter.machine.process.name}: hears an answer")
            letter.machine.hear(letter.body)
        else:
            self.start(self.portal, f"answers {letter.machine.process.name}", self._answer(letter))

    async def _answer(self, letter: Letter) -> None:
        request = msgspec.json.decode(letter.body, type=Request)
        try:
            body = await answer_request(letter.kiosk, request, self.now, TERMS)
        except StaleRequest:
            body = STALE
        self.network.send(Letter(letter.machine, letter.kiosk, body, is_answer=True))

    def pass_time(self, span: timedelta) -> None:
        self.now = (self.now + span).replace(microsecond=0)

    def _committed(self, process: Process) -> None:
        if process is self.portal:
            judge_portal(self)
            return
        for machine in self.machines:
            if machine.process is process:
                machine.note_papers()
                judge_machine(self, machine)

    def at(self, text: str) -> datetime:
        return datetime.fromisoformat(text)
