"""Elements of an HTML page: a tree that is written at its end, so that every text is escaped."""

from __future__ import annotations

from collections.abc import Iterable
from xml.etree import ElementTree

from outofband.rehearse.report.words import spelled

Element = ElementTree.Element
Child = Element | str | None


def element(tag: str, *children: Child, **attributes: str | None) -> Element:
    """Return an element; those of its attributes that are None are left out.

    Their names end with an underscore where Python has another use for them, and one within stands
    for a hyphen.
    """
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
    made = Element(tag, {name: spelled(each) for name, each in named.items() if each is not None})
    last: Element | None = None
    for child in children:
        if isinstance(child, Element):
            made.append(child)
            last = child
        elif child:
            text = spelled(child)
            if last is None:
                made.text = (made.text or "") + text
            else:
                last.tail = (last.tail or "") + text
    return made


def several(tag: str, children: Iterable[Child], **attributes: str | None) -> Element:
    """Return an element of any number of children."""
    return element(tag, *children, **attributes)


def code(text: str) -> Element:
    """Return a name or a statement, which may be broken anywhere."""
    return element("code", text)


def written(root: Element) -> str:
    """Return a page; `html` is its root."""
    return "<!doctype html>\n" + ElementTree.tostring(root, "unicode", "html") + "\n"
