"""What an administrador does about a kiosk that is locked: its log is handed in by file, and the machine is paired anew
as another kiosk (ARCHITECTURE, rules 10 and 14).
"""

from __future__ import annotations

from uuid import UUID

from kiosk.joining import become, read_unsent
from portal.database.node import transactional
from portal.domain.exchange import SignedEntry
from portal.domain.kiosk_export import Export
from portal.domain.kiosk_import import ExportRefused, WhyRefused, import_export
from portal.domain.kiosks import revoke
from tests.simulation.machine import Machine
from tests.simulation.template import RULES, pair_machine, sign_export
from tests.simulation.world import World


async def repair(world: World, machine: Machine) -> None:
    """One step of it, in any order: hand in, pair at the portal, become what the portal said."""
    if machine.standing == "good":
        return
    if machine.joins is not None:
        await become(machine.joins)
    elif world.chance.random() < 0.5:
        world.start(world.portal, f"pairs {machine.process.name}", pair_anew(world, machine))
    else:
        await hand_in(world, machine)


async def pair_anew(world: World, machine: Machine) -> None:
    """The portal takes the machine for another kiosk; a backup follows, as a portal knows nobody whom it forgot."""
    machine.joins = await pair_machine(f"{machine.process.name} {world.now:%d %H:%M}", world.template.center, world.now)
    await world.back_up()


async def hand_in(world: World, machine: Machine) -> None:
    """What a machine has not sent, as the kiosk that it is and as those that it was, is read at the portal."""
    for kiosk, entries in (await _read(machine)).items():
        export = sign_export(UUID(kiosk), entries)
        world.start(world.portal, f"import of {machine.process.name}", take(world, machine, export))


@transactional
async def _read(_: Machine) -> dict[str, tuple[SignedEntry, ...]]:
    return await read_unsent()


async def take(world: World, machine: Machine, export: Export) -> None:
    """Read a file, and again, which does nothing. A kiosk that a restored portal trusts again is revoked again, unless
    it is what the machine is now, and will send by itself.
    """
    for _ in range(2):
        try:
            await import_export(export, world.now, RULES)
        except ExportRefused as refused:
            if refused.why is not WhyRefused.STILL_TRUSTED:
                raise
            if export.kiosk == machine.kiosk:
                return
            await revoke(export.kiosk, world.now)
            await import_export(export, world.now, RULES)
