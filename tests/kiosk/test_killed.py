"""Killed between any two statements of "book and print": what printed is there, and nothing is there twice."""

from __future__ import annotations

import asyncio
import sys
from collections import Counter
from pathlib import Path

from portal.database.node import fetch
from portal.domain.exchange import FIRST_CHAIN, LeaseView, Sale, SignedEntry, read_entry
from tests.imports import CHECKOUT
from tests.kiosk.desk import Desk

DEATHS = 200
SEED = "20261123"


def lend_plenty(desk: Desk) -> tuple[LeaseView, ...]:
    """Twenty seats a day of two consultores."""
    return tuple(
        desk.lease(8 + half // 2, 30 * (half % 2), days, consultant=consultant)
        for days in range(1, 31)
        for half in range(20)
        for consultant in (desk.consultant, desk.colleague)
    )


async def test_200_deaths_lose_nothing_that_printed_and_double_nothing(encrypted_desk: Desk, tmp_path: Path) -> None:
    await encrypted_desk.hear(leases=lend_plenty(encrypted_desk))
    await encrypted_desk.node.stop()
    for name in ("held", "paper"):
        (tmp_path / name).mkdir()
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.kiosk.seller", str(tmp_path), SEED, str(DEATHS)),
        cwd=CHECKOUT,
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    assert (process.returncode, output) == (0, f"{DEATHS}\n".encode())

    await encrypted_desk.node.start()
    citas = await fetch('SELECT "id", "code", "seat", "citizen", "hold_token" FROM "appointment"')
    assert len(citas) > DEATHS // 2
    for column in ("code", "seat", "citizen", "hold_token"):
        assert len({cita[column] for cita in citas}) == len(citas)
    codes = {cita["code"] for cita in citas}
    printed = Counter(paper.read_text() for paper in (tmp_path / "paper").iterdir())
    assert printed == Counter(codes)  # each once, and each of them is there
    assert await sold_in_log() == [cita["code"] for cita in sorted(citas, key=lambda cita: int(cita["hold_token"][5:]))]
    sold = await fetch('SELECT "code" FROM "known_lease" WHERE "state" = \'sold\'')
    assert {lease["code"] for lease in sold} == codes
    taken = await fetch('SELECT "id", "appointment" FROM "seat" WHERE "appointment" IS NOT NULL')
    assert {(seat["id"], seat["appointment"]) for seat in taken} == {(cita["seat"], cita["id"]) for cita in citas}
    jobs = await fetch('SELECT "appointment", "state" FROM "print_job"')
    assert Counter(job["appointment"] for job in jobs) == Counter(cita["id"] for cita in citas)
    assert {job["state"] for job in jobs} == {"printed"}


async def sold_in_log() -> list[str]:
    """The codes of the log's sales, in order; its chain holds, and its length is the one that the kiosk knows."""
    chain, codes = FIRST_CHAIN, []
    for number, row in enumerate(await fetch('SELECT * FROM "log_entry" ORDER BY "number"'), start=1):
        signed = SignedEntry(number=row["number"], hash=row["hash"], text=row["text"])
        entry = read_entry(signed, chain)
        assert (entry.number, isinstance(entry.deed, Sale)) == (number, True)
        assert isinstance(entry.deed, Sale)
        codes.append(entry.deed.code)
        chain = signed.hash
    [state] = await fetch('SELECT "logged", "chain" FROM "kiosk_state"')
    assert (state["logged"], state["chain"]) == (len(codes), chain)
    return codes
