"""One press for the tests of what is printed: setting it up takes longer than a slip."""

from __future__ import annotations

import pytest

from portal.documents.press import Press


@pytest.fixture(scope="session")
def press() -> Press:
    return Press()
