"""A new definition under the old name: at every moment one of the two serves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.model.index import Key
from outofband.model.state import State
from outofband.model.step import CreateIndex
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.world import Scope, World

SERVING = "SELECT bool_or(indisvalid) FROM pg_index WHERE indrelid = 'docs'::regclass"


def replacing(steps: Any, table: str, *columns: str, **given: Any) -> CreateIndex:
    step = steps.create(f"{table}_idx", table, *columns, **given)
    return replace(step, replaces=steps.drop(step.name, table))


class Killed(Exception):
    """Nothing in the runbook knows this one."""


class Mortal:
    """A session that dies instead of the action after the first ``left``; before each it looks
    whether a valid index serves.
    """

    def __init__(self, session: Session, left: int, check: Any = None) -> None:
        self._session, self._left, self._check = session, left, check

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def send(self, statement: Any, **given: Any) -> None:
        if self._check is not None:
            assert self._check()
        if self._left == 0:
            raise Killed
        self._left -= 1
        self._session.send(statement, **given)


@pytest.mark.parametrize("died_after", range(4))
def test_the_new_one_is_built_before_the_old_one_goes_wherever_a_run_dies(
    docs: Any, steps: Any, screen: Any, died_after: int
) -> None:
    docs.sql("CREATE INDEX docs_idx ON docs (id)")
    step = replacing(steps, "docs", "id", "path")
    standing = docs.standing(step)
    assert (standing.state, standing.done) == (State.ABSENT, False)
    assert (
        standing.sight.reason == "an index of its name and another definition goes once it is there"
    )
    with Session(Url(docs.url)) as session:
        mortal = Mortal(session, died_after, lambda: docs.sql(SERVING)[0])
        world = World(mortal, screen, Scope(steps.wants(step)))
        plan = world.look().plan
        if died_after < 3:
            with pytest.raises(Killed):
                apply(plan, world)
        else:
            assert [e.end for e in apply(plan, world)] == [End.DONE]
            assert [s.split()[0] for s in screen.statements] == ["CREATE", "DROP", "ALTER"]
    if died_after < 3:
        assert [e.end for e in docs.apply(step)] == [End.DONE]
    assert docs.indexes() == {"docs_idx": True}
    assert docs.sql("SELECT pg_get_indexdef('docs_idx'::regclass, 2, false)") == ["path"]
    assert docs.apply(step) == ()


def test_without_a_drop_in_the_revisions_another_definition_stays(docs: Any, steps: Any) -> None:
    docs.sql("CREATE INDEX docs_idx ON docs (id)")
    (ending,) = docs.apply(steps.create("docs_idx", "docs", "id", "path"))
    assert ending.end is End.REFUSED


@pytest.mark.parametrize(
    ("old", "given"),
    [
        ("(lower(path))", {"keys": (Key("(upper(path))"),)}),
        ("(id) WHERE id > 5", {"keys": (Key.of("id"),), "where": "id > 6"}),
        ("(id)", {"keys": (Key.of("id"),), "unique": True}),
    ],
)
def test_expressions_and_predicates_are_replaced_too_and_only_once(
    docs: Any, steps: Any, old: str, given: Any
) -> None:
    docs.sql(f"CREATE INDEX docs_idx ON docs {old}")
    step = replacing(steps, "docs", **given)
    assert [e.end for e in docs.apply(step)] == [End.DONE]
    assert docs.apply(step) == ()
    assert docs.indexes() == {"docs_idx": True}


def test_an_expression_that_cannot_be_compared_is_for_a_person(docs: Any, steps: Any) -> None:
    docs.sql("CREATE INDEX docs_idx ON docs (lower(path))")
    step = replacing(steps, "docs", keys=(Key("(no_such_function(path))"),))
    assert docs.standing(step).state is State.NOT_PROVABLY_EQUAL
    (ending,) = docs.apply(step)
    assert ending.end is End.REFUSED


def test_what_the_drop_waits_for_the_replacement_waits_for(docs: Any, steps: Any) -> None:
    docs.sql("CREATE INDEX docs_idx ON docs (id)")
    key = steps.create("docs_kind", "docs", "kind", unique=True)
    endings = docs.apply(key, replacing(steps, "docs", "path"))
    assert [e.end for e in endings] == [End.FAILED, End.WAITING]
    assert docs.indexes() == {"docs_idx": True}


def test_the_index_of_a_constraint_is_not_replaced(docs: Any, steps: Any) -> None:
    docs.sql("ALTER TABLE docs ADD CONSTRAINT docs_idx UNIQUE (id)")
    (ending,) = docs.apply(replacing(steps, "docs", "path"))
    assert (ending.end, ending.acted) == (End.REFUSED, False)
    assert "constraint docs_idx owns the index" in ending.why


def test_one_that_a_constraint_serves_as_well_only_goes(docs: Any, steps: Any, screen: Any) -> None:
    docs.sql("CREATE INDEX docs_idx ON docs (id)")
    docs.sql("ALTER TABLE docs ADD CONSTRAINT docs_path UNIQUE (path)")
    step = replacing(steps, "docs", "path", unique=True)
    assert [e.end for e in docs.apply(step, screen=screen)] == [End.DONE]
    assert screen.statements == ["DROP INDEX CONCURRENTLY public.docs_idx"]
    assert docs.apply(step) == ()


def test_an_index_over_partitions_is_replaced_with_all_its_parts(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE docs (id int, path text) PARTITION BY RANGE (id)")
    db.sql("CREATE TABLE d1 PARTITION OF docs FOR VALUES FROM (0) TO (10)")
    db.sql("CREATE TABLE d2 PARTITION OF docs DEFAULT")
    assert [e.end for e in db.apply(steps.create("docs_idx", "docs", "id"))] == [End.DONE]
    step = replacing(steps, "docs", "id", "path")
    assert [e.end for e in db.apply(step)] == [End.DONE]
    assert db.apply(step) == ()
    assert len(db.indexes()) == 3
    assert all(db.indexes().values())
    assert not [name for name in db.indexes() if "__ob_" in name]
    definitions = db.sql(
        "SELECT DISTINCT pg_get_indexdef(indexrelid, 2, false) FROM pg_index "
        "WHERE indrelid = ANY ('{docs,d1,d2}'::regclass[])"
    )
    assert definitions == ["path"]
