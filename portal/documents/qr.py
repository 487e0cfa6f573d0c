"""The QR of a slip as inline SVG: dark modules as one path, on a whole grid, with alternative text.

An address whose scheme and host are in capitals is split where the QR's compact alphabet (digits, capitals,
``$%*+-./:``) ends and begins again, since ``v``, ``?`` and ``=`` are not in it: the base32 of the signature then takes
5.5 bits a character instead of 8.
"""

from __future__ import annotations

import re
from typing import Any

import segno
from markupsafe import Markup

ERROR_CORRECTION = "M"
QUIET_ZONE_MODULES = 4

# Any of the eight masks is valid; choosing the prettiest takes twenty times as long as the rest, and a signature looks
# like noise under each of them.
_MASK = 3
# Scheme and host; then the path's start up to and with "?s=" as bytes; then the base32.
_ADDRESS = re.compile(r"([A-Z0-9.:/-]+/)(v/[^?]*\?s=)([A-Z2-7]+)")


def draw_qr(address: str, module_mm: float, title: str) -> Markup:
    """The QR of ``address`` as an ``<svg>`` whose modules are ``module_mm`` millimetres wide, quiet zone included.

    ``title`` is its alternative text. Raises segno.DataOverflowError when the address does not fit into a QR.
    """
    pieces: Any = list(split_address(address))  # segno takes one segment for each item; its stubs do not say so
    code = segno.make(pieces, error=ERROR_CORRECTION, micro=False, mask=_MASK, boost_error=False)
    modules = len(code.matrix) + 2 * QUIET_ZONE_MODULES
    side = f"{modules * module_mm:.3f}mm"
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" width="{side}" height="{side}" viewBox="0 0 {modules} {modules}">'
        '<title>{title}</title><path fill="#fff" d="M0 0h{modules}v{modules}H0z"/><path d="{dark}"/></svg>'
    ).format(side=side, modules=modules, title=title, dark=_dark_runs(code.matrix))


def split_address(address: str) -> tuple[str, ...]:
    """The pieces of an address that are encoded each in its own mode; together they are the address."""
    found = _ADDRESS.fullmatch(address)
    return found.groups() if found else (address,)


def _dark_runs(matrix: tuple[bytearray, ...]) -> str:
    """Path data with one rectangle for each run of dark modules in a row."""
    runs = []
    for y, row in enumerate(matrix, start=QUIET_ZONE_MODULES):
        for run in re.finditer(b"\x01+", bytes(row)):
            width = run.end() - run.start()
            runs.append(f"M{run.start() + QUIET_ZONE_MODULES} {y}h{width}v1h-{width}z")
    return "".join(runs)
