"""What every form of the report says in the same words."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from outofband.pretend.plan import Plan
from outofband.rehearse.at_size import Duration, Hold
from outofband.rehearse.queries.value import Outcome, Planned, Unplanned
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report.waits import SHORT, Waits, locks_rows, waits
from outofband.rehearse.run import Part
from outofband.rehearse.trace import Lock, Traced
from outofband_lint.finding import Finding
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.report.colour import harmless
from outofband_lint.spelling import shown
from outofband_lint.stats import Stats

T = TypeVar("T")
_PARTS: tuple[tuple[Part, str], ...] = (
    ("base", "what comes before"),
    ("upgrade", "upgrade"),
    ("downgrade", "downgrade"),
    ("again", "upgrade again"),
)
_UPWARD: tuple[Part, ...] = ("base", "upgrade")
_UNITS = ((1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86_400.0, "days"))
_NAMED = 4
_PLAIN_FORM = "Without outofband"
_COMMENTS = re.compile(r"\A(?:\s*--[^\n]*\n)+")
# What turns the order of letters round, so that a name is not read as it is (UAX #9).
_TURNING = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def version(number: int) -> str:
    """Return a server's version as people say it: 18.6."""
    return f"{number // 10_000}.{number % 10_000}"


def heading(rehearsal: Rehearsal) -> str:
    """Say what was rehearsed, and where."""
    what = count(len(rehearsal.revisions), "revision")
    on = f"on top of {', '.join(rehearsal.base)}" if rehearsal.base else "from an empty database"
    return f"{what} {on}, on PostgreSQL {version(rehearsal.server_version)}"


def counted(rehearsal: Rehearsal) -> str:
    """Say how many findings there are, and first what failed: `Upgrade failed, 1 error`."""
    failed = [f"{word} failed" for part, word in _PARTS if has_failed(rehearsal, part)]
    errors = sum(finding.severity == "error" for finding in rehearsal.findings)
    numbers = ((errors, "error"), (len(rehearsal.findings) - errors, "warning"))
    found = [count(number, word) for number, word in numbers if number]
    said = ", ".join([*failed, *found]) or "nothing found"
    return said[0].upper() + said[1:]


def who(hold: Hold) -> str:
    """Say what waits for a lock."""
    return "every write of a changed row" if locks_rows(hold) else hold.lock.mode.blocks


def verdict(rehearsal: Rehearsal) -> str:
    """Say in one line how many findings there are, and what the worst lock costs."""
    costs = cost(rehearsal, name)
    return f"{counted(rehearsal)}{f': {costs}' if costs else ''}."


def cost(rehearsal: Rehearsal, spelled: Callable[[QualifiedName], str]) -> str:
    """Say what waits longest, with the table's name ``spelled``, and how many queries are slow.

    Of an upgrade that failed nobody knows.
    """
    found, slow = waits(rehearsal.holds), len(planned_badly(rehearsal))
    said = []
    if found and not found[0].are_short:
        worst = found[0].worst
        said.append(f"{who(worst)} of {spelled(worst.lock.table)} waits for {time(worst.duration)}")
    if slow:
        of = count_queries(len(rehearsal.planned))
        said.append(f"{slow} of {of} {'is' if slow == 1 else 'are'} planned badly")
    failed = any(has_failed(rehearsal, part) for part in _UPWARD)
    return "; ".join(said) or ("" if failed else "nothing waits longer than 50 ms")


def count_queries(number: int) -> str:
    """Return a number with the word: `1 query`, `7 queries`."""
    return "1 query" if number == 1 else f"{number:,} queries"


def method(duration: Duration | None, most: int = 2) -> str:
    """Say how a duration is known, of what adds up to it no more than so much."""
    told = duration.method.split("; ") if duration and duration.method else []
    more = [f"and {len(told) - most} more"] if len(told) > most else []
    return "; ".join([*told[:most], *more])


def parts(rehearsal: Rehearsal) -> str:
    """Say which parts of the run came to their end."""
    told = []
    for part, word in _PARTS:
        ran = rehearsal.part(part)
        if ran is not None and (part != "base" or ran.failure):
            told.append(f"{word} {'failed' if ran.failure else 'ran'}")
    return ", ".join(told)


def seconds(number: float) -> str:
    """Return a time in one unit and two digits, as what is no more than an estimate needs."""
    unit, word = next(
        ((unit, word) for unit, word in reversed(_UNITS) if number >= unit), _UNITS[0]
    )
    return f"{float(f'{number / unit:.2g}'):g} {word}"


def lasts(duration: Duration | None, traced: Traced) -> str:
    """Say how long a statement lasts in production; as long as here where size does not matter."""
    return "out of band, unless the table is small" if traced.out_of_band else time(duration)


def time(duration: Duration | None) -> str:
    """Return a duration as people say it, the same in every run where no size counts."""
    if duration is None:
        return "an unknown time (a table's size is in no stats file)"
    if duration.seconds < SHORT:
        return "under 1 s" if duration.method else "under 50 ms"
    if duration.method:
        return f"at least {seconds(duration.seconds)}"
    return "under 1 s" if duration.seconds < 1 else f"about {seconds(duration.seconds)}"


def name(table: QualifiedName) -> str:
    """Return a table's name as people say it."""
    return str(shown(table))


def names(tables: Sequence[QualifiedName], spelled: Callable[[str], T]) -> list[T | str]:
    """Return names as people say them, ``spelled``, and after a few how many more there are."""
    told: list[T | str] = [spelled(name(table)) for table in tables[:_NAMED]]
    return [*told, f"and {len(tables) - _NAMED} more"] if len(tables) > _NAMED else told


def one_line(sql: str, most: int = 72) -> str:
    """Return a statement in one line of at most so many characters."""
    text = visible(_COMMENTS.sub("", sql))
    return text if len(text) <= most else f"{text[: most - 1]}…"


def visible(text: str) -> str:
    """Return a text in one line, with what no one would see in it spelled."""
    return spelled(" ".join(text.split()))


def spelled(text: str) -> str:
    """Return a text whose lines stay, with what no one would see in them spelled."""
    return _TURNING.sub(lambda found: f"\\u{ord(found[0]):04x}", harmless(text))


def relative(path: str) -> str:
    """Return a path as seen from here, which is the same on every machine."""
    return os.path.relpath(path)


def place(path: str, line: int) -> str:
    """Return where something stands, as editors and terminals open it."""
    return f"{relative(path)}:{line}"


def cut(sql: str, most: int = 2000) -> str:
    """Return a statement in its own lines, of at most so many characters."""
    text = _COMMENTS.sub("", sql).strip()
    return text if len(text) <= most else f"{text[: most - 1]}…"


def summary(statements: Sequence[Traced]) -> str:
    """Say how many statements a revision has, and what the strongest of their locks is."""
    inside = [traced for traced in statements if not traced.out_of_band]
    modes = [traced.strongest for traced in inside if traced.strongest]
    strongest = max(modes, key=lambda mode: mode.strength, default=None)
    locked = f"at most {strongest.value}" if strongest else "no lock on what was there"
    beside = len(statements) - len(inside)
    counted = ((len(inside), "statement", f", {locked}"), (beside, "step", " out of band"))
    return ", ".join(f"{count(number, word)}{more}" for number, word, more in counted if number)


def by_mode(locks: Sequence[Lock]) -> Iterator[tuple[LockMode, list[QualifiedName]]]:
    """Yield each mode with its tables, strongest first."""
    for mode in sorted({lock.mode for lock in locks}, key=lambda mode: -mode.strength):
        yield mode, [lock.table for lock in locks if lock.mode is mode]


def by_rule(rehearsal: Rehearsal) -> dict[str, list[Finding]]:
    """Return the findings of each rule, errors first, and of these what was seen."""
    rules: dict[str, list[Finding]] = {}
    seen = {*map(id, rehearsal.seen)}
    for finding in sorted(
        rehearsal.findings,
        key=lambda finding: (finding.severity != "error", id(finding) not in seen),
    ):
        rules.setdefault(finding.rule, []).append(finding)
    return rules


def planned_badly(rehearsal: Rehearsal) -> list[Planned]:
    """Return the queries of which there is a finding."""
    told = {(finding.path, finding.line, finding.statement) for finding in rehearsal.seen}

    def is_told(planned: Planned) -> bool:
        query = planned.query
        return (relative(query.path) if query.path else "", query.line, query.sql) in told

    return [planned for planned in rehearsal.planned if is_told(planned)]


def largest(group: Sequence[Waits], stats: Stats) -> Waits:
    """Return whose table is largest: of partitions and what they are of, that."""

    def size(each: Waits) -> int:
        relation = stats.of(each.table)
        return relation.bytes if relation else -1

    return max(group, key=size)


def plans(planned: Planned) -> Iterator[tuple[str, Outcome]]:
    """Yield a query's plans, each with when it holds; one that did not change is there once."""
    base, head = planned.base, planned.head
    same = isinstance(base, Plan) and isinstance(head, Plan) and base.shape == head.shape
    told = (
        ("Before and after" if same else "Before", base),
        ("Until outofband apply", planned.deferred),
        ("After", None if same else head),
    )
    free = "" if planned.sized or isinstance(head, Unplanned) else ", whatever the size"
    yield from ((f"{title}{free}", outcome) for title, outcome in told if outcome is not None)


def suggestions(planned: Planned) -> dict[str, Plan]:
    """Return the operations that declare an index, each with the plan that there was with it."""
    tried = [fault.suggestion for fault in planned.faults if fault.suggestion is not None]
    return {each.operation: each.plan for each in tried}


def help_of(finding: Finding, *, in_full: bool = True) -> str:
    """Return what to do, as a sentence; what it says of plain Alembic only ``in_full``."""
    told = finding.help if in_full else finding.help.partition(_PLAIN_FORM)[0]
    return sentence(told)


def sentence(text: str) -> str:
    """Return a text that ends as a sentence does."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."


def works(traced: Traced) -> Iterator[tuple[str, tuple[QualifiedName, ...]]]:
    """Yield what a statement did beside locking: a verb, and to what.

    What an operation of ours reads here, it does not read in a deploy.
    """
    verbs = (
        ("rewritten", "writes anew all of"),
        ("scanned", "reads all of"),
        ("rebuilt", "builds anew"),
        ("created", "makes"),
        ("dropped", "drops"),
        ("invalid", "leaves invalid"),
    )
    for field, verb in verbs:
        found = getattr(traced, field)
        if found and not (traced.out_of_band and field == "scanned"):
            yield verb, found


def count(number: int, word: str) -> str:
    """Return a number with its word: `1 error`, `2 errors`."""
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def has_failed(rehearsal: Rehearsal, part: Part) -> bool:
    """Whether a part of the run was come to, and came to no end."""
    ran = rehearsal.part(part)
    return ran is not None and ran.failure is not None
