"""What an upgrade may do about a step. Values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Nothing:
    """The step is done already."""


@dataclass(frozen=True, slots=True)
class Inline:
    """Do it here and now. ``statements`` run under one savepoint. What is left for the runbook is
    said in ``rest``.
    """

    statements: tuple[str, ...]
    rest: str = ""


@dataclass(frozen=True, slots=True)
class Defer:
    """Leave it to the runbook, and say why; ``first`` is done all the same, under one savepoint."""

    reason: str
    first: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Afterwards:
    """Do it once the transaction is over, without stopping others, and wait (``on_large =
    "build"``).
    """


@dataclass(frozen=True, slots=True)
class Refuse:
    """Stop the upgrade (``on_large = "refuse"``)."""

    reason: str


Decision = Nothing | Inline | Defer | Afterwards | Refuse


def waiting(names: tuple[str, ...]) -> Defer:
    """Leave a step to the runbook until the steps named are done."""
    return Defer(f"waits for {', '.join(names)}")
