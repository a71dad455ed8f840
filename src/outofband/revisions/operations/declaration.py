"""What operations have in common: a step, a name that Postgres keeps, and a plain sister."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, Protocol, TypeVar

from alembic.operations import MigrateOperation
from alembic.operations.ops import ExecuteSQLOp

from outofband.model.names import MAX_IDENTIFIER_BYTES
from outofband.model.step import Step
from outofband.revisions.stop import UpgradeMisused

S = TypeVar("S", bound=Step)


class Declaration(Protocol):
    """An operation that declares a step."""

    def to_step(self) -> Step:
        """Return the step it declares."""
        ...

    def to_sister(self) -> MigrateOperation:
        """Return the plain operation, for other dialects."""
        ...


class StepOutOfBandOp(MigrateOperation, Generic[S]):
    """An operation that is its step, since none of Alembic's own is like it."""

    def __init__(self, step: S) -> None:
        self.step = step

    def to_step(self) -> S:
        """Return the step it declares."""
        return self.step

    def to_sister(self) -> MigrateOperation:
        """Return the plain operation: where Alembic has none, the SQL that the step comes to."""
        return ExecuteSQLOp(self.step.plain_sql)


class StepUnnamed(UpgradeMisused):
    """A step was declared without a name, or with one that Postgres would cut."""


def checked(name: str | None, operation: str) -> str:
    """Return the name of a step; raises StepUnnamed for none and for one over 63 bytes."""
    if not name:
        raise StepUnnamed(
            f"op.{operation} without a name",
            why="a runbook and a barrier call a step by it, and no naming convention decides it",
            do="Give the name",
        )
    size = len(name.encode())
    if size > MAX_IDENTIFIER_BYTES:
        raise StepUnnamed(
            f"the name {name} is too long",
            why=f"it has {size} bytes, and Postgres cuts names to {MAX_IDENTIFIER_BYTES}",
            do="Shorten it",
        )
    return name


def waited_for(after: Sequence[str] | None) -> tuple[str, ...] | None:
    """Return the steps that one waits for, None where it waits for every earlier one."""
    return None if after is None else tuple(after)
