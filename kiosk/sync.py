"""Exchanges with the portal: numbered in the file before they are sent, one in flight (ARCHITECTURE, rules 3, 10, 11).

Losing, doubling, delaying or reordering messages changes nothing: the portal answers only the latest request, and here
only the answer to the latest request is taken, once, in one transaction.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

import structlog

from kiosk.citas import take_state
from kiosk.clock import MachineClock, correct, corrected, learn_offset
from kiosk.joining import forget_handed_in, read_former
from kiosk.leases import declare_leases, release_past, take_leases
from kiosk.log import chain_at, read_entries
from kiosk.looks import forget_looks, read_looks
from kiosk.purge import purge
from kiosk.reference import take_reference
from kiosk.state import NotPaired, count_on_hand
from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.exchange import PROTOCOL, Answer, Claim, Request, Standing
from portal.domain.kiosk_questions import RefusalCode
from portal.domain.spanish_dates import local_day

SOON: Final = timedelta(seconds=5)
"""Between exchanges while there is something to say, also while the portal is away."""

AT_REST: Final = timedelta(seconds=30)
"""Between exchanges else."""

_PATIENCE_SECONDS: Final = 2.0
"""A portal that lets an exchange wait for longer is not told to be there."""

_BETWEEN_PURGES: Final = timedelta(hours=1)

_NUMBERS_PASSED: Final = 1_000
"""By the first refusal as stale; ten times as many by each that follows it: an old copy soon asks under a new one."""

_ASKS_AT_ONCE: Final = 4
"""After so many refusals as stale in a row no further exchange is due at once."""

log = structlog.get_logger("citas.kiosk")


class PortalAway(Exception):
    """The portal did not answer, or not with an answer. Whether it got the request is not known."""


class PortalRefused(Exception):
    """The portal does not answer this kiosk: it has answered a later request (``stale``), or knows no such token."""

    def __init__(self, *, stale: bool) -> None:
        super().__init__("the portal refuses")
        self.stale = stale


class Portal(Protocol):
    """Whatever carries a request to the portal and its answer back."""

    async def send(self, request: Request) -> Answer:
        """Send it once. Raises PortalAway, PortalRefused."""


@transactional
async def prepare_request(machine_time: datetime, claim: Claim | None = None) -> Request:
    """Count a request in the file, and write it. Leases that are over are given back first. Raises NotPaired."""
    [state] = await fetch('UPDATE "kiosk_state" SET "number" = "number" + 1 WHERE "id" = 1 RETURNING *')
    if state["kiosk"] is None:
        raise NotPaired
    now = corrected(machine_time, state["offset_seconds"], state["portal_time"])
    if state["standing"] == Standing.GOOD and await release_past(now):
        [state] = await fetch('SELECT * FROM "kiosk_state" WHERE "id" = 1')
    return Request(
        protocol=PROTOCOL,
        number=state["number"],
        answered=state["answered"],
        epoch=state["epoch"],
        sent_at=machine_time,
        applied=state["applied"],
        chain=state["applied_chain"],
        logged=state["logged"],
        entries=await read_entries(state["applied"]),
        # A new day has another window of citas, which comes whole.
        version=state["version"] if state["state_day"] == local_day(now) else 0,
        reference=state["reference_digest"],
        on_hand=await count_on_hand(now),
        claim=claim,
        leases=await declare_leases(state["applied"]) if state["declare"] else None,
        mark=state["answer_mark"],
        looks=await read_looks(),
        standing=Standing(state["standing"]),
        former=await read_former(),
    )


@transactional
async def take_answer(answer: Answer, sent_at: datetime, received_at: datetime) -> bool:
    """Take the answer to the latest request; False for any other, and for one that was taken before.

    ``sent_at`` and ``received_at`` are machine time.
    """
    if answer.asked_at not in (None, sent_at):
        # A copy of this machine has asked under the same number: what it is told leaves out what it knows.
        await pass_numbers()
        return False
    rows = await fetch(
        'UPDATE "kiosk_state" SET "answered" = {}, "portal_time" = {}, "offset_seconds" = {}, "answered_at" = {}, '
        '"away_since" = NULL, "message" = {}, "answer_mark" = {} '
        'WHERE "id" = 1 AND "number" = {} AND "answered" < {} RETURNING *',
        *(answer.number, answer.portal_time, learn_offset(sent_at, received_at, answer.portal_time)),
        *(answer.portal_time, answer.message, answer.mark, answer.number, answer.number),
    )
    if not rows:
        return False
    standing = _judge(answer, rows[0])
    await fetch('UPDATE "kiosk_state" SET "standing" = {} WHERE "id" = 1', standing.value)
    if standing.value != rows[0]["standing"]:
        log.warning("standing changed", standing=standing.value)
    if standing is not Standing.GOOD:
        return True  # the log stays as it is, to be handed in
    await fetch(
        'UPDATE "kiosk_state" SET "epoch" = {}, "declare" = {}, "applied" = {}, "applied_chain" = {}, "kept" = {} '
        'WHERE "id" = 1',
        *(answer.epoch, answer.declare, answer.applied, await chain_at(answer.applied)),
        min(answer.kept, answer.applied),
    )
    await forget_looks(answer.looked)
    await forget_handed_in(answer.handed_in)
    await _take_what_it_brings(answer, rows[0])
    return True


def _judge(answer: Answer, state: Row) -> Standing:
    """A portal that has applied more than this log holds has another's: this file was copied or rewound (rule 10).

    Once locked it stays so until it is paired anew: a portal that trusts it again was restored from an older copy.
    """
    if answer.standing is not Standing.REVOKED and state["standing"] != Standing.GOOD:
        return Standing(state["standing"])
    if answer.standing is Standing.GOOD and answer.applied > state["logged"]:
        return Standing.FORKED
    return answer.standing


async def _take_what_it_brings(answer: Answer, state: Row) -> None:
    if answer.reference is not None:
        await take_reference(answer.reference, answer.portal_time)
    elif not state["reference_digest"]:
        # The portal has told the sede to another machine that is this kiosk, under the same number: ask under others.
        await pass_numbers()
        return
    if not answer.declare:
        # A portal that has forgotten lists nothing: then no lease is dropped, and no claim answered.
        await fetch('DELETE FROM "asked_claim"')
        await take_leases(answer.leases, answer.applied, state["center"], answer.portal_time)
    told = answer.state
    if answer.epoch != state["epoch"]:
        # The versions of a portal that was restored count anew: what is told as of an old one may leave things out.
        await fetch('UPDATE "kiosk_state" SET "version" = 0, "state_day" = NULL WHERE "id" = 1')
        told = told if told is not None and told.whole else None
    if told is not None:
        await take_state(told, answer.applied, state["center"], answer.portal_time)


@transactional
async def note_away(now: datetime, message: str = "") -> None:
    """The portal did not answer: since when, the banner says; ``message`` is a code, when it said why."""
    await fetch('UPDATE "kiosk_state" SET "away_since" = {} WHERE "id" = 1 AND "away_since" IS NULL', now)
    await fetch('UPDATE "kiosk_state" SET "message" = {} WHERE "id" = 1', message)


async def pass_numbers(refusals: int = 0) -> None:
    """The portal has answered a later request than this file remembers: go on with numbers that it cannot have seen.

    ``refusals`` came before this one without an answer between them.
    """
    passed = _NUMBERS_PASSED * 10 ** min(refusals, _ASKS_AT_ONCE - 1)
    await fetch('UPDATE "kiosk_state" SET "number" = "number" + {} WHERE "id" = 1', passed)


async def has_something_to_say() -> bool:
    """Whether the portal lacks entries of the log, has asked for the leases, or has never answered."""
    [state] = await fetch(
        'SELECT "logged", "applied", "declare", "standing", "answered" FROM "kiosk_state" WHERE "id" = 1'
    )
    waiting = state["logged"] > state["applied"] or state["answered"] == 0 or bool(state["declare"])
    return state["standing"] == Standing.GOOD and waiting


class Sync:
    """The conversation with the portal: one exchange at a time, by the clock and whenever somebody asks."""

    def __init__(self, portal: Portal, machine: MachineClock) -> None:
        self._portal = portal
        self._machine = machine
        self._in_flight = asyncio.Lock()
        self._woken = asyncio.Event()
        self._purge_at = datetime.min.replace(tzinfo=UTC)
        self._asked_at: float | None = None
        self._refused = 0

    @property
    def is_kept_waiting(self) -> bool:
        """Whether an exchange is under way that the portal should have answered."""
        return self._asked_at is not None and asyncio.get_running_loop().time() - self._asked_at > _PATIENCE_SECONDS

    def wake(self) -> None:
        """Something happened that the portal should hear of now."""
        self._woken.set()

    async def now(self) -> datetime:
        """The corrected time."""
        return await correct(self._machine())

    async def exchange(self, claim: Claim | None = None) -> Answer | None:
        """One exchange: its answer, taken; None when there is none. Raises NotPaired."""
        async with self._in_flight:
            sent_at = self._machine()
            request = await prepare_request(sent_at, claim)
            self._asked_at = asyncio.get_running_loop().time()
            try:
                answer = await self._portal.send(request)
            except PortalAway:
                await note_away(await self.now())
                return None
            except PortalRefused as refusal:
                log.warning("portal refused", stale=refusal.stale)
                if refusal.stale:
                    await pass_numbers(self._refused)
                    self._ask_at_once()
                code = RefusalCode.STALE if refusal.stale else RefusalCode.UNKNOWN_TOKEN
                await note_away(await self.now(), code.value)
                return None
            finally:
                self._asked_at = None
            if await take_answer(answer, sent_at, self._machine()):
                self._refused = 0
                return answer
            self._ask_at_once()
            return None

    def _ask_at_once(self) -> None:
        """What was asked was another machine's number: this may be an old copy, which sells until it is told so. Not
        for ever: two machines that are the same kiosk would keep the portal busy.
        """
        self._refused += 1
        if self._refused <= _ASKS_AT_ONCE:
            self.wake()

    async def run(self) -> None:
        """Exchange until cancelled. Nothing that goes wrong once ends it."""
        while True:
            await self._rest(await self._one_round())
            self._woken.clear()

    async def _one_round(self) -> timedelta:
        """One exchange; how long to rest after it."""
        try:
            before = await _applied_so_far()
            answer = await self.exchange()
            if answer is not None:
                await self._purge_sometimes()
            if answer is not None and answer.applied > before and await has_something_to_say():
                return timedelta(0)  # a long log goes in pieces, one right after the other
            return SOON if await has_something_to_say() else AT_REST
        except NotPaired:
            return AT_REST
        except Exception as error:  # noqa: BLE001  # whatever it is, the next exchange may do without it
            log.error("exchange failed", error=type(error).__name__)  # noqa: TRY400  # texts may name people
            return SOON

    async def _purge_sometimes(self) -> None:
        now = await self.now()
        if now >= self._purge_at:
            self._purge_at = now + _BETWEEN_PURGES
            await purge()

    async def _rest(self, pause: timedelta) -> None:
        # Up to a fifth less, so that the kiosks of a sede do not all come at once after a cut.
        seconds = pause.total_seconds() * random.uniform(0.8, 1)  # noqa: S311  # spreads, keeps no secret
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._woken.wait()


async def _applied_so_far() -> int:
    [state] = await fetch('SELECT "applied" FROM "kiosk_state" WHERE "id" = 1')
    return int(state["applied"])
