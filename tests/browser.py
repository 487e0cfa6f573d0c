"""A person with a browser and no JavaScript: opens pages, follows links, fills in forms by their labels, presses.

Every page on the way is checked: what a browser would mend, what the HTML checker says, and page_faults.py.

    visitor = new_visitor(app)
    page = await visitor.open("/reservar/datos")
    form = page.form("Continuar")
    form.fill("Nombres", "Rosa Elvira")
    form.choose("Tipo de documento", "DNI")
    page = await form.press()
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit
from xml.etree.ElementTree import Element

import httpx
import pytest

from tests.html_checker import HtmlChecker
from tests.html_page import HtmlPage, text_of
from tests.page_faults import faults_of, header_faults_of

App = Callable[[Any, Any, Any], Awaitable[None]]
NewVisitor = Callable[..., "Visitor"]
HERE = "http://127.0.0.1:8000"
_BOUNDARY = "----citas-1f0d6a52c3b94e7d"
_SECRET = re.compile(r'(?<=name="_csrf_token" value=")[^"]*')


class Visitor:
    """One browser with its own cookies. Redirects are followed, as browsers do."""

    def __init__(
        self,
        app: App,
        checker: HtmlChecker,
        *,
        origin: str = HERE,
        address: str = "127.0.0.1",
        headers: dict[str, str],
    ) -> None:
        self._checker = checker
        self.app = app
        self.origin = origin
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=(address, 50_000)),
            base_url=origin,
            follow_redirects=True,
            headers={"accept": "text/html", **headers},
        )

    async def open(self, address: str, *, status: int = 200) -> Page:
        """Open a page by its address."""
        return self._read(await self.client.get(address), status)

    async def swap(self, address: str, *, status: int = 200) -> Page:
        """Ask for what htmx would put into the page."""
        return self._read(await self.client.get(address, headers={"hx-request": "true"}), status)

    async def send(
        self,
        address: str,
        content: bytes,
        content_type: str,
        *,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> Page:
        """Send the body of a form, as it stands."""
        own = {"origin": self.origin, "content-type": content_type, **(headers or {})}
        return self._read(await self.client.post(address, content=content, headers=own), status)

    async def fetch(self, address: str, *, status: int = 200) -> httpx.Response:
        """Fetch what is not a page: a PDF, a calendar file."""
        answer = await self.client.get(address, headers={"accept": "*/*"})
        assert answer.status_code == status, f"{address} answered {answer.status_code}"
        return answer

    def _read(self, answer: httpx.Response, status: int) -> Page:
        where = f"{answer.request.method} {answer.request.url} answered {answer.status_code}"
        assert answer.headers.get("content-type", "").startswith("text/html"), f"{where} with no page: {answer.headers}"
        asked_by_htmx = "hx-request" in answer.request.headers
        page = Page(answer, self, is_fragment=asked_by_htmx and not answer.text.lower().startswith("<!doctype"))
        assert answer.status_code == status, f"{where}, not {status}: {page.text[:600]}"
        faults = faults_of(page, urlsplit(self.origin).netloc)
        faults += header_faults_of(answer.headers.get("content-security-policy", ""))
        markup = _SECRET.sub("", page.html)  # else no page would ever be the same, and known to the checker
        faults += self._checker.faults_of_fragment(markup) if page.is_fragment else self._checker.faults_of(markup)
        assert not faults, "\n  ".join([f"{where}; the page has faults:", *faults])
        return page


class Page(HtmlPage):
    """A page that was received, and what a person can do on it."""

    def __init__(self, answer: httpx.Response, visitor: Visitor, *, is_fragment: bool) -> None:
        super().__init__(answer.text, is_fragment=is_fragment)
        self.visitor = visitor
        self.address = answer.url.raw_path.decode()
        """The path and the query that the browser shows."""
        self.headers = answer.headers

    async def follow(self, text: str, *, status: int = 200) -> Page:
        """Follow the link with that text."""
        assert text in self.links, f"no link says {text!r}; there are {list(self.links)}"
        return await self.visitor.open(urljoin(self.address, self.links[text]), status=status)

    def form(self, button: str) -> Form:
        """The form whose button says so, or begins so when no other does."""
        buttons = {text_of(element): element for element in reversed(list(self._submits()))}
        begun = [text for text in buttons if text.startswith(button)]
        text = button if button in buttons else begun[0] if len(begun) == 1 else None
        assert text is not None, f"{len(begun)} buttons say {button!r}; there are {list(reversed(buttons))}"
        return Form(self, buttons[text])

    def _submits(self) -> Iterator[Element]:
        return (element for element in self.elements("button") if element.get("type", "submit") == "submit")


class Form:
    """A form as it is being filled in; ``press`` sends it with its button."""

    def __init__(self, page: Page, button: Element) -> None:
        owner = page.ids.get(button.get("form", "")) if button.get("form") else page.around(button, "form")
        assert owner is not None, f"the button {text_of(button)!r} belongs to no form"
        self.page = page
        self._element = owner
        self._button = button
        self._values: dict[Element, str | None] = {}
        self._files: dict[Element, tuple[str, bytes, str]] = {}

    def fill(self, label: str, text: str) -> None:
        """Type a text into the field with that label."""
        self._values[self._field(label, "text")] = text

    def choose(self, label: str, choice: str) -> None:
        """Choose from a list by its label, or among radio buttons by their legend."""
        radios = [
            control
            for control in self._controls()
            if control.get("type") == "radio" and self.page.legend_of(control).startswith(label)
        ]
        if not radios:
            control = self._field(label, "select")
            options = {text_of(option): option.get("value", text_of(option)) for option in control.iter("option")}
            assert choice in options, f"{label!r} has no choice {choice!r}; there are {list(options)}"
            self._values[control] = options[choice]
            return
        chosen = [control for control in radios if self.page.words_of(control).startswith(choice)]
        assert len(chosen) == 1, f"{label!r} has {len(chosen)} choices {choice!r}"
        self._values |= dict.fromkeys(radios)
        self._values[chosen[0]] = chosen[0].get("value", "on")

    def tick(self, label: str, *, on: bool = True) -> None:
        """Tick a box, or take the tick away."""
        control = self._field(label, "checkbox")
        self._values[control] = control.get("value", "on") if on else None

    def attach(self, label: str, name: str, content: bytes, content_type: str) -> None:
        """Choose a file."""
        self._files[self._field(label, "file")] = (name, content, content_type)

    def value(self, label: str) -> str | None:
        """What stands in the field with that label; None for a box without a tick."""
        return self._value(self.page.field(label, inside=self._element))

    @property
    def values(self) -> list[tuple[str, str]]:
        """What the browser would send, files left out: names with their values, in order."""
        pairs = [(control.get("name", ""), self._value(control)) for control in self._controls()]
        return [(name, value) for name, value in pairs if name and value is not None]

    async def press(self, *, status: int = 200) -> Page:
        """Press the button; the page that comes of it, after redirects."""
        assert self._button.get("disabled") is None, f"the button {text_of(self._button)!r} is disabled"
        action = self._button.get("formaction") or self._element.get("action") or self.page.address
        address, visitor = urljoin(self.page.address, action), self.page.visitor
        if self._element.get("method", "get").lower() == "get":
            return await visitor.open(f"{address.partition('?')[0]}?{urlencode(self.values)}", status=status)
        if self._element.get("enctype") == "multipart/form-data":
            return await visitor.send(
                address, self._multipart(), f"multipart/form-data; boundary={_BOUNDARY}", status=status
            )
        return await visitor.send(
            address, urlencode(self.values).encode(), "application/x-www-form-urlencoded", status=status
        )

    def _multipart(self) -> bytes:
        """The body as browsers write it: a file that was not chosen is sent too, without name and content."""
        parts = []
        for control in self._controls():
            heading, value = f'name="{control.get("name")}"', self._value(control)
            if control.get("type") == "file":
                name, content, kind = self._files.get(control, ("", b"", "application/octet-stream"))
                parts.append((f'{heading}; filename="{name}"\r\nContent-Type: {kind}', content))
            elif control.get("name") and value is not None:
                parts.append((heading, value.encode()))
        start, end = f"--{_BOUNDARY}\r\nContent-Disposition: form-data; ".encode(), f"--{_BOUNDARY}--\r\n".encode()
        return b"".join(start + heading.encode() + b"\r\n\r\n" + body + b"\r\n" for heading, body in parts) + end

    def _field(self, label: str, kind: str) -> Element:
        control = self.page.field(label, inside=self._element)
        type_ = control.get("type", "text") if control.tag == "input" else control.tag
        fits = type_ not in {"select", "checkbox", "radio", "file"} if kind == "text" else type_ == kind
        assert fits, f"{label!r} is a {type_}, not a {kind}"
        assert control.get("disabled") is None, f"{label!r} is disabled"
        assert kind != "text" or control.get("readonly") is None, f"{label!r} cannot be changed"
        return control

    def _controls(self) -> Iterator[Element]:
        """The controls of this form that are sent, its button last among the buttons."""
        owner = self._element.get("id")
        for element in self.page.elements("input", "select", "textarea", "button"):
            named = element.get("form")
            mine = named == owner if named is not None else self.page.around(element, "form") is self._element
            is_other_button = element is not self._button and (
                element.tag == "button" or element.get("type") in {"submit", "button", "image", "reset"}
            )
            if mine and not is_other_button and element.get("disabled") is None:
                yield element

    def _value(self, control: Element) -> str | None:
        if control in self._values:
            return self._values[control]
        if control.tag == "textarea":
            return (control.text or "").removeprefix("\n")
        if control.tag == "select":
            options = list(control.iter("option"))
            chosen = [option for option in options if option.get("selected") is not None] or options[:1]
            return next((option.get("value", text_of(option)) for option in chosen), None)
        if control.get("type") in {"checkbox", "radio"}:
            return control.get("value", "on") if control.get("checked") is not None else None
        if control.get("type") == "file":
            return None
        return control.get("value", "")


@pytest.fixture
async def new_visitor(html_checker: HtmlChecker) -> AsyncIterator[NewVisitor]:
    """Make visitors of an application, as many as needed: ``new_visitor(app)``."""
    visitors: list[Visitor] = []

    def make(app: App, *, origin: str = HERE, address: str = "127.0.0.1", **headers: str) -> Visitor:
        visitors.append(Visitor(app, html_checker, origin=origin, address=address, headers=headers))
        return visitors[-1]

    yield make
    for visitor in visitors:
        await visitor.client.aclose()
