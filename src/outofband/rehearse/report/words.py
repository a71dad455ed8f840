"""What every form of the report says in the same words."""

from __future__ import annotations

import os
from collections.abc import Iterator

from outofband.rehearse.at_size import Duration, Hold
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.run import Part
from outofband.rehearse.trace import Traced
from outofband_lint.names import QualifiedName
from outofband_lint.spelling import shown

_PARTS: tuple[tuple[Part, str], ...] = (
    ("upgrade", "upgrade"),
    ("downgrade", "downgrade"),
    ("again", "upgrade again"),
)


def version(number: int) -> str:
    """Return a server's version as people say it: 18.6."""
    return f"{number // 10_000}.{number % 10_000}"


def heading(rehearsal: Rehearsal) -> str:
    """Say what was rehearsed, and where."""
    count = len(rehearsal.revisions)
    what = f"{count} revision{'' if count == 1 else 's'}"
    on = f"on top of {', '.join(rehearsal.base)}" if rehearsal.base else "from an empty database"
    return f"{what} {on}, on PostgreSQL {version(rehearsal.server_version)}"


def verdict(rehearsal: Rehearsal) -> str:
    """Say in one line how many findings there are, and what the worst lock costs."""
    errors = sum(finding.severity == "error" for finding in rehearsal.findings)
    warnings = len(rehearsal.findings) - errors
    counted = [f"{n} {word}{'' if n == 1 else 's'}" for n, word in _counts(errors, warnings)]
    worst = longest(rehearsal)
    said = ", ".join(counted) or "nothing found"
    if worst is None or worst.duration is None:
        return f"{said}."
    waits = f"{worst.lock.mode.blocks} of {name(worst.lock.table)}"
    return f"{said}. Longest: {waits} waits for {time(worst.duration)}."


def longest(rehearsal: Rehearsal) -> Hold | None:
    """Return the lock on which an application would wait longest; None where none is known."""
    known = [h for h in rehearsal.holds if h.stops and h.duration is not None]
    return max(known, key=lambda h: h.duration.seconds if h.duration else 0.0, default=None)


def parts(rehearsal: Rehearsal) -> str:
    """Say which parts of the run came to their end."""
    told = []
    for part, word in _PARTS:
        ran = rehearsal.part(part)
        if ran is not None:
            told.append(f"{word} {'failed' if ran.failure else 'ran'}")
    return ", ".join(told)


def seconds(number: float) -> str:
    """Return a time as people say it: `3 ms`, `1.5 s`, `2 min 5 s`, `3 h 10 min`."""
    if number < 1:
        return f"{number * 1000:.0f} ms"
    if number < 60:
        return f"{number:.1f} s"
    minutes, rest = divmod(round(number), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"


def lasts(duration: Duration | None, traced: Traced) -> str:
    """Say how long a statement lasts in production; as long as here where size does not matter."""
    if traced.out_of_band:
        return "out of band, unless the table is small"
    if duration is None:
        return "not known: the size of the table is in no stats file"
    return time(duration)


def time(duration: Duration) -> str:
    """Return a duration as people say it."""
    return f"{'at least ' if duration.method else ''}{seconds(duration.seconds)}"


def name(table: QualifiedName) -> str:
    """Return a table's name as people say it."""
    return str(shown(table))


def one_line(sql: str, most: int = 72) -> str:
    """Return a statement in one line of at most so many characters."""
    text = " ".join(sql.split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def place(path: str, line: int) -> str:
    """Return where something stands, as editors and terminals open it."""
    return f"{os.path.relpath(path)}:{line}"


def works(traced: Traced) -> Iterator[str]:
    """Yield what a statement did beside locking, each in a few words."""
    verbs = (
        ("rewritten", "writes all of {} anew"),
        ("scanned", "reads all of {}"),
        ("rebuilt", "builds {} anew"),
        ("created", "makes {}"),
        ("dropped", "drops {}"),
        ("invalid", "leaves {} invalid"),
    )
    for field, verb in verbs:
        names = getattr(traced, field)
        if names:
            yield verb.format(", ".join(map(name, names)))


def _counts(errors: int, warnings: int) -> list[tuple[int, str]]:
    return [(n, word) for n, word in ((errors, "error"), (warnings, "warning")) if n]
