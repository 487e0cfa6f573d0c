"""One run: a portal, its kiosks, the network, the time, and what happened."""

from __future__ import annotations

import asyncio
import random
import shutil
import sqlite3
from collections.abc import Coroutine
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from kiosk.claiming import ClaimUnanswered
from portal.database.node import active_node
from portal.domain.errors import DomainError
from portal.domain.exchange import Request
from portal.domain.kiosk_exchange import StaleRequest, answer_request
from portal.domain.kiosks import note_kept, read_applied
from tests.people import NOW
from tests.simulation.entries import judge_entries
from tests.simulation.invariants import judge_portal
from tests.simulation.ledger import Ledger
from tests.simulation.machine import Machine
from tests.simulation.machine_invariants import judge_machine
from tests.simulation.network import STALE, Letter, Network
from tests.simulation.process import Killed, Process, settle
from tests.simulation.template import TERMS, Template


@dataclass
class Before:
    """The portal as it was at its commit before, by ids: what the next one is judged against."""

    seats: dict[str, sqlite3.Row] = field(default_factory=dict)
    leases: dict[str, sqlite3.Row] = field(default_factory=dict)
    delays: dict[str, str] = field(default_factory=dict)
    """Seats that were given back, and until when nobody may have them."""
    last_entry: int = 0
    """The last row of ``kiosk_entry`` that was judged."""


class World:
    """Everything of a run; ``faults`` holds the first thing that must not be."""

    def __init__(self, template: Template, folder: Path, chance: random.Random) -> None:
        self.template = template
        self.folder = folder
        self.chance = chance
        self.now = NOW
        self.trace: list[str] = []
        self.faults: list[str] = []
        self.ledger = Ledger()
        self.before = Before()
        self.network = Network(chance)
        self.files = template.supplied if chance.random() < 0.7 else template.fresh
        shutil.copyfile(self.files.portal, folder / "portal.db")
        self.portal = Process("portal", folder / "portal.db", chance, self._committed)
        self.backup = self.files.portal
        self.kept_in_backup = set[str]()
        """The hashes of the entries that the backup holds."""
        self.machines: list[Machine] = []
        for number, (path, kiosk) in enumerate(zip(self.files.kiosks, template.ids, strict=True), 1):
            shutil.copyfile(path, folder / f"kiosk{number}.db")
            self.add_machine(f"kiosk{number}", kiosk)

    def add_machine(self, name: str, kiosk: UUID) -> Machine:
        path = self.folder / f"{name}.db"
        machine = Machine(name, path, kiosk, self.chance, self.network, lambda: self.now, self._committed)
        machine.tick = timedelta(microseconds=len(self.machines))
        self.machines.append(machine)
        return machine

    @property
    def processes(self) -> list[Process]:
        return [self.portal, *(machine.process for machine in self.machines)]

    async def open(self) -> None:
        for process in self.processes:
            await process.open()
        self.judge()

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
        name = letter.machine.process.name
        if not letter.is_answer:
            self.start(self.portal, f"answers {name}", self._answer(letter))
        elif letter.machine.wake(letter.body):
            self.note(f"{name}: hears an answer")
        elif letter.body != STALE:
            self.start(letter.machine.process, "hears an answer late", letter.machine.hear_late(letter.body))

    async def _answer(self, letter: Letter) -> None:
        request = msgspec.json.decode(letter.body, type=Request)
        try:
            body = await answer_request(letter.kiosk, request, self.now, TERMS)
        except StaleRequest:
            body = STALE
        self.network.send(Letter(letter.machine, letter.kiosk, body, is_answer=True, life=letter.life))

    def wait(self, _: float) -> asyncio.Timeout:
        """Instead of a time out of a program: no clock but the simulated one ends it."""
        timeout = asyncio.timeout(None)
        for machine in self.machines:
            if machine.process.node is active_node():
                machine.patience.append(timeout)
        return timeout

    def pass_time(self, span: timedelta) -> None:
        self.now = (self.now + span).replace(microsecond=0)

    def _committed(self, process: Process) -> None:
        if process is self.portal:
            self.judge()
            return
        for machine in self.machines:
            if machine.process is process:
                for fault in machine.note_entries(self.ledger):
                    self.blame(f"{process.name}: {fault}")
                judge_machine(self, machine)

    def judge(self) -> None:
        """Judge the portal as it is, against what it was at its last commit."""
        judge_entries(self)
        judge_portal(self)

    async def back_up(self) -> None:
        """Keep the portal's file as it is now, as the command does; then kiosks may forget what it holds."""
        applied = await read_applied()
        self.backup = self.folder / "backup.db"
        self.portal.copy_file(self.backup)
        self.kept_in_backup = {row["hash"] for row in self.portal.look("SELECT hash FROM kiosk_entry")}
        self.note("portal: backup")
        await note_kept(applied)

    def begin_anew(self) -> None:
        """The portal's file is another one: it is judged as it is, and only what comes is judged against it."""
        [row] = self.portal.look("SELECT coalesce(max(rowid), 0) AS last FROM kiosk_entry")
        self.before = Before(last_entry=row["last"])
        self.judge()

    def lose_what_nobody_keeps(self) -> None:
        """A disaster is over: what stands in no file and not at the portal will not come any more."""
        kept = {row["hash"] for row in self.portal.look("SELECT hash FROM kiosk_entry")}
        for machine in self.machines:
            kept |= machine.entries_on_file()
        self.ledger.lose(kept)

    def at(self, text: str) -> datetime:
        return datetime.fromisoformat(text)
