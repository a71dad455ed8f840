"""What the runbook does to a database, each action with the one ``statement`` that does it, None
where it only waits, or runs what is no SQL of ours.

Showing a plan and running it both take that; a test holds the log of the server against the text
that was shown. Each family is a file of :mod:`outofband.model.actions`.
"""

from __future__ import annotations

from outofband.model.actions.backfill import RunBackfill
from outofband.model.actions.constraint import (
    AddNotNull,
    AddNotValid,
    AddOverPartitions,
    DeclareNotNull,
    Validate,
)
from outofband.model.actions.drop import DropForeignKey, TakeAway
from outofband.model.actions.enum import AddLabel
from outofband.model.actions.index import (
    AnalyzeTable,
    AttachIndex,
    AwaitBuild,
    BuildIndex,
    CoverTable,
    RemoveIndex,
    RenameIndex,
    RepairIndex,
)
from outofband.model.actions.partition import Detach, FinishDetach
from outofband.model.actions.promotion import ConstrainTable, DropConstraint, Promote
from outofband.model.actions.rebuild import Mark, RebuildIndex, Refresh
from outofband.model.actions.statement import Statement
from outofband.model.index import Index

__all__ = [
    "Action",
    "AddLabel",
    "AddNotNull",
    "AddNotValid",
    "AddOverPartitions",
    "AnalyzeTable",
    "AttachIndex",
    "AwaitBuild",
    "BuildIndex",
    "ConstrainTable",
    "CoverTable",
    "Decision",
    "DeclareNotNull",
    "Detach",
    "DropConstraint",
    "DropForeignKey",
    "FinishDetach",
    "Mark",
    "Promote",
    "RebuildIndex",
    "Refresh",
    "RemoveIndex",
    "RenameIndex",
    "RepairIndex",
    "RunBackfill",
    "Statement",
    "TakeAway",
    "Validate",
    "due_timeouts",
    "named",
    "timeouts",
]

Action = (
    BuildIndex
    | CoverTable
    | ConstrainTable
    | AttachIndex
    | RenameIndex
    | AnalyzeTable
    | RemoveIndex
    | RepairIndex
    | Promote
    | DropConstraint
    | AddNotValid
    | AddOverPartitions
    | AddNotNull
    | Validate
    | DeclareNotNull
    | AwaitBuild
    | RunBackfill
    | Detach
    | FinishDetach
    | DropForeignKey
    | TakeAway
    | RebuildIndex
    | Refresh
    | Mark
    | AddLabel
)

Decision = tuple[tuple[Action, ...], str]
"""The actions that finish a step, or the words why it cannot be finished."""


def named(index: Index) -> tuple[Action, ...]:
    """Return what gives a built index its name, of which that is the last: what the planner has to
    know for it comes before.
    """
    known = (AnalyzeTable(index.table),) if index.has_expressions else ()
    return (*known, RenameIndex(index.temporary, index.name))


def due_timeouts(sent: Statement, server_version: int) -> tuple[tuple[str, str], ...]:
    """Return the parameters that a statement of a plan runs under, shown and set alike."""
    return timeouts(sent.unhurried, server_version, bounded=sent.bounded, harmless=sent.harmless)


def timeouts(
    unhurried: bool, server_version: int, *, bounded: bool = False, harmless: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return the parameters that statements run under.

    None but a ``bounded`` one is ended for the time it takes, whatever the role's defaults are: a
    look for duplicates reads a whole table. An ``unhurried`` one also waits for locks as long as it
    has to: a lock_timeout would cut its waits for old transactions and leave an INVALID index, and
    with client_connection_check_interval at 0 the server finishes a build whose client has died
    (PostgreSQL 18, Building Indexes Concurrently).
    """
    names = ["idle_session_timeout", "client_connection_check_interval"]
    if server_version >= 170000:
        names += ["transaction_timeout"]
    return (
        ("lock_timeout", "0" if unhurried else "10s" if harmless else "1s"),
        ("statement_timeout", "2s" if bounded else "0"),
        *((name, "0") for name in names),
    )
