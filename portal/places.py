"""Where templates and static files lie: inside an installed wheel, or at the top level of the checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def _find(packed: str, loose: str) -> Path:
    inside = _PACKAGE / packed
    return inside if inside.is_dir() else _PACKAGE.parent / loose


TEMPLATES = _find("_templates", "templates")
STATIC = _find("_static", "static")
