"""A rehearsal for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from outofband.rehearse.at_size import duration
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report import words
from outofband.rehearse.trace import Traced
from outofband_lint.report import report as findings_report


def report(rehearsal: Rehearsal, *, colour: bool = False) -> str:
    """Return the report in lines; ``colour`` adds a terminal's escapes to the findings."""
    return "\n".join(_lines(rehearsal, colour=colour)) + "\n"


def _lines(rehearsal: Rehearsal, *, colour: bool) -> Iterator[str]:
    yield f"Rehearsed {words.heading(rehearsal)}: {words.parts(rehearsal)}."
    yield from rehearsal.notes
    upgraded = rehearsal.part("upgrade")
    path = ""
    for traced in upgraded.statements if upgraded else ():
        if traced.path != path:
            path = traced.path
            yield ""
            yield f"{words.place(path, traced.line).rpartition(':')[0]}"
        yield from _statement(rehearsal, traced)
    yield ""
    found = rehearsal.findings
    if found:
        count = len(rehearsal.revisions)
        yield findings_report("text", found, revisions=count, colour=colour).rstrip("\n")
    said = words.verdict(rehearsal)
    yield said[0].upper() + said[1:]


def _statement(rehearsal: Rehearsal, traced: Traced) -> Iterator[str]:
    yield f"  {traced.line:>4}  {words.one_line(traced.sql)}"
    for hold in (hold for hold in rehearsal.holds if hold.statement is traced):
        lasts = f" ({words.lasts(hold.duration, traced)})" if hold.stops else ""
        lock = hold.lock
        waits = lock.mode.blocks
        yield f"        {lock.mode.value} on {words.name(lock.table)}: stops {waits}{lasts}"
    done = [*words.works(traced)]
    known = duration(traced, rehearsal.stats)
    if done:
        method = f" ({known.method})" if known and known.method else ""
        yield f"        {', '.join(done)}: {words.lasts(known, traced)}{method}"
