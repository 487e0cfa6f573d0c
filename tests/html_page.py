"""A page as a person reads it: title, text, links, buttons, and fields by their labels."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from xml.etree.ElementTree import Element

import html5lib
from html5lib.constants import E

FIELDS = ("input", "select", "textarea")
_NOT_LABELLED = {"hidden", "submit", "button", "image", "reset"}
_NOT_TEXT = {"script", "style", "template", "head"}
_BLOCKS = {
    "p",
    "div",
    "li",
    "td",
    "th",
    "dt",
    "dd",
    "h1",
    "h2",
    "h3",
    "option",
    "br",
    "label",
    "legend",
    "button",
    "section",
}


class HtmlPage:
    """One answer of the portal in HTML. ``is_fragment`` is a piece for htmx to put into a page."""

    def __init__(self, html: str, *, is_fragment: bool = False) -> None:
        self.html = html
        self.is_fragment = is_fragment
        parser = html5lib.HTMLParser(tree=html5lib.getTreeBuilder("etree"), namespaceHTMLElements=False)
        if is_fragment:
            self.root = Element("body")
            self.root.extend(parser.parseFragment(html, container="body"))
        else:
            self.root = parser.parse(html)
        self.mended = [f"line {line}: {E[code] % words}" for (line, _), code, words in parser.errors]
        """What a browser would have to mend, a line for each fault."""

    @cached_property
    def parents(self) -> dict[Element, Element]:
        """Each element's parent."""
        return {child: parent for parent in self.root.iter() for child in parent}

    @cached_property
    def ids(self) -> dict[str, Element]:
        """Elements by id; the last one where an id is used twice."""
        return {element.get("id", ""): element for element in self.root.iter() if element.get("id") is not None}

    @property
    def title(self) -> str:
        """The title of the window."""
        return next((text_of(element) for element in self.root.iter("title")), "")

    @property
    def heading(self) -> str:
        """The text of the first h1."""
        return next((text_of(element) for element in self.root.iter("h1")), "")

    @cached_property
    def text(self) -> str:
        """Everything there is to read, with single spaces."""
        return text_of(next(self.root.iter("body"), self.root))

    def elements(self, *tags: str) -> Iterator[Element]:
        """The elements of these tags, in order."""
        return (element for element in self.root.iter() if element.tag in tags)

    @cached_property
    def links(self) -> dict[str, str]:
        """Where each link leads, by its text; the first one where a text is used twice."""
        links: dict[str, str] = {}
        for element in self.elements("a"):
            if (address := element.get("href")) is not None:
                links.setdefault(text_of(element), address)
        return links

    def fields(self) -> list[Element]:
        """What a person can fill in, tick or choose."""
        return [element for element in self.elements(*FIELDS) if element.get("type", "text") not in _NOT_LABELLED]

    def label_of(self, control: Element) -> Element | None:
        """The label of a field: the one that names its id, or the one around it."""
        identity = control.get("id")
        for label in self.elements("label"):
            if (identity is not None and label.get("for") == identity) or control in set(label.iter()):
                return label
        return None

    def words_of(self, control: Element) -> str:
        """The text of a field's label, or nothing."""
        label = self.label_of(control)
        return "" if label is None else text_of(label)

    def legend_of(self, control: Element) -> str:
        """The legend of the innermost fieldset around a field, or nothing."""
        fieldset = self.around(control, "fieldset")
        legend = None if fieldset is None else fieldset.find("legend")
        return "" if legend is None else text_of(legend)

    def around(self, element: Element, tag: str) -> Element | None:
        """The innermost element of that tag around this one."""
        parent = self.parents.get(element)
        while parent is not None and parent.tag != tag:
            parent = self.parents.get(parent)
        return parent

    def description_of(self, label: str) -> str:
        """What stands beside the field with that label: its hint and its error (aria-describedby)."""
        control = self.field(label)
        return " ".join(text_of(self.ids[name]) for name in control.get("aria-describedby", "").split())

    def field(self, label: str, *, inside: Element | None = None) -> Element:
        """The field whose label reads so, or begins so when only one does. Raises AssertionError when there is none."""
        among = set((self.root if inside is None else inside).iter())
        by_words = [(self.words_of(control), control) for control in self.fields() if control in among]
        exact = [control for words, control in by_words if words == label]
        found = exact or [control for words, control in by_words if words.startswith(label)]
        assert len(found) == 1, (
            f"{len(found)} fields are labelled {label!r}; there are {[words for words, _ in by_words]}"
        )
        return found[0]


def text_of(element: Element) -> str:
    """The text in an element as it is read: without scripts, with single spaces."""
    return re.sub(r"\s+", " ", "".join(_pieces(element))).strip()


def _pieces(element: Element) -> Iterator[str]:
    if element.tag in _NOT_TEXT or not isinstance(element.tag, str):
        return
    yield element.text or ""
    for child in element:
        yield " " if child.tag in _BLOCKS else ""
        yield from _pieces(child)
        yield " " if child.tag in _BLOCKS else ""
        yield child.tail or ""
