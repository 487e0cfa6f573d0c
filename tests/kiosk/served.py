"""A kiosk without its cable, in a process of its own, as browsers meet it: ``python -m tests.kiosk.served``.

Its file is prepared as if it had spoken to its portal a moment ago; nobody answers where the portal is said to be.
"""

from __future__ import annotations

import asyncio
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from litestar import Litestar

from kiosk.app import create_kiosk_app
from kiosk.cipher import open_kiosk_node
from kiosk.joining import become
from kiosk.keys import open_key_folder
from kiosk.serving import serve
from kiosk.settings import KioskSettings, read_kiosk_settings
from portal.database.node import use_node
from portal.domain.districts import load_districts
from portal.domain.exchange import PairAnswer, State
from portal.web.logs import configure_logs
from tests.imports import CHECKOUT
from tests.kiosk.desk import Desk, migrate_kiosk
from tests.kiosk.paged import with_secrets
from tests.people import JULIO, MEI
from tests.running_portal import RunningPortal

_NOBODY = "http://127.0.0.1:9"
_PLACES = 8


def served_kiosk(folder: Path) -> RunningPortal:
    """Start one; the caller waits until it is ready, and stops it."""
    command = (sys.executable, "-m", "tests.kiosk.served")
    return RunningPortal(folder, settings={"PYTHONPATH": str(CHECKOUT)}, command=command)


def application() -> Litestar:
    """For granian's worker."""
    configure_logs("INFO")
    return create_kiosk_app(_settings())


def _settings() -> KioskSettings:
    return read_kiosk_settings(KIOSK_PORT=int(os.environ["PORTAL_PORT"]), KIOSK_PRINTER="", CITAS_KIOSK_PORTAL=_NOBODY)


async def _prepare(settings: KioskSettings) -> None:
    keys = open_key_folder(settings)
    node = open_kiosk_node(settings.folder / "kiosk.db", keys.read_database_key())
    await migrate_kiosk(node)
    await node.start()
    with use_node(node):
        await load_districts()
        now = datetime.now(UTC).replace(second=0, microsecond=0)
        desk = Desk(node, now=now)
        answer = PairAnswer(kiosk=uuid4(), name="Mesa 1", center=desk.center, center_name="", portal_time=now)
        keys.next_identity()
        keys.keep_identity(answer.kiosk)
        await become(answer)
        keys.forget_next()
        starts = [now + timedelta(minutes=30 * number) for number in range(1, _PLACES + 1)]
        leases = tuple(
            desk.lease(0, starts_at=start, ends_at=start + timedelta(minutes=30), consultant=who)
            for start in starts
            for who in (desk.consultant, desk.colleague)
        )
        citas = (
            desk.cita(0, MEI, starts_at=starts[0], ends_at=starts[1], preference="gestante"),
            desk.cita(0, JULIO, starts_at=starts[1], ends_at=starts[2], state="in_attention"),
        )
        await desk.hear(reference=with_secrets(desk), leases=leases, state=State(version=2, whole=True, citas=citas))
    await node.stop()


if __name__ == "__main__":
    own = _settings()
    asyncio.run(_prepare(own))
    serve(own, "tests.kiosk.served:application")
