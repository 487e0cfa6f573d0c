"""What no page of ours may ever be guilty of. Each check yields a sentence for every fault that it finds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from tests.html_page import HtmlPage, text_of

_LOADS = {"src", "srcset", "poster", "data", "action", "formaction", "background"}
_LOADING_RELS = {
    "stylesheet",
    "icon",
    "preload",
    "modulepreload",
    "prefetch",
    "manifest",
    "apple-touch-icon",
    "preconnect",
}
_ONE_ID = {"for", "list", "form", "aria-activedescendant"}
_MANY_IDS = {"aria-describedby", "aria-labelledby", "aria-controls", "aria-owns", "aria-errormessage", "headers"}
_HIDING = {"vh", "visually-hidden"}


def faults_of(page: HtmlPage, host: str) -> list[str]:
    """Everything wrong with a page or a fragment that was served by ``host`` (with its port)."""
    return [*page.mended, *_of_pieces(page, host), *([] if page.is_fragment else _of_the_whole(page))]


def header_faults_of(content_security_policy: str) -> list[str]:
    """What the policy lets through that it should not."""
    policy = {words[0]: words[1:] for part in content_security_policy.split(";") if (words := part.split())}
    wanted = ("default-src", "form-action", "base-uri", "frame-ancestors")
    return [
        *(f"the policy does not say {name}" for name in wanted if name not in policy),
        *(
            f"{name} allows {value}"
            for name, values in policy.items()
            for value in values
            if "unsafe" in value or value == "*"
        ),
    ]


def _of_the_whole(page: HtmlPage) -> Iterator[str]:
    root = page.root
    headings = [text_of(element) for element in page.elements("h1")]
    if len(headings) != 1:
        yield f"there are {len(headings)} h1: {headings}"
    elif not headings[0] or not page.title.removeprefix("Error: ").startswith(headings[0]):
        yield f"the title {page.title!r} does not begin with the h1 {headings[0]!r}"
    if root.get("lang", "").split("-")[0] != "es":
        yield f"the language is {root.get('lang')!r}"
    if not any(element.get("name") == "viewport" for element in page.elements("meta")):
        yield "no viewport is set: a phone shows the page as a desktop would"
    yield from _dangling(page)


def _dangling(page: HtmlPage) -> Iterator[str]:
    for reference in (element.get("href", "") for element in page.elements("a")):
        if reference.startswith("#") and reference[1:] not in page.ids:
            yield f"the link to {reference} leads nowhere"
    for element in page.root.iter():
        for name in _ONE_ID.intersection(element.keys()):
            if element.get(name) not in page.ids:
                yield f"{name}={element.get(name)!r} names no id"
        for name in _MANY_IDS.intersection(element.keys()):
            for identity in element.get(name, "").split():
                if identity not in page.ids:
                    yield f"{name} names {identity!r}, which is no id"


def _of_pieces(page: HtmlPage, host: str) -> Iterator[str]:
    counted = Counter(identity for element in page.root.iter() if (identity := element.get("id")) is not None)
    yield from (f"the id {identity!r} is used {times} times" for identity, times in counted.items() if times > 1)
    yield from _unlabelled(page)
    yield from _inline_code(page)
    yield from _other_hosts(page, host)
    for element in page.elements("button"):
        if not text_of(element) and not element.get("aria-label"):
            yield "a button says nothing"


def _unlabelled(page: HtmlPage) -> Iterator[str]:
    for control in page.fields():
        label = page.label_of(control)
        name = control.get("name", "?")
        if label is None or not text_of(label):
            yield f"the field {name!r} has no label"
        elif label.get("hidden") is not None or _HIDING & set(label.get("class", "").split()):
            yield f"the label of the field {name!r} is not visible"
        if control.get("type") == "radio" and not page.legend_of(control):
            yield f"the choices of {name!r} stand in no fieldset with a legend"


def _inline_code(page: HtmlPage) -> Iterator[str]:
    for element in page.root.iter():
        if element.tag == "style":
            yield "there is a style element"
        if element.tag == "script" and element.get("src") is None and "json" not in element.get("type", ""):
            yield "there is an inline script"
        for name, value in element.items():
            if name == "style" or name.startswith(("on", "hx-on", "data-hx-on")):
                yield f"<{element.tag}> has the inline attribute {name}={value!r}"
            if value.strip().lower().startswith(("javascript:", "js:")):
                yield f"<{element.tag}> has code in {name}={value!r}"


def _other_hosts(page: HtmlPage, host: str) -> Iterator[str]:
    for element in page.root.iter():
        loads = {name: value for name, value in element.items() if name in _LOADS}
        if element.tag == "link" and _LOADING_RELS & set(element.get("rel", "").split()):
            loads["href"] = element.get("href", "")
        for name, value in loads.items():
            if urlsplit(value).netloc not in {"", host}:
                yield f"<{element.tag}> takes {name}={value!r} from another host"
