"""A machine at a desk: a kiosk's program on its own file, with a clock of its own, at the end of the network."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from kiosk.sync import PortalAway, PortalRefused, Sync, take_answer
from portal.database.errors import DatabaseError
from portal.domain.exchange import Answer, Entry, Move, Request, Sale
from tests.simulation.network import STALE, Letter, Network
from tests.simulation.process import Killed, Process


@dataclass(frozen=True)
class Paper:
    """A slip that was ordered: its transaction is on disk, so nothing may undo it."""

    kiosk: UUID
    entry: str
    """The hash of the log's entry."""
    lease: UUID
    seat: UUID
    appointment: UUID
    code: str


class Machine:
    """What runs at a desk. ``papers`` are the slips that its file tells of."""

    def __init__(
        self,
        name: str,
        path: Path,
        kiosk: UUID,
        chance: random.Random,
        network: Network,
        now: Callable[[], datetime],
        on_commit: Callable[[Process], None],
    ) -> None:
        self.kiosk = kiosk
        self.skew = timedelta(0)
        self.answered = 0
        self.papers: dict[str, Paper] = {}
        self.lost: dict[str, Paper] = {}  # what no file tells of any more
        self.process = Process(name, path, chance, on_commit)
        self._network = network
        self._now = now
        self._waiting: asyncio.Future[bytes] | None = None
        self._entries_seen = 0
        self.sync = Sync(self, self.clock)

    def clock(self) -> datetime:
        """What this machine takes for the time."""
        return self._now() + self.skew

    @property
    def waits(self) -> bool:
        return self._waiting is not None

    async def send(self, request: Request) -> Answer:
        """The kiosk's line to the portal: what comes back may be the answer to something else."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._network.send(Letter(self, self.kiosk, msgspec.json.encode(request), is_answer=False))
        body = await self._waiting
        if body == STALE:
            raise PortalRefused(stale=True)
        return msgspec.json.decode(body, type=Answer)

    def hear(self, body: bytes) -> None:
        """An answer arrives; if nobody waits for one any more, it is taken all the same, or not."""
        if not self._wake(body) and body != STALE:
            self.process.start_task(self._hear_late(body))

    async def _hear_late(self, body: bytes) -> None:
        moment = self.clock()
        try:
            await take_answer(msgspec.json.decode(body, type=Answer), moment, moment)
        except (Killed, DatabaseError):
            return  # as the program's own round does, which asks again

    def lose_patience(self) -> None:
        """No answer in time."""
        self._wake(PortalAway())

    def _wake(self, outcome: bytes | BaseException) -> bool:
        waiting, self._waiting = self._waiting, None
        if waiting is None or waiting.done():
            return False
        if isinstance(outcome, bytes):
            waiting.set_result(outcome)
        else:
            waiting.set_exception(outcome)
        return True

    def kill(self) -> None:
        """The process dies between two statements, with what it waited for."""
        self.process.dead = True
        self._wake(Killed())

    async def restart(self) -> None:
        """Open the file again, as it is."""
        await self.process.close()
        await self.process.open()
        self.sync = Sync(self, self.clock)

    def note_papers(self) -> None:
        """Remember the slips that the last transaction ordered."""
        rows = self.process.look("SELECT number, hash, text FROM log_entry WHERE number > ?", self._entries_seen)
        for row in rows:
            self._entries_seen = row["number"]
            deed = msgspec.json.decode(row["text"], type=Entry).deed
            sale = deed.sale if isinstance(deed, Move) else deed
            if isinstance(sale, Sale):
                paper = Paper(self.kiosk, row["hash"], sale.lease, sale.seat, sale.appointment, sale.code)
                self.papers[paper.entry] = paper

    def forget_log(self) -> None:
        """The log begins anew, or was taken back."""
        rows = self.process.look("SELECT coalesce(max(number), 0) AS last FROM log_entry")
        self._entries_seen = rows[0]["last"]

    def forget_lost_papers(self) -> None:
        """What was sold after the image was made stands in no file any more."""
        kept = {row["hash"] for row in self.process.look("SELECT hash FROM log_entry")}
        self.lost |= {entry: paper for entry, paper in self.papers.items() if entry not in kept}
        self.papers = {entry: paper for entry, paper in self.papers.items() if entry in kept}
