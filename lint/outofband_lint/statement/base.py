"""What every statement is, and the statements that leave the schema as it was."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from outofband_lint.names import QualifiedName


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """One statement; `sql` is its own text, without a semicolon."""

    sql: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Understood(Statement):
    """A statement that changes nothing the schema tracks.

    `kind` is its leading words in lower case (`"create function"`, `"update"`), `tables` those that
    it names as what it acts on.
    """

    kind: str
    tables: tuple[QualifiedName, ...] = ()


@dataclass(frozen=True, slots=True)
class NotUnderstood(Statement):
    """A statement that nobody may assume anything about, and why."""

    reason: str


@dataclass(frozen=True, slots=True)
class NotRendered(Statement):
    """Stands for what a revision sends but could not be rendered without a database."""

    reason: str


@dataclass(frozen=True, slots=True)
class Barrier(Statement):
    """`op.require_step(step)`: refuses to go on until the step is done; sends no SQL."""

    step: str


@dataclass(frozen=True, slots=True)
class SetSearchPath(Statement):
    """SET or RESET search_path, set_config() included; None restores the default."""

    schemas: tuple[str, ...] | None
    local: bool = False


@dataclass(frozen=True, slots=True)
class SetParameter(Statement):
    """SET or RESET of one parameter, set_config() with literals included; None resets it.

    search_path is SetSearchPath. The parameter of RESET ALL and DISCARD is `"all"`.
    """

    name: str
    value: str | None
    local: bool = False


@dataclass(frozen=True, slots=True)
class TransactionControl(Statement):
    """BEGIN, COMMIT, ROLLBACK [TO savepoint], SAVEPOINT or RELEASE, under their shortest names."""

    kind: Literal["begin", "commit", "rollback", "savepoint", "release"]
    savepoint: str | None = None
