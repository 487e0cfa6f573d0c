"""A kiosk in an encrypted file, as it is in service: the one of ``desk``, with a key.

``encrypted_template``  an empty file, encrypted with KEY        ``encrypted_desk``  a Desk in a copy of it, in use
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest

from kiosk.cipher import open_kiosk_node
from kiosk.joining import become
from portal.database.node import set_default_node
from portal.domain.exchange import PairAnswer
from tests.databases import run_apart
from tests.kiosk.desk import Desk, migrate_kiosk
from tests.people import NOW

KEY = bytes(range(32))


@pytest.fixture(scope="session")
def encrypted_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty kiosk's file, encrypted, to be copied."""
    template = tmp_path_factory.mktemp("encrypted") / "template.db"
    run_apart(migrate_kiosk(open_kiosk_node(template, KEY)))
    return template


@pytest.fixture
async def encrypted_desk(encrypted_template: Path, tmp_path: Path) -> AsyncIterator[Desk]:
    """A paired kiosk in an encrypted file ``kiosk.db`` that has heard of its sede, with its node in use."""
    path = tmp_path / "kiosk.db"
    shutil.copyfile(encrypted_template, path)
    opened = Desk(open_kiosk_node(path, KEY))
    await opened.node.start()
    set_default_node(opened.node)
    try:
        answer = PairAnswer(kiosk=uuid4(), name="Mesa 1", center=opened.center, center_name="", portal_time=NOW)
        await become(answer)
        await opened.hear(reference=opened.reference())
        yield opened
    finally:
        set_default_node(None)
        await opened.node.stop()
