"""Every page of the kiosk."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from kiosk.pages import book, citas, pairing, paper, sign_in, state

ROUTES: tuple[ControllerRouterHandler, ...] = (
    *sign_in.ROUTES,
    *pairing.ROUTES,
    *book.ROUTES,
    *citas.ROUTES,
    *paper.ROUTES,
    *state.ROUTES,
)
