"""What a rehearsal shows and no reading of the revisions could: findings beside the linter's."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain

from outofband.rehearse.at_size import Hold
from outofband.rehearse.predicted import Surprise
from outofband.rehearse.queries import findings as of_queries
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.run import Failure, Ran
from outofband.rehearse.schema import difference
from outofband.rehearse.trace import Traced
from outofband_lint.finding import Finding, Severity
from outofband_lint.fingerprint import fingerprint
from outofband_lint.names import QualifiedName
from outofband_lint.rules import all_rules
from outofband_lint.spelling import shown

_BEARABLE = 2.0
"""Seconds that an application may wait for a lock: the default of the deploy's lock_timeout."""


def of(rehearsal: Rehearsal, surprises: Iterable[Surprise]) -> Iterator[Finding]:
    """Yield what was seen, each with a fingerprint of its own; a lock that lint tells of in the
    same line is not told again.
    """
    times: Counter[str] = Counter()
    for finding in _seen(rehearsal, surprises):
        print_ = finding.fingerprint
        times[print_] += 1
        other = fingerprint(finding.rule, finding.revision, print_, times[print_])
        yield finding if times[print_] == 1 else replace(finding, fingerprint=other)


def _seen(rehearsal: Rehearsal, surprises: Iterable[Surprise]) -> Iterator[Finding]:
    claims = {rule.name for rule in all_rules() if rule.lock is not None}
    said = {(os.path.abspath(f.path), f.line) for f in rehearsal.predicted if f.rule in claims}
    yield from chain.from_iterable(_failed(ran) for ran in rehearsal.ran)
    yield from _invalid(rehearsal)
    yield from _not_predicted(surprises)
    for hold in _longest(rehearsal.holds):
        if (os.path.abspath(hold.statement.path), hold.statement.line) not in said:
            yield from _held(hold)
    yield from _differences(rehearsal)
    yield from of_queries.of(rehearsal.planned)


def _failed(ran: Ran) -> Iterator[Finding]:
    failure = ran.failure
    if failure is not None:
        rule = "downgrade-fails" if ran.part == "downgrade" else "upgrade-fails"
        again = " the second time, after a downgrade" if ran.part == "again" else ""
        found = _about(failure, rule, f"{failure.what}{again}: {failure.why}".rstrip(": "))
        yield replace(found, help=_IN_THE_WAY) if again and failure.path else found


_IN_THE_WAY = "Mend downgrade(), if something that it leaves is in the way"
_NO_WAY_BACK = (
    "Where there shall be no way back, say so: # outofband: allow[downgrade-fails] because …"
)


def _about(failure: Failure, rule: str, message: str) -> Finding:
    place = (failure.revision, failure.path, failure.line)
    if failure.path:  # it stands in the message as this machine has it
        message = message.replace(failure.path, os.path.relpath(failure.path))
    if failure.on_purpose and rule == "downgrade-fails":
        return _finding(rule, "warning", place, message, _NO_WAY_BACK)
    return _finding(rule, "error", place, message, failure.do)


def _invalid(rehearsal: Rehearsal) -> Iterator[Finding]:
    for traced in (t for ran in rehearsal.ran if ran.part == "upgrade" for t in ran.statements):
        for index in traced.invalid:
            yield _of(
                traced,
                "index-left-invalid",
                "error",
                f"The index {shown(index)} is invalid after this: no query uses it.",
                "Attach an index for each partition, or build it without ON ONLY.",
            )


def _not_predicted(surprises: Iterable[Surprise]) -> Iterator[Finding]:
    for traced, beyond in surprises:
        taken = ", ".join(f"{lock.mode.value} on {shown(lock.table)}" for lock in beyond)
        blocked = beyond[0].mode.blocks
        yield _of(
            traced,
            "lock-not-predicted",
            "warning",
            f"It takes {taken}, which its text does not tell: {blocked} waits for it.",
            "See which function, trigger, CASCADE or partition takes it.",
        )


def _longest(holds: Iterable[Hold]) -> Iterator[Hold]:
    """Yield of each table's locks in a transaction that stop an application the first one."""
    seen: set[tuple[int, QualifiedName]] = set()
    for hold in holds:
        key = (hold.statement.transaction, hold.lock.table)
        lasts = hold.duration is not None and hold.duration.seconds > _BEARABLE
        if hold.stops and lasts and key not in seen:
            seen.add(key)
            yield hold


def _held(hold: Hold) -> Iterator[Finding]:
    assert hold.duration is not None
    lock = hold.lock
    yield _of(
        hold.statement,
        "lock-held-long",
        "error",
        f"{lock.mode.value} on {shown(lock.table)} is held for at least"
        f" {hold.duration.seconds:.0f} s in production, and {lock.mode.blocks} waits:"
        f" {hold.duration.method}.",
        "Move what takes long out of this transaction, or out of band.",
    )


def _differences(rehearsal: Rehearsal) -> Iterator[Finding]:
    base, down = rehearsal.part("base"), rehearsal.part("downgrade")
    up, again = rehearsal.part("upgrade"), rehearsal.part("again")
    pairs: tuple[tuple[Ran | None, Ran | None, str, Severity, str], ...] = (
        (base, down, "downgrade-differs", "warning", "After the downgrade the schema is another"),
        (up, again, "upgrade-differs", "error", "After a downgrade the upgrade makes another one"),
    )
    first = rehearsal.revisions[0] if rehearsal.revisions else None
    for before, after, rule, severity, what in pairs:
        if before is None or after is None or before.failure or after.failure or first is None:
            continue
        found = difference(before.schema, after.schema)
        if found:
            place = (first.id, first.path, first.line)
            yield _finding(rule, severity, place, f"{what}. {found}.", "Mend downgrade().")


def _of(traced: Traced, rule: str, severity: Severity, message: str, help_: str) -> Finding:
    """Return a finding about a statement."""
    place = (traced.revision, traced.path, traced.line)
    return _finding(rule, severity, place, message, help_, traced.sql)


def _finding(
    rule: str,
    severity: Severity,
    place: tuple[str, str, int],
    message: str,
    help_: str,
    sql: str = "",
) -> Finding:
    revision, path, line = place[0], os.path.relpath(place[1]) if place[1] else "", place[2]
    key = fingerprint(rule, revision, sql or message, 1)
    return Finding(rule, severity, revision, path, line, message, help_, sql, key)
