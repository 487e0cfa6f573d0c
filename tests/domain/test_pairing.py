"""A one-time code makes one machine a kiosk; strangers who try codes stop nobody (ARCHITECTURE, rule 14)."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from hashlib import sha256

import pytest
from msgspec.structs import replace

from portal.database.node import fetch
from portal.domain.exchange import PairAnswer, PairRequest
from portal.domain.kiosks import MOST_TRIES, PAIRING_LASTS, PairingRefused, make_kiosk, make_pairing_code, pair
from tests.people import NOW, World, build_world


@pytest.fixture
async def world(node: object) -> World:
    assert node
    return await build_world()


async def make_code(world: World, name: str = "Módulo 1") -> str:
    return await make_pairing_code(await make_kiosk(name, world.center), None, NOW)


def ask(code: str, machine: str = "good") -> PairRequest:
    token = sha256(machine.encode()).hexdigest()
    return PairRequest(code=code, token_hash=token, public_key=sha256(token.encode()).hexdigest())


async def refused(request: PairRequest, later: timedelta = timedelta(0)) -> bool:
    try:
        await pair(request, NOW + later)
    except PairingRefused:
        return True
    return False


def mistype(code: str) -> str:
    """Another code of the same name."""
    return code[:-1] + ("A" if code[-1] != "A" else "B")


async def test_a_code_takes_one_machine_for_ten_minutes_and_answers_it_alike(world: World) -> None:
    code = await make_code(world)
    assert await refused(ask(code), PAIRING_LASTS)
    first = await pair(ask(code), NOW)
    assert await pair(ask(f" {code[:4].lower()}-{code[4:]} "), NOW) == first
    assert await pair(ask(code), NOW + timedelta(days=1)) == replace(first, portal_time=NOW + timedelta(days=1))
    assert await refused(ask(code, "another"))
    # The machine that is paired may mistype as often as it likes: it is the kiosk.
    assert [await refused(ask(mistype(code))) for _ in range(MOST_TRIES)] == [True] * MOST_TRIES
    assert await pair(ask(code), NOW) == first


async def test_five_wrong_tries_kill_the_code_that_they_name(world: World) -> None:
    code = await make_code(world)
    for _ in range(MOST_TRIES - 1):
        assert await refused(ask(mistype(code), "stranger"))
    assert not await refused(ask(code))
    again = await make_code(world, "Módulo 2")
    for _ in range(MOST_TRIES):
        assert await refused(ask(mistype(again), "stranger"))
    assert await refused(ask(again, "its machine"))


async def test_a_stranger_kills_no_code_whose_name_they_do_not_know(world: World) -> None:
    codes = [await make_code(world, f"Módulo {number}") for number in (1, 2)]
    assert codes[0][:3] != codes[1][:3]
    other = next(name for name in ("AAA", "BBB", "CCC") if name not in {code[:3] for code in codes})
    for wrong in (
        "",
        "A",
        "-",
        "ñandú\x00",
        codes[0][:3],
        *[f"{other}22222"] * MOST_TRIES,
        *[mistype(codes[0])] * MOST_TRIES,
    ):
        assert await refused(ask(wrong, "stranger"))
    assert await refused(ask(codes[0]))
    assert not await refused(ask(codes[1]))


async def test_of_many_who_guess_at_once_five_are_heard(world: World) -> None:
    code = await make_code(world)
    guesses = [ask(mistype(code), f"stranger {number}") for number in range(4 * MOST_TRIES)]
    assert all(await asyncio.gather(*(refused(guess) for guess in guesses)))
    [row] = await fetch('SELECT "tries" FROM "pairing_code"')
    assert row["tries"] == MOST_TRIES


async def test_a_machine_that_asks_twice_at_once_is_one_kiosk(world: World) -> None:
    code = await make_code(world)
    answers: list[PairAnswer] = await asyncio.gather(*(pair(ask(code), NOW) for _ in range(4)))
    assert len({answer.kiosk for answer in answers}) == 1
