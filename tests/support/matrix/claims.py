"""What a rule claims, its examples as something to run, and where a server disagrees."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from matrix.trace import Seen, Step
from outofband_lint.engine import lint
from outofband_lint.example import Example
from outofband_lint.rule import Rule
from outofband_lint.settings import Settings
from outofband_lint.source import Revision


@dataclass(frozen=True, slots=True)
class Case:
    """An example as a server sees it: what was there before, and what is then sent.

    `rows` put rows into what was there. Where they make the statements fail, as the rule claims,
    the locks are measured without them: a failed statement holds none.
    """

    rule: Rule
    setup: tuple[str, ...]
    rows: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def is_provoked(self) -> bool:
        """Whether its rows are there to make it fail."""
        return bool(self.rows) and self.rule.sqlstate is not None

    def __str__(self) -> str:
        """Return the name of the rule and what is sent."""
        sent = "; ".join(step.sql for step in self.steps)
        return f"{self.rule.name}: {' '.join(sent.split())}"


def claims_anything(rule: Rule) -> bool:
    """Tell whether there is anything to measure."""
    return bool(rule.lock or rule.rewrites or rule.scans or rule.sqlstate)


def bad_cases(rule: Rule) -> list[Case]:
    """Return the bad examples of a rule that a server can run."""
    cases = [_case(rule, example) for example in rule.bad if example.measured]
    return [case for case in cases if case.steps]


def good_cases(rule: Rule) -> list[Case]:
    """Return the good examples that a server can run and that no rule has anything against.

    What the settings, the base, env.py or a list of queries make good costs as much as ever.
    """
    cases = [_case(rule, e) for e in rule.good if e.measured and _speaks_for_itself(rule, e)]
    return [case for case in cases if case.steps]


def _speaks_for_itself(rule: Rule, example: Example) -> bool:
    if example.settings != Settings() or example.base or example.environment or example.queries:
        return False
    revisions = example.revisions(rule.given)
    return not lint(revisions, example.settings, judged={revisions[-1].id})


def _case(rule: Rule, example: Example) -> Case:
    *earlier, judged = example.revisions(rule.given)
    setup = [source.sql for revision in earlier for source in revision.sources if source.sql]
    rows = (example.data,) if example.data else ()
    return Case(rule, tuple(setup), rows, tuple(_steps(judged)))


def _steps(revision: Revision) -> Iterator[Step]:
    for source in revision.sources:
        if source.sql and not source.out_of_band:
            yield Step(source.sql, source.in_transaction)


def disagreements(rule: Rule, seen: Seen) -> list[str]:
    """Return what was seen of a bad example that is not what its rule claims: lock, cost, error."""
    found = []
    if seen.sqlstate not in (None, rule.sqlstate):
        return [f"it claims {rule.sqlstate or 'no error'}"]
    if seen.sqlstate is not None:
        return []
    if rule.lock is not None and seen.strongest is not rule.lock:
        found.append(f"it claims {rule.lock.value}")
    if rule.rewrites and not seen.rewritten:
        found.append("it claims a rewrite")
    if rule.scans and not (seen.scanned or seen.parked):
        found.append("it claims a scan")
    return found


def understatements(rule: Rule, all_seen: Sequence[Seen]) -> list[str]:
    """Return what the rule does not claim although every bad example shows it.

    Where rows make the statement fail, what it does to an empty table is no cost.
    """
    if rule.sqlstate is not None:
        return []
    costs = ("rewrites", rule.rewrites, "rewritten"), ("scans", rule.scans, "scanned")
    succeeded = [seen for seen in all_seen if seen.sqlstate is None]
    return [
        f"{claim}=True"
        for claim, claimed, cost in costs
        if succeeded and not claimed and all(getattr(seen, cost) for seen in succeeded)
    ]


def shows_all_that_is_claimed(rule: Rule, seen: Seen) -> bool:
    """Tell whether what was seen of a good example costs what its rule warns of."""
    strongest = -1 if seen.strongest is None else seen.strongest.strength
    return (
        (rule.lock is None or strongest >= rule.lock.strength)
        and (not rule.rewrites or bool(seen.rewritten))
        and (not rule.scans or bool(seen.scanned))
        and (rule.sqlstate is None or seen.sqlstate == rule.sqlstate)
    )
