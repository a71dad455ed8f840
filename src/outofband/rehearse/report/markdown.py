"""A rehearsal as a comment on a pull request: the verdict first, then who waits, and what to do.

What is the same in two runs is the same in two comments, so that their difference tells something.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from outofband.rehearse.at_size import duration
from outofband.rehearse.queries.value import Planned, Unplanned
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report import words
from outofband.rehearse.report.escaped import code, fenced, html, prose
from outofband.rehearse.report.waits import Waits, alike, waits
from outofband.rehearse.trace import Lock, Traced
from outofband_lint.finding import Finding
from outofband_lint.names import QualifiedName
from outofband_lint.stats import Stats

MARKER = "<!-- outofband rehearse -->"
"""Stands in every comment, unseen, so that a bot finds the one to write anew."""
MOST = 65_536
"""Characters that GitHub takes for a comment; more is refused with "Body is too long"."""
_TABLES, _ALIKE, _STATEMENTS, _LINES = 20, 3, 40, 30
_SIGNS = {"error": "❌", "warning": "⚠️"}


def report(rehearsal: Rehearsal, *, most: int = MOST) -> str:
    """Return the report as GitHub's Markdown, of at most so many characters."""
    head, *blocks = _blocks(rehearsal)
    told, room = [head], most - _length(head) - _length(f"\n{_left_out(len(blocks))}\n{MARKER}\n")
    for block in blocks:
        if (needed := _length(f"\n{block}")) <= room:
            told.append(block)
            room -= needed
    if left := len(blocks) + 1 - len(told):
        told.append(_left_out(left))
    return "\n".join([*told, f"{MARKER}\n"])


def _length(text: str) -> int:
    """Count as the wary do, what is not in the basic plane twice."""
    return len(text.encode("utf-16-le")) // 2


def _left_out(number: int) -> str:
    there = "--report DIR keeps all of it in rehearsal.html and rehearsal.json"
    return f"_{words.count(number, 'section')} left out here for want of room: {there}._\n"


def _blocks(rehearsal: Rehearsal) -> Iterator[str]:
    """Yield what may be left out from the end, and first what may not."""
    yield "\n".join(_head(rehearsal))
    found = waits(rehearsal.holds)
    if found and not found[0].are_short:
        yield "\n".join(_waits(found, rehearsal.stats))
    yield from _findings(rehearsal)
    yield from map(_plans, words.planned_badly(rehearsal))
    upgraded = rehearsal.part("upgrade")
    for revision, group in groupby(upgraded.statements if upgraded else (), _revision_of):
        did = [traced for traced in group if traced.did_something]
        if did:
            yield "\n".join(_revision(revision, did, rehearsal.stats))


def _revision_of(traced: Traced) -> str:
    return traced.revision


def _head(rehearsal: Rehearsal) -> Iterator[str]:
    worst = {finding.severity for finding in rehearsal.findings}
    sign = next((_SIGNS[severity] for severity in _SIGNS if severity in worst), "✅")
    costs = words.cost(rehearsal, lambda table: code(words.name(table)))
    yield f"## {sign} {words.counted(rehearsal)}{f': {costs}' if costs else ''}"
    yield ""
    yield prose(f"Rehearsed {words.heading(rehearsal)}: {words.parts(rehearsal)}.")
    yield from (f"\n> {prose(note)}" for note in rehearsal.notes)
    yield ""


def _waits(found: Sequence[Waits], stats: Stats) -> Iterator[str]:
    long = [each for each in found if not each.are_short]
    groups = alike(long)
    yield "| table | size | what waits | for how long | why |"
    yield "|---|---:|---|---|---|"
    for group in groups[:_TABLES]:
        first = words.largest(group, stats)
        hold, relation = first.worst, stats.of(first.table)
        method = words.method(hold.duration)
        place = code(words.place(hold.statement.path, hold.statement.line))
        yield _row(
            _names([first.table, *(each.table for each in group if each is not first)]),
            relation.size if relation else "not known",
            words.who(hold),
            f"**{words.time(hold.duration)}**",
            f"{place} takes {hold.lock.mode.value}{prose(f': {method}') if method else ''}",
        )
    more, short = sum(map(len, groups[_TABLES:])), len(found) - len(long)
    rest = ((more, "no longer than these"), (short, "under 50 ms"))
    said = "; ".join(f"{words.count(n, 'more table')} for {time}" for n, time in rest if n)
    yield f"\n{said}.\n" if said else ""


def _findings(rehearsal: Rehearsal) -> Iterator[str]:
    """Yield a block a rule, errors first, and of many of a rule no more than show what it is."""
    heading = "### Findings\n\n"
    for rule, found in words.by_rule(rehearsal).items():
        told = [_finding(f, f in rehearsal.seen, in_full=f is found[0]) for f in found[:_ALIKE]]
        more = found[_ALIKE:]
        if more:
            files = words.count(len({finding.path for finding in more}), "file")
            told.append(f"- {len(more)} more of **{rule}** in {files}\n")
        yield heading + "\n".join(told)
        heading = ""


def _finding(finding: Finding, is_seen: bool, *, in_full: bool) -> str:
    where = f" {code(words.place(finding.path, finding.line))}" if finding.path else ""
    how = "" if is_seen else ", predicted"
    message = prose(words.sentence(finding.message))
    fix = prose(words.help_of(finding, in_full=in_full))
    return f"- {_SIGNS[finding.severity]}{where} **{finding.rule}**{how}: {message}\n  → {fix}\n"


def _plans(planned: Planned) -> str:
    query = planned.query
    lines = [f"<details><summary>Plans of query {html(query.name)}</summary>", ""]
    for title, outcome in words.plans(planned):
        told = [outcome.why] if isinstance(outcome, Unplanned) else [*outcome.lines()]
        lines += [f"{title}:", *fenced(told[:_LINES])]
    for operation, plan in words.suggestions(planned).items():
        lines += ["With this index, tried here:", *fenced([operation, *plan.lines()][:_LINES])]
    return "\n".join([*lines, "</details>\n"])


def _revision(revision: str, statements: Sequence[Traced], stats: Stats) -> Iterator[str]:
    yield f"<details><summary>Revision {html(revision)}: {words.summary(statements)}</summary>"
    yield ""
    yield "| line | statement | locks | does | in production |"
    yield "|---:|---|---|---|---|"
    for traced in statements[:_STATEMENTS]:
        yield _row(
            str(traced.line),
            code(words.one_line(traced.sql)),
            "" if traced.out_of_band else "; ".join(_locks(traced.locks)),
            "; ".join(f"{verb} {_names(of)}" for verb, of in words.works(traced)),
            words.lasts(duration(traced, stats), traced),
        )
    more = len(statements) - _STATEMENTS
    if more > 0:
        yield f"\n{words.count(more, 'more statement')}: see rehearsal.json."
    yield "\n</details>\n"


def _locks(locks: Sequence[Lock]) -> Iterator[str]:
    for mode, tables in words.by_mode(locks):
        yield f"{mode.value} {_names(tables)}"


def _names(tables: Sequence[QualifiedName]) -> str:
    return ", ".join(words.names(tables, code))


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
