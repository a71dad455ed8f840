"""What a rule is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from inspect import cleandoc
from typing import Literal

from outofband_lint.context import Context, StatementContext
from outofband_lint.example import Example
from outofband_lint.locks import LockMode
from outofband_lint.schema import Schema, Table
from outofband_lint.statement import Statement

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found: where, how bad, what it costs and what to do.

    `fingerprint` stays the same when the file is renamed or its lines move.
    """

    rule: str
    severity: Severity
    revision: str
    path: str
    line: int
    message: str
    help: str
    statement: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule's check yields; the engine knows the place and makes it a Finding.

    `severity` overrides the rule's. A check of the schema at head names the `table` at fault, whose
    CREATE TABLE is the place.
    """

    message: str
    help: str
    severity: Severity | None = None
    table: Table | None = None


StatementCheck = Callable[[Statement, Schema, StatementContext], Iterator[Violation]]
HeadCheck = Callable[[Schema, Context], Iterator[Violation]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: its page, its evidence and its check, all from one file.

    `lock` is what the statement takes and thereby blocks, `failure` what happens instead where no
    lock is the cost. Each of `bad` is found exactly once in the schema that `given` leaves behind,
    each of `good` is not found.
    """

    name: str
    page: str
    severity: Severity
    lock: LockMode | None
    failure: str | None
    given: str
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    check: StatementCheck | None = None
    check_at_head: HeadCheck | None = None

    @property
    def headline(self) -> str:
        """The first line of the page."""
        return self.page.split("\n", 1)[0]


def statement_rule(
    *,
    severity: Severity = "error",
    lock: LockMode | None = None,
    failure: str | None = None,
    given: str = "",
    bad: tuple[Example | str, ...],
    good: tuple[Example | str, ...],
) -> Callable[[StatementCheck], Rule]:
    """Make a rule of a check of one statement, given the schema before it."""

    def rule(check: StatementCheck) -> Rule:
        return Rule(
            name=_name(check.__name__),
            page=cleandoc(check.__doc__ or ""),
            severity=severity,
            lock=lock,
            failure=failure,
            given=given,
            bad=_examples(bad),
            good=_examples(good),
            check=check,
        )

    return rule


def head_rule(
    *,
    severity: Severity = "error",
    failure: str,
    given: str = "",
    bad: tuple[Example | str, ...],
    good: tuple[Example | str, ...],
) -> Callable[[HeadCheck], Rule]:
    """Make a rule of a check of the schema that all revisions leave behind."""

    def rule(check: HeadCheck) -> Rule:
        return Rule(
            name=_name(check.__name__),
            page=cleandoc(check.__doc__ or ""),
            severity=severity,
            lock=None,
            failure=failure,
            given=given,
            bad=_examples(bad),
            good=_examples(good),
            check_at_head=check,
        )

    return rule


def _name(function: str) -> str:
    return function.replace("_", "-")


def _examples(examples: tuple[Example | str, ...]) -> tuple[Example, ...]:
    return tuple(Example(e) if isinstance(e, str) else e for e in examples)
