"""A rehearsal as a comment on a pull request: the verdict first, then why, then every statement."""

from __future__ import annotations

from collections.abc import Iterator

from outofband.rehearse.at_size import duration
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report import words
from outofband.rehearse.trace import Lock, Traced
from outofband_lint.finding import Finding
from outofband_lint.locks import LockMode


def report(rehearsal: Rehearsal) -> str:
    """Return the report as GitHub's Markdown."""
    return "\n".join(_lines(rehearsal)) + "\n"


def _lines(rehearsal: Rehearsal) -> Iterator[str]:
    yield f"## Rehearsal: {words.heading(rehearsal)}"
    yield ""
    yield f"**{words.verdict(rehearsal)}** {words.parts(rehearsal).capitalize()}."
    yield from (f"\n> {note}" for note in rehearsal.notes)
    yield from _findings(rehearsal)
    upgraded = rehearsal.part("upgrade")
    for revision in rehearsal.revisions:
        statements = [
            t for t in (upgraded.statements if upgraded else ()) if t.revision == revision.id
        ]
        if statements:
            yield from _revision(rehearsal, revision.id, statements)


def _findings(rehearsal: Rehearsal) -> Iterator[str]:
    if rehearsal.findings:
        yield ""
        yield "### Findings"
        yield ""
    for finding in rehearsal.findings:
        yield _finding(finding, is_seen=finding in rehearsal.seen)


def _finding(finding: Finding, *, is_seen: bool) -> str:
    sign = {"error": "❌", "warning": "⚠️"}[finding.severity]
    how = "seen" if is_seen else "predicted"
    where = f"`{words.place(finding.path, finding.line)}` " if finding.path else ""
    text = f"{_text(finding.message)} {_text(finding.help)}"
    return f"- {sign} {where}**{finding.rule}** ({how}): {text}"


def _revision(rehearsal: Rehearsal, revision: str, statements: list[Traced]) -> Iterator[str]:
    yield ""
    yield f"<details><summary>Revision <code>{revision}</code>: {_summary(statements)}</summary>"
    yield ""
    yield "| line | statement | locks | what waits | what it does | in production |"
    yield "|---:|---|---|---|---|---|"
    for traced in statements:
        lasts = words.lasts(duration(traced, rehearsal.stats), traced)
        cells = (
            str(traced.line),
            f"`{_cell(words.one_line(traced.sql))}`",
            _cell(
                "; ".join(f"{lock.mode.value} {words.name(lock.table)}" for lock in traced.locks)
            ),
            _stops(traced.locks),
            _cell("; ".join(words.works(traced))),
            lasts,
        )
        yield f"| {' | '.join(cells)} |"
    yield ""
    yield "</details>"


def _summary(statements: list[Traced]) -> str:
    count = len(statements)
    modes = {lock.mode for traced in statements for lock in traced.locks}
    strongest = max(modes, key=lambda mode: mode.strength, default=None)
    said = f"{count} statement{'' if count == 1 else 's'}"
    return (
        f"{said}, at most {strongest.value}" if strongest else f"{said}, no lock on what was there"
    )


def _stops(locks: tuple[Lock, ...]) -> str:
    stopping = [lock for lock in locks if lock.mode.conflicts_with(LockMode.ROW_EXCLUSIVE)]
    strongest = max(stopping, key=lambda lock: lock.mode.strength, default=None)
    return strongest.mode.blocks if strongest else "nothing"


def _text(text: str) -> str:
    return text.replace("\n", " ").replace("<", "&lt;")


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("`", "'")
