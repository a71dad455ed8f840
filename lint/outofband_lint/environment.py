"""What an env.py does around the migrations, as far as rules ask."""

from __future__ import annotations

from dataclasses import dataclass

from outofband_lint.problem import Problem


@dataclass(frozen=True, slots=True)
class Environment:
    """One env.py, read from its syntax tree.

    `line` is where it runs the migrations, the place of findings about what is missing. The other
    lines say where it does a thing, None where it does not: enters outofband's guard, sets
    lock_timeout, opens a transaction around Alembic's own, waits for an advisory lock inside SQL.
    `problem` is why it could not be run, so that what it configures is not known whole.
    """

    path: str
    line: int = 1
    guard: int | None = None
    lock_timeout: int | None = None
    outer_transaction: int | None = None
    blocking_advisory_lock: int | None = None
    transaction_per_migration: bool = False
    problem: Problem | None = None
