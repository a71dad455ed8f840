"""Every statement that did something: what it locks, what it does, how long that lasts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from outofband.rehearse.at_size import duration
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report import words
from outofband.rehearse.report.element import Child, Element, code, element, several
from outofband.rehearse.trace import Traced
from outofband_lint.names import QualifiedName
from outofband_lint.stats import Stats


def section(rehearsal: Rehearsal) -> Element | None:
    """Return the statements of each revision, folded away where there are several."""
    upgraded = rehearsal.part("upgrade")
    did = [traced for traced in (upgraded.statements if upgraded else ()) if traced.did_something]
    if not did:
        return None
    groups = groupby(did, key=lambda traced: traced.revision)
    revisions = [(revision, [*group]) for revision, group in groups]
    alone = "" if len(revisions) == 1 else None
    found = [_revision(*each, rehearsal.stats, alone) for each in revisions]
    return element("section", element("h2", "Statements"), *found, id="statements")


def _revision(
    revision: str, statements: Sequence[Traced], stats: Stats, is_open: str | None
) -> Element:
    said = f": {words.summary(statements)}"
    return element(
        "details",
        element("summary", "Revision ", code(revision), said),
        several("ol", (_statement(traced, stats) for traced in statements), class_="statements"),
        open=is_open,
    )


def _statement(traced: Traced, stats: Stats) -> Element:
    return element(
        "li",
        element("p", code(words.place(traced.path, traced.line)), class_="why"),
        element("pre", code(words.cut(traced.sql))),
        several("dl", _facts(traced, stats)),
    )


def _facts(traced: Traced, stats: Stats) -> Iterator[Element]:
    for mode, tables in words.by_mode(() if traced.out_of_band else traced.locks):
        yield element("dt", mode.value)
        yield several("dd", _names(tables))
    for verb, names in words.works(traced):
        yield element("dt", verb)
        yield several("dd", _names(names))
    known = duration(traced, stats)
    method = "" if traced.out_of_band else words.method(known)
    yield element("dt", "in production")
    yield element("dd", words.lasts(known, traced), f" ({method})" if method else None)


def _names(names: Sequence[QualifiedName]) -> Iterator[Child]:
    for number, name in enumerate(words.names(names, code)):
        yield ", " if number else None
        yield name
