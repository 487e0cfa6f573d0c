"""What happens at the portal of a run: citizens book, cancel and move; staff attend, close days, recall, revoke."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

from portal.domain import changing
from portal.domain.attention import finish
from portal.domain.attention import start as begin
from portal.domain.booking import Request, book
from portal.domain.closures import close_days
from portal.domain.errors import SeatTaken
from portal.domain.holds import hold_seat
from portal.domain.kiosks import revoke
from portal.domain.leases import recall
from portal.domain.modality import Modality
from portal.domain.schedule import open_seats
from portal.domain.slots import SlotKey
from tests.people import CONSENT, citizen_number
from tests.simulation.desk_steps import PEOPLE
from tests.simulation.template import RULES
from tests.simulation.world import World


def _free_time(world: World) -> SlotKey:
    rows = world.portal.look("SELECT starts_at FROM seat WHERE is_open AND kiosk IS NULL AND appointment IS NULL")
    if not rows:
        raise SeatTaken(())
    moment = world.at(world.chance.choice(rows)["starts_at"])
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


async def open_ahead(world: World) -> None:
    """The calendar opens what ought to exist."""
    await open_seats(world.now, RULES)


async def recall_all(world: World) -> None:
    """Ask a kiosk for all that it holds."""
    await recall(world.chance.choice(world.machines).kiosk, world.now)


async def revoke_one(world: World) -> None:
    """Trust a kiosk no more."""
    await revoke(world.chance.choice(world.machines).kiosk, world.now)
