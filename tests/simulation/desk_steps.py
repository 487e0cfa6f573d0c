"""What people do at the desks of a run: sell, claim, cancel, move, give back, and be cut off."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, TypeVar
from uuid import UUID, uuid4

from kiosk.changing import MoveOrder, cancel_offline, move_offline
from kiosk.claiming import claim_and_sell, give_up
from kiosk.purge import purge
from kiosk.selling import Order, Sold, sell, soonest
from portal.documents.slip import Paper
from portal.domain.errors import SeatTaken
from portal.domain.modality import Modality
from portal.domain.slots import SlotKey
from tests.people import CONSENT, citizen_number
from tests.simulation.machine import Machine
from tests.simulation.world import World

PEOPLE = 12
T = TypeVar("T")


def _order(world: World, key: SlotKey) -> Order:
    person = citizen_number(world.chance.randrange(PEOPLE))
    return Order(uuid4().hex, key, person, CONSENT, world.chance.choice(world.template.consultants))


async def _time_at_hand(world: World, machine: Machine) -> SlotKey:
    modality = world.chance.choice(list(Modality))
    slots = await soonest("bolsa", modality, await machine.sync.now(), 40)
    if not slots:
        raise SeatTaken(())
    return soon(world.chance, slots).key


def soon(chance: Random, times: Sequence[T]) -> T:
    """One of the times, rather an early one, whose day comes in this run."""
    return times[min(chance.randrange(len(times)), chance.randrange(len(times)))]


async def sell_at_hand(world: World, machine: Machine) -> Sold:
    """Sell a time that the kiosk holds."""
    key = await _time_at_hand(world, machine)
    return await sell(_order(world, key), await machine.sync.now(), Paper.TICKET)


async def claim(world: World, machine: Machine) -> Sold:
    """Sell a time that the portal has."""
    rows = world.portal.look(
        "SELECT starts_at FROM seat WHERE is_open AND kiosk IS NULL AND appointment IS NULL ORDER BY starts_at, id"
    )
    if not rows:
        raise SeatTaken(())
    moment = world.at(soon(world.chance, rows)["starts_at"])
    key = SlotKey("bolsa", "central", world.chance.choice(list(Modality)), moment)
    return await claim_and_sell(_order(world, key), machine.sync, Paper.A5)


def _some_code(world: World, machine: Machine) -> str:
    rows = machine.process.look("SELECT code FROM appointment WHERE state = 'reserved'")
    return world.chance.choice(rows)["code"] if rows else "23456789"


async def cancel(world: World, machine: Machine) -> None:
    """Cancel a cita that the kiosk knows."""
    seller = world.template.consultants[0]
    await cancel_offline(_some_code(world, machine), seller, await machine.sync.now())


async def move(world: World, machine: Machine) -> Sold:
    """Move a cita that the kiosk knows to a time that it holds."""
    key = await _time_at_hand(world, machine)
    order = MoveOrder(uuid4().hex, _some_code(world, machine), key, world.template.consultants[0])
    return await move_offline(order, await machine.sync.now(), Paper.TICKET)


async def give_back(world: World, machine: Machine) -> None:
    """Give a time back unsold."""
    rows = machine.process.look("SELECT id FROM known_lease WHERE state = 'held'")
    if rows:
        await give_up(UUID(world.chance.choice(rows)["id"]), await machine.sync.now())


async def exchange(_: World, machine: Machine) -> Any:
    """One exchange, when its time has come; then what is past is forgotten."""
    answer = None if machine.waits else await machine.sync.exchange()
    if answer is not None:
        await purge()
    return answer
