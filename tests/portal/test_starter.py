"""The kiosk of a first start: whenever it is stopped, the next start goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from kiosk import pairing
from kiosk.keys import KeyFolder
from portal import starter
from portal.database.node import Node, fetch, open_node, use_node
from portal.starter import join_first_kiosk
from tests.databases import NewDatabase, run_apart
from tests.people import NOW, build_world


async def _build(node: Node) -> None:
    await node.start()
    with use_node(node):
        await build_world()
    await node.stop()


async def _read_kiosks(node: Node) -> list[tuple[str, str]]:
    await node.start()
    with use_node(node):
        rows = await fetch('SELECT "name", "standing" FROM "kiosk"')
    await node.stop()
    return [(row["name"], row["standing"]) for row in rows]


async def _no_secrets(_: object) -> tuple[()]:
    return ()


def _stop(*_: object) -> None:
    raise OSError("stopped here")


def test_a_first_pairing_that_was_stopped_halfway_is_finished_by_the_next_start(
    new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CITAS_DATA", str(tmp_path))
    monkeypatch.setattr(starter, "add_first_kiosk_secrets", _no_secrets)
    node = open_node("portal", new_database("sqlite"))
    run_apart(_build(node))
    for owner, step in ((KeyFolder, "keep_identity"), (pairing, "become"), (KeyFolder, "forget_next")):
        with monkeypatch.context() as context:
            context.setattr(owner, step, _stop)
            join_first_kiosk(node, lambda: NOW)
        assert "stopped here" in capsys.readouterr().err
        assert run_apart(_read_kiosks(node)) == [("Módulo 1", "good")]
    join_first_kiosk(node, lambda: NOW)
    assert capsys.readouterr().out == ""  # it is the kiosk already
    [kept] = [path for path in (tmp_path / "kiosk" / "secrets").glob("identity-*") if path.name != "identity-next"]
    assert kept.read_text()
