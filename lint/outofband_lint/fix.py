"""What a rule proposes to write instead: a value, applied to the revision's Python elsewhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fix:
    """The operations that take the place of the one that sent a statement.

    Each operation is Python source, a call of `op.…(…)`. `here` replaces the operation in its
    `upgrade()`; empty, it is removed. With `autocommit` these stand in an autocommit block. `later`
    goes into a revision of its own behind, because it may not share the transaction; `undo` is what
    that one's `downgrade()` does.
    """

    here: tuple[str, ...]
    later: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()
    autocommit: bool = False
