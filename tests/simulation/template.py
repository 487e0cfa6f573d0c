"""The files that each run begins with: a portal with a little sede, and three kiosks that are paired with it."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import dataclass
from datetime import datetime, time
from hashlib import sha256
from pathlib import Path
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.joining import become
from kiosk.sync import prepare_request, take_answer
from portal.database.migrate import migrate
from portal.database.node import Node, open_node, use_node
from portal.domain.exchange import Answer, PairAnswer, PairRequest, SignedEntry
from portal.domain.keys import name_key
from portal.domain.kiosk_exchange import Terms, answer_request
from portal.domain.kiosk_export import Export, signed_part
from portal.domain.kiosks import make_kiosk, make_pairing_code, pair
from portal.domain.rules import BookingRules
from tests.kiosk.desk import migrate_kiosk
from tests.people import NOW, build_world
from tests.simulation.chance import seeded

RULES = BookingRules(horizon_days=4)
TERMS = Terms(RULES, "https://citas.example.org", "2026-11")
KIOSKS = 3


@dataclass(frozen=True)
class Files:
    """Where the files are to begin with."""

    portal: Path
    kiosks: tuple[Path, ...]


@dataclass(frozen=True)
class Template:
    """Files of kiosks that are just paired, and of such that have leases to sell; and who is in them."""

    fresh: Files
    supplied: Files
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
        fresh = Files(folder / "portal.db", kiosks)
        ids = tuple(answer.kiosk for answer in answers)
        supplied = await _supply(fresh, ids, folder / "supplied")
    return Template(fresh, supplied, ids, world.center, world.consultants)


async def _supply(fresh: Files, ids: tuple[UUID, ...], folder: Path) -> Files:
    """The same after the first exchange of each kiosk."""
    await asyncio.to_thread(folder.mkdir)
    files = Files(folder / fresh.portal.name, tuple(folder / path.name for path in fresh.kiosks))
    for old, new in zip((fresh.portal, *fresh.kiosks), (files.portal, *files.kiosks), strict=True):
        shutil.copyfile(old, new)
    portal = _open(files.portal)
    await portal.start()
    for kiosk, path in zip(ids, files.kiosks, strict=True):
        node = _open(path)
        await node.start()
        with use_node(node):
            request = await prepare_request(NOW)
            with use_node(portal):
                answer = msgspec.json.decode(await answer_request(kiosk, request, NOW, TERMS), type=Answer)
            assert await take_answer(answer, NOW, NOW)
        await node.stop()
    await portal.stop()
    return files


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
