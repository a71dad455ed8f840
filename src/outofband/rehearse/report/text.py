"""A rehearsal for a terminal: what each statement does, the findings, and the verdict last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from textwrap import wrap

from outofband.rehearse.at_size import Hold, duration
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report import words
from outofband.rehearse.report.waits import blocks, by_statement
from outofband.rehearse.trace import Traced
from outofband_lint.names import QualifiedName
from outofband_lint.report import report as findings_report
from outofband_lint.stats import Stats

_MARGIN = " " * 8


def report(rehearsal: Rehearsal, *, colour: bool = False, width: int = 80) -> str:
    """Return the report in lines; ``colour`` adds a terminal's escapes to the findings.

    Only a name that is longer than a line is wider than ``width``.
    """
    return "\n".join(_lines(rehearsal, colour=colour, width=width)) + "\n"


def _lines(rehearsal: Rehearsal, *, colour: bool, width: int) -> Iterator[str]:
    yield from _wrapped(f"Rehearsed {words.heading(rehearsal)}: {words.parts(rehearsal)}.", width)
    for note in rehearsal.notes:
        yield from _wrapped(note, width)
    upgraded = rehearsal.part("upgrade")
    did = [each for each in (upgraded.statements if upgraded else ()) if each.did_something]
    held = by_statement(rehearsal.holds)
    for path, statements in groupby(did, key=lambda traced: traced.path):
        yield ""
        yield words.visible(words.relative(path))
        for traced in statements:
            yield from _statement(traced, held.get(id(traced), ()), rehearsal.stats, width)
    yield ""
    found = rehearsal.findings
    if found:
        count = len(rehearsal.revisions)
        yield findings_report("text", found, revisions=count, colour=colour).rstrip("\n")
    yield from _wrapped(words.verdict(rehearsal), width)


def _statement(traced: Traced, held: Sequence[Hold], stats: Stats, width: int) -> Iterator[str]:
    yield f"  {traced.line:>4}  {words.one_line(traced.sql, width - len(_MARGIN))}"
    for locked, tables in _alike(held).items():
        mode, stops = locked
        names = ", ".join(words.names(tables, str))
        yield from _wrapped(f"{mode} on {names}: {stops}", width, True)
    done = [f"{verb} {', '.join(words.names(of, str))}" for verb, of in words.works(traced)]
    known = duration(traced, stats)
    if done:
        method = f" ({known.method})" if known and known.method and not traced.out_of_band else ""
        lasts = words.lasts(known, traced)
        yield from _wrapped(f"{', '.join(done)}: {lasts}{method}", width, True)


def _alike(held: Sequence[Hold]) -> dict[tuple[str, str], list[QualifiedName]]:
    """Return which mode is taken, and what that stops, with the tables."""
    found: dict[tuple[str, str], list[QualifiedName]] = {}
    for hold in held:
        lasts = f" for {words.time(hold.duration)}" if blocks(hold) else ""
        stops = f"stops {words.who(hold)}{lasts}"
        found.setdefault((hold.lock.mode.value, stops), []).append(hold.lock.table)
    return found


def _wrapped(text: str, width: int, below: bool = False) -> list[str]:
    first, rest = (_MARGIN, f"{_MARGIN}  ") if below else ("", "")
    return wrap(
        words.visible(text),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
