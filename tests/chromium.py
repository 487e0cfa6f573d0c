"""A real browser: Debian's Chromium, driven by Playwright, that reaches the loopback address and nothing else.

``phone_page``      360 × 740, touch         ``desktop_page``   1280 × 800
``no_script_page``  a phone without JavaScript
``new_page``        another one: ``await new_page(DESKTOP, base_url)``

Pages open addresses of ``running_portal``. A test fails when its page asked another host, when a script failed, when
the Content Security Policy refused something, or when a file of ours did not arrive.

The browser lives as long as the test process and belongs to an event loop of the same age; tests that use it run on
that loop.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Response, Route, async_playwright

from tests.imports import CHECKOUT
from tests.running_portal import RunningPortal

PICTURES = CHECKOUT / "var" / "screenshots"
ACCESSIBILITY = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa")
NARROWEST = 320
_ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
_MUST_ARRIVE = {"stylesheet", "script", "image", "font"}
_OF_THE_BROWSER = {"data", "chrome", "chrome-extension"}
"""What leaves no machine: the last two are its own viewer of PDFs."""
_REFUSAL = "Failed to load resource"
"""How Chromium's console tells of a status; an answer of 422 with a page is none of its business."""


@dataclass(frozen=True, slots=True)
class Device:
    """What a person holds in the hand. Sizes in CSS pixels."""

    width: int
    height: int
    touch: bool = False
    scripts: bool = True


PHONE = Device(360, 740, touch=True)
DESKTOP = Device(1280, 800)
NO_SCRIPT = Device(360, 740, touch=True, scripts=False)

NewPage = Callable[[Device, str], Awaitable[Page]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what uses the browser on the browser's loop."""
    for item in items:
        if isinstance(item, pytest.Function) and "browser" in item.fixturenames:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The browser of this test process."""
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=shutil.which("chromium"), args=_ARGUMENTS)
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="session")
async def new_page(browser: Browser) -> AsyncIterator[NewPage]:
    """Open windows, each with cookies of its own; what went wrong in them fails the test when it ends."""
    faults: list[str] = []
    contexts: list[BrowserContext] = []

    async def make(device: Device, base_url: str) -> Page:
        context = await browser.new_context(
            base_url=base_url,
            viewport={"width": device.width, "height": device.height},
            has_touch=device.touch,
            is_mobile=device.touch,
            java_script_enabled=device.scripts,
            locale="es-PE",
            timezone_id="America/Lima",
            service_workers="block",
        )
        contexts.append(context)
        return await open_watched(context, base_url, faults)

    yield make
    for context in contexts:
        await context.close()
    assert not faults, "\n  ".join(["something went wrong in the browser:", *faults])


@pytest_asyncio.fixture(loop_scope="session")
async def phone_page(new_page: NewPage, running_portal: RunningPortal) -> Page:
    """A window of a phone."""
    return await new_page(PHONE, running_portal.url)


@pytest_asyncio.fixture(loop_scope="session")
async def desktop_page(new_page: NewPage, running_portal: RunningPortal) -> Page:
    """A window on a desktop."""
    return await new_page(DESKTOP, running_portal.url)


@pytest_asyncio.fixture(loop_scope="session")
async def no_script_page(new_page: NewPage, running_portal: RunningPortal) -> Page:
    """A window of a phone that runs no JavaScript."""
    return await new_page(NO_SCRIPT, running_portal.url)


async def open_watched(context: BrowserContext, base_url: str, faults: list[str]) -> Page:
    """Open a window that writes down what goes wrong in it, and that reaches ``base_url`` alone."""
    await context.route("**/*", lambda route: _stay_here(route, base_url, faults))
    page = await context.new_page()
    page.on("pageerror", lambda error: faults.append(f"{page.url}: a script failed: {error}"))
    page.on("console", lambda message: _listen(page, message, faults))
    page.on("response", lambda response: _look_at(response, faults))
    return page


async def assert_accessible(page: Page) -> None:
    """No rule of WCAG 2.2, levels A and AA, that axe knows is broken. Needs a page that may run scripts."""
    await _settle(page)
    await page.evaluate(_axe())
    options = {"runOnly": {"type": "tag", "values": ACCESSIBILITY}, "resultTypes": ["violations"]}
    found: dict[str, Any] = await page.evaluate("options => axe.run(document, options)", options)
    violations = [
        f"{violation['id']} ({violation['help']}): {node['html']}\n    {node['failureSummary']}"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
    assert not violations, "\n  ".join([f"{page.url} is not accessible:", *violations])


async def assert_fits(page: Page, width: int = NARROWEST) -> None:
    """Nothing sticks out to the side of a window this narrow; the window keeps its own size afterwards."""
    await _settle(page)
    size = page.viewport_size
    assert size is not None
    await page.set_viewport_size({"width": width, "height": size["height"]})
    widest = await page.evaluate("document.documentElement.scrollWidth")
    beyond = await page.evaluate(
        """width => [...document.querySelectorAll("body *")]
            .filter(element => element.getBoundingClientRect().right > width + 1)
            .map(element => element.outerHTML.slice(0, 120))""",
        width,
    )
    await page.set_viewport_size(size)
    assert widest <= width, "\n  ".join([f"{page.url} is {widest} wide in a window of {width}:", *beyond])


async def take_picture(page: Page, name: str) -> Path:
    """Keep the whole page as ``var/screenshots/{name}.png``."""
    await _settle(page)
    picture = PICTURES / f"{name}.png"
    await page.screenshot(path=picture, full_page=True)
    return picture


async def _settle(page: Page) -> None:
    """Wait for the style sheets: the text of a page may be read before they have come."""
    await page.wait_for_load_state("load")


async def _stay_here(route: Route, base_url: str, faults: list[str]) -> None:
    asked = urlsplit(route.request.url)
    if asked.scheme in _OF_THE_BROWSER or asked.netloc == urlsplit(base_url).netloc:
        await route.continue_()
        return
    faults.append(f"{route.request.frame.url} asked another host for {route.request.url}")
    await route.abort()


def _listen(page: Page, message: ConsoleMessage, faults: list[str]) -> None:
    if message.type == "error" and not message.text.startswith(_REFUSAL):
        faults.append(f"{page.url}: {message.text}")


def _look_at(response: Response, faults: list[str]) -> None:
    if response.status >= 500 or (response.status >= 400 and response.request.resource_type in _MUST_ARRIVE):
        faults.append(f"{response.url} answered {response.status}")


@cache
def _axe() -> str:
    package = find_spec("axe_playwright_python")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).with_name("axe.min.js").read_text()
