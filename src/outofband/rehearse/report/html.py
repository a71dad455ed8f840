"""A rehearsal as a page of its own: no script, no network, nothing but what is in the file."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from importlib import resources

from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report import words
from outofband.rehearse.report.element import Element, element, several, written
from outofband.rehearse.report.sections import findings, lanes, plans, statements


def report(rehearsal: Rehearsal) -> str:
    """Return the report as HTML that a browser shows from a file, and a printer prints."""
    style = (resources.files(__package__) / "page.css").read_text(encoding="utf-8")
    return written(element("html", _head(style), _body(rehearsal), lang="en"))


def _head(style: str) -> Element:
    digest = b64encode(sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", "Rehearsal"),
        element("style", style),
    )


def _body(rehearsal: Rehearsal) -> Element:
    found = [each for each in _sections(rehearsal) if each is not None]
    return element("body", _header(rehearsal, found), several("main", found))


def _sections(rehearsal: Rehearsal) -> Iterator[Element | None]:
    yield lanes.section(rehearsal)
    yield findings.section(rehearsal)
    yield plans.section(rehearsal)
    yield statements.section(rehearsal)


def _header(rehearsal: Rehearsal, sections: list[Element]) -> Element:
    severities = {finding.severity for finding in rehearsal.findings}
    worst = "error" if "error" in severities else "warning" if severities else "fine"
    links = [
        element("li", element("a", section.findtext("h2"), href=f"#{section.get('id')}"))
        for section in sections
    ]
    verdict = words.verdict(rehearsal)
    return element(
        "header",
        element("h1", element("span", worst, class_="badge"), f" {verdict}", class_=worst),
        element("p", f"Rehearsed {words.heading(rehearsal)}: {words.parts(rehearsal)}."),
        *(element("p", note, class_="note") for note in rehearsal.notes),
        element("nav", several("ul", links), aria_label="Sections") if links else None,
    )
