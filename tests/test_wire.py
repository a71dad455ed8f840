"""Steps as JSON: what a child that runs the project's code tells, and what is kept."""

import json

import pytest

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.step import (
    KINDS,
    AddCheck,
    AddConstraint,
    AddEnumValue,
    AddForeignKey,
    Backfill,
    CreateIndex,
    DetachPartition,
    DropColumn,
    DropIndex,
    DropTable,
    RefreshView,
    Reindex,
    SetNotNull,
    Step,
)
from outofband.wire import Run, from_json, to_json

TABLE = QualifiedName("documents", "Store")
INDEX = Index(
    "by_path",
    TABLE,
    (Key.of("dump_id"), Key("lower(path)", descending=True)),
    include=("size",),
    options=(("fillfactor", "70"),),
)

STEPS: list[Step] = [
    CreateIndex(INDEX, ("fill",), DropIndex("by_path", TABLE, ("older",))),
    DropIndex("by_path", TABLE),
    DropIndex("by_path", TABLE, ()),
    AddConstraint("documents_pkey", TABLE, "primary_key", ("dump_id",), "by_path"),
    AddConstraint("documents_path_key", TABLE, "unique_constraint", ("path", "size"), "by_path"),
    AddForeignKey("f", TABLE, ("a", "b"), QualifiedName("dumps"), ("x", "y"), on_delete="CASCADE"),
    AddForeignKey("g", TABLE, ("a",), TABLE, ("x",), full=True, deferred=True, after=("fill",)),
    AddCheck("positive", TABLE, "size > 0", ("fill",)),
    SetNotNull("path_set", TABLE, "path", ("fill",)),
    Backfill("fill", TABLE, "app.moves:FILL", ("by_path",), from_elsewhere=True),
    DropTable("documents_go", TABLE),
    AddEnumValue("glad", TABLE, "glad", after_value="ok"),
    Reindex("anew", TABLE, "by_path", ("fill",)),
    RefreshView("fresh", TABLE),
    DropColumn("path_goes", TABLE, "path", ()),
    DetachPartition("goes", TABLE, QualifiedName("documents_1"), ("by_path",)),
]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.kind)
def test_a_step_comes_back_as_it_was(step: Step) -> None:
    told = json.dumps(to_json(Run(steps=(step,))))

    assert from_json(json.loads(told)).steps == (step,)


def test_every_kind_of_step_is_tried_here() -> None:
    assert {step.kind for step in STEPS} == KINDS.keys()


def test_a_kind_that_nobody_knows_is_refused() -> None:
    told = {"sources": [], "steps": [{"kind": "hat", "name": "x"}], "problem": None}

    with pytest.raises(ValueError, match="'hat' is no kind of step"):
        from_json(told)
