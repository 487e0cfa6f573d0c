"""What happens at the portal of a run: citizens book, cancel and move; staff attend, close days, recall, revoke."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID, uuid4

from portal.database.node import fetch
from portal.domain import changing
from portal.domain.attention import finish
from portal.domain.attention import start as begin
from portal.domain.attention_abandonment import abandon, take_back
from portal.domain.attention_invitation import invite
from portal.domain.attention_not_held import record_not_held
from portal.domain.audit import Actor
from portal.domain.booking import Request, book
from portal.domain.closures import close_days
from portal.domain.displaced import seat_again
from portal.domain.epochs import waive
from portal.domain.errors import SeatTaken
from portal.domain.holds import hold_seat
from portal.domain.kiosks import revoke
from portal.domain.lease_policies import list_policies, set_policy
from portal.domain.leases import recall
from portal.domain.modality import Modality
from portal.domain.schedule import open_seats
from portal.domain.slots import SlotKey
from portal.domain.spanish_dates import midnight_before
from portal.domain.vocabulary import AbandonMotive, NotHeldReason
from tests.people import CONSENT, citizen_number
from tests.simulation.desk_steps import PEOPLE, soon
from tests.simulation.template import RULES
from tests.simulation.world import World

OFFICE = Actor(None, "simulation")


def _free_time(world: World) -> SlotKey:
    rows = world.portal.look(
        "SELECT starts_at FROM seat WHERE is_open AND kiosk IS NULL AND appointment IS NULL AND starts_at > ? "
        "ORDER BY starts_at, id",
        str(world.now),
    )
    if not rows:
        raise SeatTaken(())
    moment = world.at(soon(world.chance, rows)["starts_at"])
    return SlotKey("bolsa", "central", world.chance.choice(list(Modality)), moment)


async def reserve(world: World) -> object:
    """A citizen chooses a time, types, and confirms: at once, or after a while, or not at all."""
    key, token = _free_time(world), uuid4().hex
    person = citizen_number(world.chance.randrange(PEOPLE))
    seat = await hold_seat(key, token, None, world.now, RULES)
    if world.chance.random() < 0.2:
        return None
    return await book(Request(token, key, seat, person, CONSENT), world.now, RULES)


def _some_code(world: World) -> str:
    rows = world.portal.look("SELECT code FROM appointment WHERE state = 'reserved'")
    return world.chance.choice(rows)["code"] if rows else "23456789"


async def cancel(world: World) -> None:
    """A citizen cancels."""
    await changing.cancel(_some_code(world), world.now, RULES)


async def move(world: World) -> object:
    """A citizen moves their cita."""
    return await changing.move(_some_code(world), _free_time(world), world.now, RULES)


async def attend(world: World) -> None:
    """A consultor presses Inicio on a cita whose time has come, or Final on one that has begun."""
    latest = str(world.now + timedelta(minutes=10))
    rows = world.portal.look(
        "SELECT id, state, consultant FROM appointment WHERE state = 'in_attention' "
        "OR (state = 'reserved' AND starts_at <= ?)",
        latest,
    )
    if rows:
        cita = world.chance.choice(rows)
        step = begin(UUID(cita["id"]), UUID(cita["consultant"]), world.now)
        if cita["state"] == "in_attention":
            step.close()
            step = finish(UUID(cita["id"]), UUID(cita["consultant"]), world.now, 15)
        await step


async def close(world: World) -> None:
    """A day is closed, of a consultor or of the sede."""
    days = [date.fromisoformat(row["day"]) for row in world.portal.look("SELECT DISTINCT day FROM seat ORDER BY day")]
    day = world.chance.choice(days)
    whom = world.chance.choice([*world.template.consultants, None])
    center = None if whom else world.template.center
    await close_days(day, day, "Capacitación", world.now, center=center, consultant=whom)


async def reopen(world: World) -> None:
    """A day was closed by mistake: it has hours again."""
    rows = world.portal.look("SELECT id FROM closure ORDER BY id")
    if rows:
        await fetch('DELETE FROM "closure" WHERE "id" = {}', UUID(world.chance.choice(rows)["id"]))
        await open_seats(world.now, RULES)


async def give_up_waiting(world: World) -> None:
    """A consultor calls somebody, and records that they did not come; or that they came after all; or that the cita was
    not held.
    """
    rows = world.portal.look(
        "SELECT id, state, invited_at, consultant FROM appointment WHERE starts_at <= ? AND starts_at >= ? "
        "AND state IN ('reserved', 'abandoned')",
        *(str(world.now + timedelta(minutes=10)), str(midnight_before(world.now))),
    )
    if not rows:
        return
    row = world.chance.choice(rows)
    cita, whose, fate = UUID(row["id"]), UUID(row["consultant"]), world.chance.random()
    if row["state"] == "abandoned":
        await take_back(cita, whose, world.now)
    elif fate < 0.2:
        await record_not_held(cita, whose, NotHeldReason.TECHNICAL_FAULT, "", world.now, RULES)
    elif row["invited_at"] is None:
        await invite(cita, whose, world.now, RULES)
    else:
        await abandon(cita, whose, AbandonMotive.NO_CONTACT, "", world.now)


async def change_policy(world: World) -> None:
    """The office lends more, or less."""
    [service] = await list_policies(world.template.center)
    policy = replace(
        service.policy,
        per_consultant=world.chance.randint(0, 6),
        days=world.chance.randint(1, 5),
        share=world.chance.choice((0, 20, 50, 100)),
        minimum=world.chance.choice((0, 0, 3)),
    )
    await set_policy(world.template.center, service.service, policy, OFFICE, world.now)


async def seat_displaced(world: World) -> object:
    """A responsable finds a seat for somebody whose slip has none."""
    rows = world.portal.look("SELECT id FROM appointment WHERE displaced AND state = 'reserved'")
    return await seat_again(UUID(world.chance.choice(rows)["id"]), None, OFFICE, world.now, RULES) if rows else None


async def stop_waiting(world: World) -> object:
    """A responsable answers for it that the sede sells online, whatever its kiosks have sold."""
    return await waive(world.template.center, OFFICE, world.now)


async def open_ahead(world: World) -> None:
    """The calendar opens what ought to exist."""
    await open_seats(world.now, RULES)


async def recall_all(world: World) -> None:
    """Ask a kiosk for all that it holds."""
    await recall(world.chance.choice(world.machines).kiosk, world.now)


async def revoke_one(world: World) -> None:
    """Trust a kiosk no more."""
    await revoke(world.chance.choice(world.machines).kiosk, world.now)
