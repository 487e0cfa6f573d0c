"""A machine at a desk: a kiosk's program on its own file, with a clock of its own, at the end of the network."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import msgspec

from kiosk.sync import PortalAway, PortalRefused, Sync, take_answer
from portal.domain.exchange import Answer, Entry, Move, PairAnswer, Request, Sale
from tests.simulation.ledger import Ledger, Paper
from tests.simulation.network import STALE, Letter, Network
from tests.simulation.process import Killed, Process


class Machine:
    """What runs at a desk. ``life`` counts how often it was set back; ``joins``: what makes it another kiosk."""

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
        self.life = 0
        self.joins: PairAnswer | None = None
        self.process = Process(name, path, chance, on_commit)
        self.patience: list[asyncio.Timeout] = []
        self.tick = timedelta(0)
        self._network = network
        self._now = now
        self._asked_at = now()
        self._waiting: asyncio.Future[bytes] | None = None
        self.on_file = set[str]()  # the entries that its file told of, at its last commit
        self._seen = 0
        self._chain = ""
        self.sync = Sync(self, self.clock)

    def clock(self) -> datetime:
        """What this machine takes for the time; no two have the very same."""
        return self._now() + self.skew + self.tick

    @property
    def waits(self) -> bool:
        return self._waiting is not None

    @property
    def standing(self) -> str:
        """How its file says that it stands."""
        [state] = self.process.look("SELECT standing FROM kiosk_state")
        return str(state["standing"])

    async def send(self, request: Request) -> Answer:
        """The kiosk's line to the portal: what comes back may be the answer to something else."""
        self._waiting = asyncio.get_running_loop().create_future()
        self._asked_at = request.sent_at
        body = msgspec.json.encode(request)
        self._network.send(Letter(self, self.kiosk, body, is_answer=False, life=self.life))
        body = await self._waiting
        if body == STALE:
            raise PortalRefused(stale=True)
        return msgspec.json.decode(body, type=Answer)

    def wake(self, body: bytes) -> bool:
        """An answer arrives; False when nobody waits for one any more."""
        return self._wake(body)

    async def hear_late(self, body: bytes) -> None:
        """It is taken all the same, or not."""
        await take_answer(msgspec.json.decode(body, type=Answer), self._asked_at, self.clock())

    def lose_patience(self) -> None:
        """No answer in time."""
        self._wake(PortalAway())

    def stop_waiting(self) -> None:
        """Whoever stands at the desk waits no longer for a claim, whatever the program is doing about it."""
        for timeout in self.patience:
            with suppress(RuntimeError):  # it is over
                timeout.reschedule(0)
        self.patience.clear()

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

    def note_entries(self, ledger: Ledger) -> list[str]:
        """Write down what the last transaction put into the log; returns what is wrong with it."""
        [state] = self.process.look("SELECT kiosk, logged FROM kiosk_state")
        if UUID(state["kiosk"]) != self.kiosk:
            self.kiosk, self.joins = UUID(state["kiosk"]), None
            self.forget_log()
        faults = []
        for row in self.process.look("SELECT number, hash, text FROM log_entry WHERE number > ?", self._seen):
            ledger.written[str(self.kiosk)][row["hash"]] = (row["number"], self._chain)
            self._seen, self._chain = row["number"], row["hash"]
            if row["text"] and (sale := sale_of(row["text"])) is not None:
                faults.append(ledger.write(paper_of(self.kiosk, row["hash"], sale)))
        return [fault for fault in faults if fault]

    def forget_log(self) -> None:
        """The log begins anew, or was taken back."""
        self._seen, self._chain = 0, ""

    def set_back(self) -> None:
        """Its file is another one now: another life, of which nothing is known yet."""
        self.life += 1
        self.forget_log()
        self.on_file = self.entries_on_file()

    def entries_on_file(self) -> set[str]:
        """The hashes of all that its file tells of, as the kiosk that it is and as those that it was."""
        rows = self.process.look("SELECT hash FROM log_entry UNION SELECT hash FROM former_entry")
        return {row["hash"] for row in rows}


def paper_of(kiosk: UUID, entry: str, sale: Sale) -> Paper:
    """The slip that a sale ordered."""
    ends_at = sale.ends_at or sale.starts_at
    return Paper(
        *(kiosk, entry, sale.lease, sale.seat, sale.appointment, sale.code, sale.consultant, sale.starts_at, ends_at)
    )


def sale_of(text: str | bytes) -> Sale | None:
    """The sale that an entry tells of, if it does."""
    deed = msgspec.json.decode(text, type=Entry).deed
    sale = deed.sale if isinstance(deed, Move) else deed
    return sale if isinstance(sale, Sale) else None
