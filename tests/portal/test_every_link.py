"""Whoever follows the links from the start page meets a page each time, and every page is in order."""

from __future__ import annotations

from collections import Counter, deque
from urllib.parse import urljoin, urlsplit

from litestar import Litestar

from tests.browser import NewVisitor, Page
from tests.people import build_world

ALIKE = 4
"""How many addresses that differ in their query alone are opened: months and days of the calendar are many."""


async def test_every_link_leads_to_a_page(app: Litestar, new_visitor: NewVisitor) -> None:
    await build_world()
    visitor = new_visitor(app)
    waiting, seen, paths = deque(["/"]), {"/"}, Counter({"/": 1})
    while waiting:
        for address in _leads_to(await visitor.open(waiting.popleft())):
            path = urlsplit(address).path
            if address not in seen and paths[path] < ALIKE:
                seen.add(address)
                paths[path] += 1
                waiting.append(address)
    assert {"/", "/reservar", "/citas", "/v", "/ayuda", "/privacidad", "/accesibilidad"} <= set(paths)


def _leads_to(page: Page) -> list[str]:
    """The pages of this portal that a page has links to; files to keep are not pages."""
    origin = page.visitor.origin
    absolute = [urljoin(f"{origin}{page.address}", address).partition("#")[0] for address in page.links.values()]
    return [
        address.removeprefix(origin)
        for address in absolute
        if address.startswith(f"{origin}/") and not urlsplit(address).path.endswith((".pdf", ".ics"))
    ]
