"""When all is well again: the network is good, clocks are right, logs of locked kiosks are handed in."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from kiosk.joining import read_unsent
from portal.domain.epochs import resume
from portal.domain.exchange import Export
from portal.domain.kiosk_import import import_export
from portal.domain.spanish_dates import LIMA, local_day, midnight_before
from tests.simulation.desk_steps import exchange
from tests.simulation.machine import Machine
from tests.simulation.process import settle
from tests.simulation.template import RULES, sign_export
from tests.simulation.world import World

EXCHANGES = 3
"""After healing, as many suffice for both sides to agree."""


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
    await _exchange_all(world)  # who is not trusted hears so
    for machine in world.machines:
        if _standing(machine) != "good":
            await _hand_in(world, machine)
    for _ in range(EXCHANGES):
        await _exchange_all(world)
    if world.faults:
        return
    for machine in world.machines:
        # Two machines that are one kiosk, and have sold nothing since, are told in turn.
        if _standing(machine) == "good" and machine.process.name not in world.twins:
            _agree(world, machine)
    _judge_papers(world)
    _judge_events(world)


def _standing(machine: Machine) -> str:
    [row] = machine.process.look("SELECT standing FROM kiosk_state")
    return str(row["standing"])


async def _exchange_all(world: World) -> None:
    """Each machine has one exchange that is answered."""
    for machine in world.machines:
        for _ in range(3):
            world.start(machine.process, "exchange", exchange(world, machine))
            await settle()
            while world.network.letters:
                world.deliver()
                await settle()
            if not machine.process.look("SELECT 1 FROM kiosk_state WHERE away_since IS NOT NULL"):
                break


async def _hand_in(world: World, machine: Machine) -> None:
    """What a locked kiosk has not sent comes in by a file, and a responsable has the sede sell again."""
    exports: list[Export] = []

    async def export() -> None:
        for kiosk, entries in (await read_unsent()).items():
            exports.append(sign_export(UUID(kiosk), entries))

    async def take() -> None:
        for each in exports:
            await import_export(each, world.now, RULES)
            await import_export(each, world.now, RULES)  # again does nothing
        await resume(world.template.center)

    world.start(machine.process, "export", export())
    await settle()
    world.start(world.portal, f"import of {machine.process.name}", take())
    await settle()


def _agree(world: World, machine: Machine) -> None:
    """Log, leases and citas are the same on both sides."""
    name, kiosk = machine.process.name, str(machine.kiosk)
    [here] = machine.process.look("SELECT logged, applied, chain, declare FROM kiosk_state")
    [there] = world.portal.look("SELECT applied, chain FROM kiosk WHERE id = ?", kiosk)
    if not (here["logged"] == here["applied"] == there["applied"] and here["chain"] == there["chain"]):
        world.blame(f"{name} and the portal do not have the same log: {tuple(here)} {tuple(there)}")
    held = {(row["id"], row["seat"]) for row in machine.process.look("SELECT * FROM known_lease WHERE state = 'held'")}
    lent = world.portal.look("SELECT * FROM lease WHERE kiosk = ? AND state = 'granted'", kiosk)
    if held != {(row["id"], row["seat"]) for row in lent}:
        world.blame(f"{name} holds {len(held)} leases, the portal has lent it {len(lent)}")
    _agree_on_citas(world, machine)


def _agree_on_citas(world: World, machine: Machine) -> None:
    """Those of today and the next day with hours; of later ones the kiosk hears in time."""
    today = local_day(world.now)
    [ahead] = world.portal.look("SELECT min(day) AS day FROM seat WHERE is_open AND day > ?", str(today))
    first, last = midnight_before(world.now), date.fromisoformat(ahead["day"] or str(today)) + timedelta(days=1)
    query = "SELECT id, state, displaced, duplicate FROM appointment WHERE starts_at >= ? AND starts_at < ?"
    window = (str(first), str(datetime.combine(last, time(), tzinfo=LIMA).astimezone(UTC)))
    here = {row["id"]: tuple(row) for row in machine.process.look(query, *window)}
    there = {row["id"]: tuple(row) for row in world.portal.look(query, *window)}
    forgotten = here.keys() - {row["id"] for row in world.portal.look("SELECT id FROM appointment")}
    for cita in {*here, *there} - (forgotten if world.restored else set()):
        if here.get(cita) != there.get(cita):
            world.blame(f"{machine.process.name} thinks {here.get(cita)}, the portal {there.get(cita)}")


def _judge_papers(world: World) -> None:
    """What was printed is at the portal, once; a log that was lost with its file is lost."""
    citas = {row["id"] for row in world.portal.look("SELECT id FROM appointment")}
    for machine in world.machines:
        logs = machine.process.look("SELECT hash FROM log_entry UNION SELECT hash FROM former_entry")
        kept = {row["hash"] for row in logs}
        for paper in machine.papers.values():
            if paper.entry in kept and str(paper.appointment) not in citas:
                world.blame(f"the printed cita {paper.code} of {machine.process.name} is not at the portal")


def _judge_events(world: World) -> None:
    """An entry has one set of events: a cita is made once and ends once."""
    made, ended = Counter[str](), Counter[str]()
    for row in world.portal.look("SELECT appointment, kind FROM appointment_event"):
        made[row["appointment"]] += row["kind"] in ("reserved", "moved_from")
        ended[row["appointment"]] += row["kind"] in ("cancelled", "moved_to")
    for row in world.portal.look("SELECT id, code, state FROM appointment"):
        if made[row["id"]] != 1 or ended[row["id"]] != (row["state"] in ("cancelled", "rescheduled")):
            world.blame(f"the cita {row['code']} has another history than its state")
