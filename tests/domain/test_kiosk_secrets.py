"""Kiosk secrets: what the first start gives, and what setting one changes."""

from __future__ import annotations

from portal.database.node import Node, fetch
from portal.domain.audit import Actor
from portal.domain.kiosk_secrets import PIN_DIGITS, add_first_kiosk_secrets, make_pin, set_kiosk_secret
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


async def test_another_secret_takes_the_place_of_the_one_before_and_leaves_a_trace(node: Node) -> None:
    await set_up(NOW, RULES)
    [first, *_] = await fetch('SELECT "id", "username" FROM "staff" ORDER BY "username"')
    actor = Actor(first["id"], "127.0.0.1")
    for secret in ("uno-dos-tres", "cuatro-cinco"):
        await set_kiosk_secret(first["id"], secret, "123456", actor, NOW)
    [kept] = await fetch('SELECT "secret_hash" FROM "kiosk_secret"')
    assert await fits("cuatro-cinco", kept["secret_hash"])
    seen = await fetch('SELECT "subject", "details" FROM "audit_entry" WHERE "action" = \'kiosk_secret_set\'')
    assert seen == [{"subject": first["username"], "details": "{}"}] * 2


def test_a_pin_has_its_digits_also_when_it_begins_with_zeros() -> None:
    assert {len(make_pin()) for _ in range(50)} == {PIN_DIGITS}
