"""The kiosk secrets of a first start."""

from __future__ import annotations

from portal.database.node import Node, fetch
from portal.domain.first_kiosk_secrets import add_first_kiosk_secrets, make_pin
from portal.domain.kiosk_secrets import judge_pin
from portal.domain.passwords import fits
from portal.domain.setup import set_up
from tests.people import NOW, RULES


async def test_the_first_start_gives_everybody_of_the_sede_a_secret_once(node: Node) -> None:
    await set_up(NOW, RULES)
    made = await add_first_kiosk_secrets(NOW)
    assert [each.username for each in made] == [f"consultor{number}" for number in range(1, 6)] + ["responsable"]
    assert len({each.secret for each in made}) == len(made)
    rows = await fetch(
        'SELECT "secret_hash", "pin_hash" FROM "kiosk_secret" JOIN "staff" ON "staff"."id" = "kiosk_secret"."staff" '
        'WHERE "staff"."username" = {}',
        made[0].username,
    )
    assert await fits(made[0].secret, rows[0]["secret_hash"])
    assert await fits(made[0].pin, rows[0]["pin_hash"])
    assert await add_first_kiosk_secrets(NOW) == ()


def test_a_pin_is_one_that_may_be_used() -> None:
    assert {judge_pin(make_pin()) for _ in range(50)} == {None}
