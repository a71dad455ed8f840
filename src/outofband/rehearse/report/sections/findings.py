"""The findings, errors first, and of many of a rule all but the first folded away."""

from __future__ import annotations

from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report import words
from outofband.rehearse.report.element import Element, code, element, several
from outofband_lint.finding import Finding

_ALIKE = 3


def section(rehearsal: Rehearsal) -> Element | None:
    """Return the findings."""
    if not rehearsal.findings:
        return None
    found: list[Element] = []
    for rule, alike in words.by_rule(rehearsal).items():
        told = [_finding(f, f in rehearsal.seen, in_full=f is alike[0]) for f in alike]
        found += told[:_ALIKE]
        if told[_ALIKE:]:
            summary = element("summary", f"{len(told[_ALIKE:])} more of {rule}")
            more = several("ul", told[_ALIKE:], class_="findings")
            found.append(element("li", element("details", summary, more), class_="more"))
    return element(
        "section",
        element("h2", "Findings"),
        several("ul", found, class_="findings"),
        id="findings",
    )


def _finding(finding: Finding, is_seen: bool, *, in_full: bool) -> Element:
    where = code(words.place(finding.path, finding.line)) if finding.path else None
    how = "seen here" if is_seen else "predicted by lint"
    head = element(
        "h3",
        element("span", finding.severity, class_="badge"),
        f" {finding.rule} ",
        element("small", where, f" {how}"),
    )
    fix = words.help_of(finding, in_full=in_full)
    return element(
        "li",
        head,
        element("p", words.sentence(finding.message)),
        element("pre", code(words.cut(finding.statement))) if finding.statement else None,
        element("p", element("b", "Instead: "), fix),
        class_=finding.severity,
    )
