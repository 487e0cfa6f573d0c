"""What ``citas kiosk`` does; the portal's command line starts it by name. A fault is one sentence."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from kiosk.cipher import open_kiosk_node
from kiosk.exporting import export_unsent
from kiosk.keys import open_key_folder
from kiosk.pairing import Ask, AskAgain, go_on_pairing, pair_with
from kiosk.settings import KioskSettings, KioskSettingsError, read_kiosk_settings
from portal.database.errors import DatabaseError
from portal.database.migrate import PACKAGE, migrate
from portal.database.node import Node, fetch, use_node
from portal.domain.districts import load_districts

T = TypeVar("T")

_SAYS_NO: Final = 2
_FAILED: Final = 1


def serve() -> int:
    """Bring the kiosk's file up to date and serve its pages until told to stop. Returns the exit code."""
    return _say_faults(_serve)


def export(target: Path) -> int:
    """Write what the portal has not got into a new file, readable by its owner alone. Returns the exit code."""
    return _say_faults(lambda: _export(target))


def join_first(make_code: Callable[[], Awaitable[str | None]], ask: Ask, ask_again: AskAgain) -> int:
    """Pair this machine if it is no kiosk yet and the portal makes a code for it; or go on where a pairing was stopped.
    Returns the exit code.
    """
    return _say_faults(lambda: asyncio.run(_join_first(make_code, ask, ask_again)))


def _serve() -> None:
    from kiosk.serving import serve as serve_pages

    settings = read_kiosk_settings()
    asyncio.run(_use(settings, _get_ready))
    print(f"Módulo de la sede: http://127.0.0.1:{settings.port}", flush=True)
    serve_pages(settings)


def _export(target: Path) -> None:
    settings = read_kiosk_settings()
    exports = asyncio.run(_use(settings, lambda: export_unsent(open_key_folder(settings))))
    if not exports:
        print("Nada por entregar: el portal tiene todo lo de este módulo")
        return
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(exports))
        file.flush()
        os.fsync(file.fileno())
    number = sum(len(export.entries) for export in exports)
    told = "1 registro guardado" if number == 1 else f"{number} registros guardados"
    print(f"{told} en {target}. Tiene datos personales: entrégalo en mano al administrador,")
    print("que lo aplica en el portal con «citas kiosk import», y bórralo después.")


async def _join_first(make_code: Callable[[], Awaitable[str | None]], ask: Ask, ask_again: AskAgain) -> None:
    settings = read_kiosk_settings()
    keys = open_key_folder(settings)

    async def join() -> None:
        [state] = await fetch('SELECT "kiosk" FROM "kiosk_state" WHERE "id" = 1')
        if state["kiosk"] is not None:
            return
        answer = await go_on_pairing(keys, ask_again)
        if answer is None and (code := await make_code()) is not None:
            answer = await pair_with(code, keys, ask)
        if answer is not None:
            print(f"Módulo: este equipo es «{answer.name}» de {answer.center_name}", flush=True)

    await _use(settings, join)


async def _use(settings: KioskSettings, work: Callable[[], Awaitable[T]]) -> T:
    """Do something with the kiosk's file, made and brought up to date before."""
    key = open_key_folder(settings).read_database_key()
    node = open_kiosk_node(settings.folder / "kiosk.db", key)
    await bring_up_to_date(node)
    try:
        await node.start()
        with use_node(node):
            return await work()
    finally:
        await node.stop()


async def bring_up_to_date(node: Node) -> None:
    """Run the migrations that are missing: the portal's tables first, then the kiosk's own."""
    await migrate(node, PACKAGE, "portal")
    await migrate(node, "kiosk.piccolo_migrations", "kiosk")


async def _get_ready() -> None:
    """See that the file is there, and that it knows where people live."""
    await load_districts()


def _say_faults(work: Callable[[], None]) -> int:
    try:
        work()
    except KioskSettingsError as mistake:
        print(f"citas: {mistake}", file=sys.stderr)
        return _SAYS_NO
    except (DatabaseError, OSError) as failure:
        print(f"citas: {failure}", file=sys.stderr)
        return _FAILED
    except KeyboardInterrupt:
        return _FAILED
    return 0
