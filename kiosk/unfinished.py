"""What was being typed when the screen was locked, or a slip was read: kept with the sitting in the encrypted file, for
whoever types the PIN of that sitting, and forgotten with it. Another person at the desk has another sitting.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kiosk.sittings import Sitting
from portal.database.node import fetch


async def keep_typed(sitting: Sitting, typed: Mapping[str, str]) -> None:
    """Keep a form's fields in place of what was kept before; no fields forget it."""
    text = msgspec.json.encode(dict(typed)).decode() if typed else ""
    await fetch('UPDATE "sitting" SET "typed" = {} WHERE "key" = {} AND "typed" <> {}', text, sitting.key, text)


async def read_typed(sitting: Sitting) -> dict[str, str]:
    """The fields that were kept; none when there are none."""
    rows = await fetch('SELECT "typed" FROM "sitting" WHERE "key" = {}', sitting.key)
    return msgspec.json.decode(rows[0]["typed"], type=dict[str, str]) if rows and rows[0]["typed"] else {}
