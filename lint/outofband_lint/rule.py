"""What a rule is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from inspect import cleandoc
from typing import Any, TypedDict, Unpack, get_args, get_type_hints

from outofband_lint.context import Context, StatementContext
from outofband_lint.example import Example
from outofband_lint.finding import Place, Severity
from outofband_lint.fix import Fix
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema, Table
from outofband_lint.statement import Statement
from outofband_lint.suppression import Suppression


@dataclass(frozen=True, slots=True)
class Violation:
    """What a rule's check yields; the engine knows the place and makes it a Finding.

    `severity` overrides the rule's. `costs` are the tables whose size is the cost: where all of
    them are small, or the same session has emptied them, the finding is one level milder, and a
    warning is none. A check of the schema at head names the `table` at fault, whose CREATE TABLE is
    the place, or like a check of the project the `place` itself; `subject` then tells its findings
    apart.
    """

    message: str
    help: str
    severity: Severity | None = None
    costs: tuple[QualifiedName, ...] = ()
    fix: Fix | None = None
    table: Table | None = None
    place: Place | None = None
    subject: str = ""


StatementCheck = Callable[[Any, Schema, StatementContext], Iterator[Violation]]
HeadCheck = Callable[[Schema, Context], Iterator[Violation]]
ProjectCheck = Callable[[Context], Iterator[Violation]]
SuppressionCheck = Callable[[Suppression, Context], Iterator[Violation]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rule:
    """A rule: its page, its evidence and its check, all from one file.

    The claim is what real servers show, from the major version `since` on: the strongest `lock`
    that the statement takes on a table in use and thereby what it blocks, whether it `rewrites` the
    table or `scans` it whole, the `sqlstate` that it fails with. `failure` says in words what
    happens where no lock is the cost.

    Each of `bad` is found exactly once in the schema that `given` leaves behind, each of `good` is
    not found. `aliases` are the names that other linters give it. A rule with `opt_in` is off until
    the settings give it a severity. `statements` are the types that `check` wants to see.
    """

    name: str
    page: str
    severity: Severity = "error"
    opt_in: bool = False
    aliases: tuple[str, ...] = ()
    lock: LockMode | None = None
    rewrites: bool = False
    scans: bool = False
    sqlstate: str | None = None
    since: int = 14
    failure: str | None = None
    given: str = ""
    bad: tuple[Example, ...]
    good: tuple[Example, ...]
    statements: tuple[type[Statement], ...] = ()
    check: StatementCheck | None = None
    check_at_head: HeadCheck | None = None
    check_project: ProjectCheck | None = None
    check_suppression: SuppressionCheck | None = None

    @property
    def headline(self) -> str:
        """The first line of the page."""
        return self.page.split("\n", 1)[0]


class Examples(TypedDict):
    """What every rule shows; an example may be its SQL alone."""

    bad: tuple[Example | str, ...]
    good: tuple[Example | str, ...]


class Told(Examples, total=False):
    """What every rule may say of itself, as the fields of a Rule."""

    severity: Severity
    opt_in: bool
    aliases: tuple[str, ...]
    given: str


class Claim(Told, total=False):
    """What a rule of statements claims besides."""

    lock: LockMode
    rewrites: bool
    scans: bool
    sqlstate: str
    since: int
    failure: str


class Harm(Told):
    """What a rule says besides that judges no statement, so that no lock is the cost."""

    failure: str


def statement_rule(**told: Unpack[Claim]) -> Callable[[StatementCheck], Rule]:
    """Make a rule of a check of one statement, given the schema before it.

    The check sees the statements of the type that its first parameter is annotated with, as with
    functools.singledispatch; a union names several, Statement all.
    """
    return lambda check: _rule(check, told, Claim, statements=_statements(check), check=check)


def head_rule(**told: Unpack[Harm]) -> Callable[[HeadCheck], Rule]:
    """Make a rule of a check of the schema that all revisions leave behind."""
    return lambda check: _rule(check, told, Harm, check_at_head=check)


def project_rule(**told: Unpack[Harm]) -> Callable[[ProjectCheck], Rule]:
    """Make a rule of a check of the revisions' graph, of env.py or of what the base had."""
    return lambda check: _rule(check, told, Harm, check_project=check)


def suppression_rule(**told: Unpack[Harm]) -> Callable[[SuppressionCheck], Rule]:
    """Make a rule of a check of one suppression, once all else is judged; the place is its line. It
    warns unless it says otherwise.
    """
    warns: Harm = {"severity": "warning", **told}
    return lambda check: _rule(check, warns, Harm, check_suppression=check)


def _rule(
    function: Callable[..., Any], told: Mapping[str, Any], known: Any, /, **checks: Any
) -> Rule:
    """Make the rule; raises TypeError for what is missing, and for what is not ``known``."""
    missing = known.__required_keys__ - told.keys()
    unknown = told.keys() - known.__required_keys__ - known.__optional_keys__
    if missing or unknown:
        names = ", ".join(sorted(missing or unknown))
        raise TypeError(f"{names} {'is missing' if missing else 'is not what it may say'}")
    examples = {which: _examples(told[which]) for which in Examples.__required_keys__}
    name = function.__name__.replace("_", "-")
    return Rule(name=name, page=cleandoc(function.__doc__ or ""), **{**told, **examples, **checks})


def _statements(check: StatementCheck) -> tuple[type[Statement], ...]:
    hints = get_type_hints(check)
    wanted = hints[next(iter(hints))]
    return get_args(wanted) or (wanted,)


def _examples(examples: tuple[Example | str, ...]) -> tuple[Example, ...]:
    return tuple(Example(e) if isinstance(e, str) else e for e in examples)
