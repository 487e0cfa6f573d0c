"""The files that each run begins with: a portal with a little sede, and three kiosks that are paired with it."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime, time
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.joining import become
from portal.database.migrate import migrate
from portal.database.node import Node, open_node, use_node
from portal.domain.exchange import Export, PairAnswer, PairRequest, SignedEntry, signed_part
from portal.domain.keys import name_key
from portal.domain.kiosk_exchange import Terms
from portal.domain.kiosks import make_kiosk, make_pairing_code, pair
from portal.domain.rules import BookingRules
from tests.kiosk.desk import migrate_kiosk
from tests.people import NOW, build_world
from tests.simulation.chance import seeded

RULES = BookingRules(horizon_days=4)
TERMS = Terms(RULES, "https://citas.example.org", "2026-11")
KIOSKS = 3


@dataclass(frozen=True)
class Template:
    """Where the files are, and who is in them."""

    portal: Path
    kiosks: tuple[Path, ...]
    ids: tuple[UUID, ...]
    center: UUID
    consultants: tuple[UUID, ...]


async def make_template(folder: Path) -> Template:
    """Make the files, the same ones each time."""
    with seeded("the template"):
        portal = _open(folder / "portal.db")
        await migrate(portal)
        await portal.start()
        with use_node(portal):
            world = await build_world(consultants=2, opens=time(8, 30), closes=time(13, 0), rules=RULES)
            answers = [await pair_machine(f"Mesa {number}", world.center, NOW) for number in range(1, KIOSKS + 1)]
        await portal.stop()
        blank = _open(folder / "blank.db")
        await migrate_kiosk(blank)
        await blank.stop()
        kiosks = tuple([await _become(folder, answer, number) for number, answer in enumerate(answers, 1)])
    ids = tuple(answer.kiosk for answer in answers)
    return Template(folder / "portal.db", kiosks, ids, world.center, world.consultants)


def _open(path: Path) -> Node:
    return open_node(path.stem, f"sqlite:///{path}")


async def pair_machine(name: str, center: UUID, now: datetime) -> PairAnswer:
    """Make a kiosk and pair a machine with it, at the portal that is in use."""
    kiosk = await make_kiosk(name, center)
    code = await make_pairing_code(kiosk, None, now)
    token = sha256(f"token of {name} at {now}".encode()).hexdigest()
    return await pair(
        PairRequest(code=code, token_hash=token, public_key=_KEY.public_key().public_bytes_raw().hex()), now
    )


_KEY = Ed25519PrivateKey.from_private_bytes(bytes(32))
"""All kiosks sign with one; who signs what is not what is simulated."""


def sign_export(kiosk: UUID, entries: tuple[SignedEntry, ...]) -> Export:
    """What a locked kiosk hands in by file."""
    key_id = name_key(_KEY.public_key().public_bytes_raw())
    export = Export(kiosk=kiosk, key_id=key_id, entries=entries, signature="")
    return msgspec.structs.replace(export, signature=_KEY.sign(signed_part(export)).hex())


async def _become(folder: Path, answer: PairAnswer, number: int) -> Path:
    path = folder / f"kiosk{number}.db"
    shutil.copyfile(folder / "blank.db", path)
    node = _open(path)
    await node.start()
    with use_node(node):
        await become(answer)
    await node.stop()
    return path
