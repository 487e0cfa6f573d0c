"""One exchange with a kiosk: its log in, the answer out (ARCHITECTURE, rules 2, 3, 8, 10, 12).

The log is applied first, entry by entry. Then one transaction moves the kiosk to this exchange's number, lends, answers
a claim, tells what changed, and keeps the answer's bytes for whoever repeats the request.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

import msgspec
import structlog

from portal.database.engine import Row
from portal.database.node import fetch, transactional
from portal.domain.epochs import begin_epoch, current_epoch, hold_back, is_paused, resume_if_complete
from portal.domain.errors import DomainError
from portal.domain.exchange import PROTOCOL, Answer, ClaimOutcome, Notice, Request, Standing
from portal.domain.kiosk_audit import take_looks
from portal.domain.kiosk_import import which_are_kept
from portal.domain.kiosk_log import Forked, Sender, apply_entries
from portal.domain.kiosk_state import read_reference, read_state
from portal.domain.kiosks import revoke_again
from portal.domain.lease_supply import lock_supply, renew_supply
from portal.domain.leases import claim_seat, leases_of, take_away_all, take_declared
from portal.domain.rules import BookingRules

log = structlog.get_logger("citas.kiosk")


class StaleRequest(DomainError):
    """A later request of this kiosk was answered already."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What an exchange goes by: the rules of booking, and the address that slips and mails name."""

    rules: BookingRules
    public_url: str
    privacy_version: str


async def answer_request(kiosk: UUID, request: Request, now: datetime, terms: Terms) -> bytes:
    """The answer to a kiosk that was identified by its token; the latest request again is answered as before.

    Raises StaleRequest for an older one.
    """
    known = await _read(kiosk)
    if request.standing is Standing.REVOKED and known["standing"] != Standing.REVOKED:
        log.warning("kiosk was revoked before a restore", kiosk=str(kiosk))
        await revoke_again(kiosk, now)
        known = await _read(kiosk)
    if known["standing"] != Standing.GOOD:
        return _refuse(known, request, now)
    if await _is_old_copy(known, request):
        log.warning("old copy of a kiosk", kiosk=str(kiosk))
        await fetch('UPDATE "kiosk" SET "copy_seen_at" = {} WHERE "id" = {}', now, kiosk)
        return _refuse({**known, "standing": Standing.FORKED.value}, request, now)
    if request.standing is Standing.FORKED:
        return await _refuse_fork(kiosk, request, now)
    if not await _hear(kiosk, request.number):
        raise StaleRequest
    epoch = await current_epoch()
    if _knows_more_than_we(known, request, epoch):
        epoch = await begin_epoch(now, "a kiosk has seen more than this portal remembers", request.epoch)
    sender = Sender(kiosk, known["center"], forgotten=known["epoch"] < epoch)
    try:
        await _compare(known, request)
        await apply_entries(sender, request.entries, now, terms.rules)
    except Forked:
        if (await _read(kiosk))["heard"] > request.number:
            raise StaleRequest from None  # it was overtaken while we looked at it: its log is short, not another one
        return await _refuse_fork(kiosk, request, now)
    if known["epoch"] < epoch and request.epoch == epoch and request.leases is not None:
        await _declare(kiosk, request, epoch, now)
    return await _answer(kiosk, request, now, terms, epoch)


async def _hear(kiosk: UUID, number: int) -> bool:
    """Take a request's number down before it is compared: one that comes late tells of a log that was shorter then."""
    return bool(
        await fetch(
            'UPDATE "kiosk" SET "heard" = {} WHERE "id" = {} AND "heard" <= {} RETURNING "id"', *(number, kiosk, number)
        )
    )


async def _read(kiosk: UUID) -> Row:
    [known] = await fetch('SELECT * FROM "kiosk" WHERE "id" = {}', kiosk)
    return known


def _knows_more_than_we(known: Row, request: Request, epoch: int) -> bool:
    """It was told of an epoch, of answers or entries that we have no memory of: we were restored from a copy, and
    nobody has said so. Of a restore that is known it is expected to know more until it has heard of the new epoch.
    """
    if request.epoch > epoch:
        return True
    if epoch not in (known["epoch"], request.epoch):
        return False
    return bool(
        request.answered > known["exchange"] or request.applied > known["applied"] or _took_another(known, request)
    )


class _Marked(msgspec.Struct):
    mark: str = ""


def _took_another(known: Row, request: Request) -> bool:
    """The answer that it took is not the one that we gave under that number. A late copy of a request may have been
    answered anew after a restore, so that the numbers agree again, and the leases do not.
    """
    if request.answered != known["exchange"] or not request.mark or known["answer"] is None:
        return False
    given = msgspec.json.decode(known["answer"], type=_Marked).mark
    return given not in ("", request.mark)


async def _is_old_copy(known: Row, request: Request) -> bool:
    """Whether it is a machine with an earlier state of the kiosk's file, which has written nothing of its own since:
    its whole log is the beginning of what was applied. It has sold nothing under anybody's leases, so it locks alone.

    The latest request of the machine that goes on is never shorter; an earlier one that comes late is.
    """
    if request.logged > known["applied"]:
        return False
    if request.standing is Standing.GOOD and (request.number < known["heard"] or request.logged == known["applied"]):
        return False
    end = request.entries[-1] if request.entries else None
    if (end.number if end else request.applied) != request.logged:
        return False  # it did not tell all of its log
    if request.logged == 0:
        return True
    rows = await fetch(
        'SELECT "hash" FROM "kiosk_entry" WHERE "kiosk" = {} AND "number" = {}', *(known["id"], request.logged)
    )
    return bool(rows) and rows[0]["hash"] == (end.hash if end else request.chain)


async def _compare(known: Row, request: Request) -> None:
    """Whether its log goes on from ours. Raises Forked: it is shorter, or was another one at the place we share."""
    if request.logged < known["applied"]:
        raise Forked
    if 0 < request.applied <= known["applied"]:
        rows = await fetch(
            'SELECT "hash" FROM "kiosk_entry" WHERE "kiosk" = {} AND "number" = {}', *(known["id"], request.applied)
        )
        if rows and rows[0]["hash"] != request.chain:
            raise Forked


async def _refuse_fork(kiosk: UUID, request: Request, now: datetime) -> bytes:
    log.warning("kiosk forked", kiosk=str(kiosk))
    await _lock(kiosk, now)
    return _refuse(await _read(kiosk), request, now)


@transactional
async def _lock(kiosk: UUID, now: datetime) -> None:
    """Two machines may be this kiosk: neither is trusted, and what it held is on offer again (rule 10)."""
    locked = await fetch(
        'UPDATE "kiosk" SET "standing" = \'forked\' WHERE "id" = {} AND "standing" = \'good\' RETURNING "center"', kiosk
    )
    if locked:
        await take_away_all(kiosk, locked[0]["center"], now)


@transactional
async def _declare(kiosk: UUID, request: Request, epoch: int, now: datetime) -> None:
    """Believe its leases, but only once its whole log is in, which may take several exchanges."""
    rows = await fetch(
        'UPDATE "kiosk" SET "epoch" = {} WHERE "id" = {} AND "epoch" < {} AND "applied" = {} RETURNING "center"',
        *(epoch, kiosk, epoch, request.logged),
    )
    if rows:
        await take_declared(kiosk, request.leases or (), now)
        await resume_if_complete(rows[0]["center"])


@transactional
async def _answer(kiosk: UUID, request: Request, now: datetime, terms: Terms, epoch: int) -> bytes:
    moved = await fetch(
        'UPDATE "kiosk" SET "exchange" = {}, "seen_at" = {}, "protocol" = {}, "on_hand" = {}, "waiting" = {}, '
        '"offset_seconds" = {} WHERE "id" = {} AND "exchange" < {} AND "standing" = \'good\' RETURNING "center"',
        *(request.number, now, min(request.protocol, 32_000), request.on_hand),
        *(max(request.logged - request.applied - len(request.entries), 0), _whole_seconds(request.sent_at, now)),
        *(kiosk, request.number),
    )
    known = await _read(kiosk)
    if not moved:
        if known["exchange"] == request.number and known["answer"] is not None:
            return bytes(known["answer"])
        raise StaleRequest
    declared = known["epoch"] == epoch
    speaks_ours = request.protocol == PROTOCOL
    claimed: ClaimOutcome | None = None
    if paused := await is_paused(known["center"]):
        await hold_back(known["center"], now)
    if declared and speaks_ours:
        claimed = await _lend(kiosk, known["center"], request, now, terms, paused=paused)
    reference = await read_reference(known["center"], terms.public_url, terms.privacy_version, terms.rules, now)
    answer = msgspec.json.encode(
        Answer(
            number=request.number,
            epoch=epoch,
            standing=Standing.GOOD,
            portal_time=now,
            applied=known["applied"],
            kept=known["kept"],
            declare=not declared,
            leases=await leases_of(kiosk, now) if declared else (),
            claim=claimed,
            reference=reference if speaks_ours and reference.digest != request.reference else None,
            # Versions of another epoch count something else.
            state=await read_state(kiosk, known["center"], request.version if request.epoch == epoch else 0, now)
            if speaks_ours
            else None,
            message=_message(speaks_ours=speaks_ours, paused=paused),
            mark=uuid4().hex,
            looked=await take_looks(kiosk, request.looks, now),
            asked_at=request.sent_at,
            handed_in=await which_are_kept(request.former),
        )
    )
    await fetch('UPDATE "kiosk" SET "answer" = {} WHERE "id" = {}', answer, kiosk)
    return answer


async def _lend(
    kiosk: UUID, center: UUID, request: Request, now: datetime, terms: Terms, *, paused: bool
) -> ClaimOutcome | None:
    """Renew what a kiosk holds, and answer its claim.

    While the sede is paused any free seat may be one that a kiosk holds which was not heard yet, lent or claimed after
    the copy was made: nothing is lent, and nothing recalled that could not be lent again. Each goes on selling what it
    has declared, and a claim that was granted before stays so.
    """
    claimed: ClaimOutcome | None = None
    if request.claim is not None:
        await lock_supply(center)
        claimed = await claim_seat(kiosk, center, request.claim, now, terms.rules)
    if not paused:
        await renew_supply(kiosk, center, now, terms.rules)
    elif claimed is ClaimOutcome.TAKEN:
        claimed = ClaimOutcome.NOT_OFFERED  # nobody was faster
    return claimed


def _message(*, speaks_ours: bool, paused: bool) -> str:
    if not speaks_ours:
        return Notice.ANOTHER_PROTOCOL
    return Notice.WAITING_FOR_KIOSKS if paused else ""


def _refuse(known: Row, request: Request, now: datetime) -> bytes:
    """To a kiosk that is not trusted: it locks itself, and keeps what was not sent to be handed in."""
    return msgspec.json.encode(
        Answer(
            number=request.number,
            epoch=request.epoch,
            standing=Standing(known["standing"]),
            portal_time=now,
            applied=known["applied"],
            kept=known["kept"],
        )
    )


def _whole_seconds(sent_at: datetime, now: datetime) -> int:
    return max(-(2**31), min(2**31 - 1, round((sent_at - now).total_seconds())))
