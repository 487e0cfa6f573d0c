"""A kiosk's file holds the portal's tables and its own, from empty and again."""

from __future__ import annotations

from pathlib import Path

from kiosk.piccolo_app import APP_CONFIG
from portal.database.migrate import migrate
from portal.database.node import fetch, open_node, use_node


async def test_from_empty_and_again(tmp_path: Path) -> None:
    node = open_node("kiosk", f"sqlite:///{tmp_path / 'kiosk.db'}")
    assert await migrate(node)
    assert await migrate(node, "kiosk.piccolo_migrations", "kiosk")
    assert await migrate(node, "kiosk.piccolo_migrations", "kiosk") == []
    await node.start()
    try:
        with use_node(node):
            [state] = await fetch('SELECT * FROM "kiosk_state"')
            assert (state["standing"], state["logged"], state["chain"]) == ("unpaired", 0, "")
            for table in APP_CONFIG.table_classes:
                names = ", ".join(f'"{column._meta.db_column_name}"' for column in table._meta.columns)
                await fetch(f'SELECT {names} FROM "{table._meta.tablename}"')  # noqa: S608  # our own tables
    finally:
        await node.stop()
