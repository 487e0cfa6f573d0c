"""Run a simulation by its seed: the same seed, the same run."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from kiosk import claiming
from tests.simulation import desk_steps, disasters, portal_steps, repairs
from tests.simulation.chance import seeded
from tests.simulation.healing import heal
from tests.simulation.process import settle
from tests.simulation.template import Template
from tests.simulation.world import World

STEPS = 100


@dataclass(frozen=True)
class Run:
    """What became of a seed: the faults that were found, and everything that happened."""

    seed: int
    faults: tuple[str, ...]
    trace: tuple[str, ...]

    @property
    def digest(self) -> str:
        """One word for all of it."""
        return sha256("\n".join(self.trace).encode()).hexdigest()


PortalStep = Callable[[World], Coroutine[Any, Any, object]]
DeskStep = Callable[[World, Any], Coroutine[Any, Any, object]]

AT_THE_PORTAL: dict[PortalStep, float] = {
    portal_steps.reserve: 10,
    portal_steps.cancel: 3,
    portal_steps.move: 3,
    portal_steps.attend: 3,
    portal_steps.give_up_waiting: 4,
    portal_steps.close: 0.4,
    portal_steps.reopen: 0.6,
    portal_steps.change_policy: 0.4,
    portal_steps.seat_displaced: 0.7,
    portal_steps.stop_waiting: 0.3,
    portal_steps.open_ahead: 1,
    portal_steps.recall_all: 0.7,
    portal_steps.revoke_one: 0.35,
}
AT_THE_DESK: dict[DeskStep, float] = {
    desk_steps.exchange: 16,
    desk_steps.sell_at_hand: 12,
    desk_steps.claim: 4,
    desk_steps.cancel: 4,
    desk_steps.move: 4,
    desk_steps.give_back: 4,
    repairs.repair: 4,
}
DELIVERIES = 40
OFTEN_WRONG = 9
MISHAPS: dict[DeskStep, float] = {
    disasters.doom_machine: 2,
    disasters.doom_portal: 1,
    disasters.kill: 1,
    disasters.lose_patience: 1.5,
    disasters.stop_waiting: 1,
    disasters.turn_clock: 1,
    disasters.pass_night: 1,
    disasters.pass_days: 0.4,
    disasters.back_up: 1,
    disasters.restore: 0.8,
    disasters.keep_image: 0.8,
    disasters.add_twin: 0.25,
    disasters.rewind: 0.4,
}


async def run(seed: int, template: Template, steps: int = STEPS) -> Run:
    """Play one run to its end, or to the first fault."""
    folder = Path(tempfile.mkdtemp(dir=template.fresh.portal.parent))
    try:
        with seeded(seed) as chance:
            world = World(template, folder, chance)
            with patch.object(claiming, "asyncio", SimpleNamespace(timeout=world.wait)):
                await _play(world, steps)
            return Run(seed, tuple(world.faults), tuple(world.trace))
    finally:
        shutil.rmtree(folder)


async def _play(world: World, steps: int) -> None:
    await world.open()
    try:
        for _ in range(steps):
            await _step(world)
            if world.faults:
                break
        else:
            await heal(world)
    finally:
        await world.close()


async def _step(world: World) -> None:
    chance = world.chance
    kinds = ("portal", "desk", "network", "mishap")
    weights = (sum(AT_THE_PORTAL.values()), sum(AT_THE_DESK.values()), DELIVERIES, OFTEN_WRONG)
    [kind] = chance.choices(kinds, weights)
    if kind == "portal":
        step = _chosen(world, AT_THE_PORTAL)
        world.start(world.portal, step.__name__, step(world))
    elif kind == "desk":
        machine, desk_step = chance.choice(world.machines), _chosen(world, AT_THE_DESK)
        world.start(machine.process, desk_step.__name__, desk_step(world, machine))
    elif kind == "network":
        world.deliver()
    else:
        await _go_wrong(world)
    if chance.random() < 0.7:  # else the next step begins while this one goes on
        await settle()
        await world.raise_the_dead()
        world.pass_time(timedelta(minutes=chance.choice((0, 0, 0, 1, 3, 10, 25))))


async def _go_wrong(world: World) -> None:
    machine = world.chance.choice(world.machines)
    [mishap] = world.chance.choices(list(MISHAPS), list(MISHAPS.values()))
    await mishap(world, machine)


def _chosen(world: World, steps: dict[Any, float]) -> Any:
    [step] = world.chance.choices(list(steps), list(steps.values()))
    return step
