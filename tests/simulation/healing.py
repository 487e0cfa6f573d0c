"""When all is well again: the network is good, clocks are right, locked machines repaired. Then both sides agree."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from uuid import UUID

import msgspec

from kiosk.joining import become
from kiosk.purge import KEPT_FOR
from portal.domain.exchange import Entry, Release
from portal.domain.kiosks import revoke
from portal.domain.leases import FORGOTTEN_AFTER
from portal.domain.spanish_dates import LIMA, local_day, midnight_before
from tests.simulation.desk_steps import exchange
from tests.simulation.machine import Machine
from tests.simulation.process import settle
from tests.simulation.repairs import hand_in, pair_anew
from tests.simulation.world import World

EXCHANGES = 3
"""After healing, as many suffice for both sides to agree."""

_TRIES = 20
"""Of an exchange: a machine that was set back finds a number that the portal has not heard yet."""

_SEATS_TO_SHARE = 40

_ROUNDS = 5
"""Of repair, at most: who is locked by what another machine has sent is repaired in the next."""


async def heal(world: World) -> None:
    """Heal, then judge what is left."""
    for process in world.processes:
        process.spare()
    await world.raise_the_dead()
    world.network.letters.clear()
    world.network.good = True
    for machine in world.machines:
        machine.lose_patience()
        machine.skew = timedelta(0)
    await settle()
    await world.raise_the_dead()
    await _mend(world)
    if world.faults:
        return
    for machine in world.machines:
        _agree(world, machine)
    if world.portal.look("SELECT 1 FROM center WHERE paused_at IS NOT NULL"):
        world.blame("the sede still waits for kiosks that have all declared themselves")
    _judge_papers(world)
    await _come_to_rest(world)
    if world.chance.random() < 0.3:
        await _grow_old(world)
    world.note(f"all in all {_digest(world)}")


async def _mend(world: World) -> None:
    """Repair what is locked; then some exchanges without anything in the way."""
    for _ in range(_ROUNDS):
        await _exchange_all(world)  # who is not trusted hears so
        repaired = [await _repair(world, machine) for machine in world.machines]
        if not (await _revoke_nobodys(world) or any(repaired) or _has_forks(world)):
            break
    for _ in range(EXCHANGES):
        await _exchange_all(world)


async def _exchange_all(world: World) -> None:
    """Each machine has one exchange that is answered."""
    for machine in world.machines:
        for _ in range(_TRIES):
            world.start(machine.process, "exchange", exchange(world, machine))
            await settle()
            while world.network.letters:
                world.deliver()
                await settle()
            if not machine.process.look("SELECT 1 FROM kiosk_state WHERE away_since IS NOT NULL"):
                break


async def _grow_old(world: World) -> None:
    """Days later the kiosks have forgotten all that is past and in a backup, and nobody misses it."""
    world.start(world.portal, "back up", world.back_up())
    await settle()
    await _exchange_all(world)
    world.pass_time(timedelta(days=3))
    await _mend(world)
    for machine in world.machines:
        if machine.process.look(
            "SELECT 1 FROM log_entry WHERE text <> '' AND made_at <= ? AND number <= (SELECT kept FROM kiosk_state)",
            str(world.now - KEPT_FOR),
        ):
            world.blame(f"{machine.process.name} has not forgotten what is past")
        ends = machine.process.look("SELECT hash, max(number) FROM former_entry GROUP BY kiosk")
        if any(row["hash"] in world.kept_in_backup for row in ends):
            world.blame(f"{machine.process.name} has not forgotten what was handed in")
        _agree(world, machine)
    _judge_papers(world)


async def _come_to_rest(world: World) -> None:
    """What is asked for and given back for fairness, seat by seat, comes to an end."""
    for _ in range(_SEATS_TO_SHARE):
        if not any(_given_back(world, machine) for machine in world.machines):
            return
        await _exchange_all(world)
    world.blame("the kiosks go on giving back what they are lent")


async def _repair(world: World, machine: Machine) -> bool:
    """What was not sent is handed in; a machine that is locked becomes another kiosk. Whether it was locked."""
    locked = machine.standing != "good"
    if locked or machine.process.look("SELECT 1 FROM former_entry"):
        world.start(machine.process, "export", hand_in(world, machine))
        await settle()
    if locked:
        if machine.joins is None:
            world.start(world.portal, f"pairs {machine.process.name}", pair_anew(world, machine))
            await settle()
        assert machine.joins is not None, world.trace[-5:]
        world.start(machine.process, "becomes another kiosk", become(machine.joins))
        await settle()
    return locked


async def _revoke_nobodys(world: World) -> bool:
    """Kiosks that no machine is any more, as far as a restored portal knows, are not waited for. Whether there are."""
    alive = {str(machine.kiosk) for machine in world.machines}
    good = {row["id"] for row in world.portal.look("SELECT id FROM kiosk WHERE standing = 'good' ORDER BY id")}
    for kiosk in sorted(good - alive):
        world.start(world.portal, "revokes a kiosk that is nobody", revoke(UUID(kiosk), world.now))
        await settle()
    return bool(good - alive)


def _has_forks(world: World) -> bool:
    """Whether of two machines that are one kiosk some have not heard yet what the other one has sent."""
    there = {row["id"]: (row["standing"], row["chain"]) for row in world.portal.look("SELECT * FROM kiosk")}
    return any(
        there[row["kiosk"]] != (row["standing"], row["chain"])
        for machine in world.machines
        for row in machine.process.look("SELECT kiosk, standing, chain FROM kiosk_state")
        if row["kiosk"] in world.ledger.copied
    )


def _agree(world: World, machine: Machine) -> None:
    """Log, leases and citas are the same on both sides.

    The kiosks share alike, so the last answer may have asked for some leases back: they are given back in the log.
    """
    name, kiosk = machine.process.name, str(machine.kiosk)
    [here] = machine.process.look("SELECT applied, applied_chain, declare, standing FROM kiosk_state")
    [there] = world.portal.look("SELECT applied, chain, standing FROM kiosk WHERE id = ?", kiosk)
    if (here["applied"], here["applied_chain"]) != (there["applied"], there["chain"]):
        world.blame(f"{name} and the portal do not have the same log: {tuple(here)} {tuple(there)}")
    if here["declare"] or here["standing"] != "good" or there["standing"] != "good":
        world.blame(f"{name} is not in good standing: {tuple(here)} {tuple(there)}")
    held = {(row["id"], row["seat"]) for row in machine.process.look("SELECT * FROM known_lease WHERE state = 'held'")}
    # One that is over for days is not listed any more; if its grant was never heard of, nobody gives it back.
    lent = world.portal.look(
        "SELECT lease.id, seat, recalled_at, is_open FROM lease JOIN seat ON seat.id = lease.seat "
        "WHERE lease.kiosk = ? AND state = 'granted' AND starts_at > ?",
        *(kiosk, str(world.now - FORGOTTEN_AFTER)),
    )
    asked = {row["id"] for row in lent if row["recalled_at"] is not None or not row["is_open"]}
    given_back = _given_back(world, machine)
    if not given_back <= asked or held != {(row["id"], row["seat"]) for row in lent if row["id"] not in given_back}:
        world.blame(f"{name} holds {len(held)} leases, the portal has lent it {len(lent)}")
    _agree_on_citas(world, machine)


def _given_back(world: World, machine: Machine) -> set[str]:
    """The leases that a machine has given back without having said so; it must have said everything else."""
    leases = set()
    for row in machine.process.look("SELECT text FROM log_entry WHERE number > (SELECT applied FROM kiosk_state)"):
        deed = msgspec.json.decode(row["text"], type=Entry).deed
        if isinstance(deed, Release):
            leases.add(str(deed.lease))
        else:
            world.blame(f"{machine.process.name} has not sent what it did")
    return leases


_DID_SOMETHING = (
    "SELECT 1 FROM (SELECT appointment, former FROM log_entry UNION SELECT appointment, former FROM former_entry) "
    "WHERE appointment = ? OR former = ?"
)


def _agree_on_citas(world: World, machine: Machine) -> None:
    """Those of today and the next day with hours; of later ones the kiosk hears in time.

    Of a cita that a restored portal has forgotten, the kiosk knows nothing but that it is over, and that it did
    something to it itself.
    """
    today = local_day(world.now)
    [ahead] = world.portal.look("SELECT min(day) AS day FROM seat WHERE is_open AND day > ?", str(today))
    first, last = midnight_before(world.now), date.fromisoformat(ahead["day"] or str(today)) + timedelta(days=1)
    query = "SELECT id, state, displaced, duplicate FROM appointment WHERE starts_at >= ? AND starts_at < ?"
    window = (str(first), str(datetime.combine(last, time(), tzinfo=LIMA).astimezone(UTC)))
    here = {row["id"]: tuple(row) for row in machine.process.look(query, *window)}
    there = {row["id"]: tuple(row) for row in world.portal.look(query, *window)}
    known = {row["id"] for row in world.portal.look("SELECT id FROM appointment")}
    forgotten = {
        cita
        for cita in here.keys() - known
        if machine.process.look(_DID_SOMETHING, cita, cita) and here[cita][1] not in ("reserved", "in_attention")
    }
    for cita in sorted({*here, *there} - forgotten):
        if here.get(cita) != there.get(cita):
            world.blame(f"{machine.process.name} thinks {here.get(cita)}, the portal {there.get(cita)}")


def _judge_papers(world: World) -> None:
    """What was printed is at the portal exactly once, but for what a disaster has left in no file."""
    entries = [row["hash"] for row in world.portal.look("SELECT hash FROM kiosk_entry")]
    citas = {row["id"]: row for row in world.portal.look("SELECT id, origin FROM appointment")}
    for entry, paper in sorted(world.ledger.papers.items()):
        if entry in world.ledger.lost and entry not in entries:
            continue
        if entries.count(entry) != 1 or str(paper.appointment) not in citas:
            world.blame(f"the printed cita {paper.code} is at the portal {entries.count(entry)} times")


def _digest(world: World) -> str:
    """One word for all that is at the portal and in the kiosks."""
    tables = ("seat", "appointment", "lease", "kiosk_entry", "appointment_event")
    rows = [[tuple(row) for row in world.portal.look(f"SELECT * FROM {table} ORDER BY id")] for table in tables]
    for machine in world.machines:
        rows += [[tuple(row) for row in machine.process.look("SELECT * FROM log_entry ORDER BY number")]]
        rows += [[tuple(row) for row in machine.process.look("SELECT * FROM appointment ORDER BY id")]]
    return sha256(repr(rows).encode()).hexdigest()[:16]
