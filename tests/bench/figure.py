"""A figure: what was measured, what was wanted, what came out."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """``ok`` is None where nothing was promised: a figure to know, or an aim."""

    part: str
    what: str
    wanted: str
    got: str
    ok: bool | None = None
    value: float | None = None


def at_least(part: str, what: str, value: float, wanted: float) -> Figure:
    """A ratio that may not be less."""
    return Figure(part, what, f"≥ {wanted:g}", f"{value:.2f}", value >= wanted, value)


def at_most(part: str, what: str, value: float, wanted: float, unit: str = "") -> Figure:
    """A figure that may not be more."""
    return Figure(part, what, f"≤ {wanted:g}{unit}", f"{value:.2f}{unit}", value <= wanted, value)


def told(part: str, what: str, value: float, unit: str, aim: str = "") -> Figure:
    """A figure of this machine at this hour, for information."""
    return Figure(part, what, aim, f"{value:,.1f} {unit}", None, value)
