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
    "TakeAway",
    "Validate",
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
