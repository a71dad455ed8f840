"""Every prefix of a plan is a legal place to die: look again, apply again, and it is done."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import suites
from mortal import Killed, Mortal
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.duplicates.policy import Dedupe
from outofband.runbook.ending import End
from outofband.runbook.world import Scope, World

pytestmark = suites.FAULTS


def nothing(_docs: Any, _steps: Any) -> None:
    pass


def invalid_under_both_names(docs: Any, steps: Any) -> None:
    docs.sql("INSERT INTO docs (id) VALUES (1)")
    for name in ("docs_unique", steps.temporary(steps.cure()[1])):
        with pytest.raises(Exception, match="could not create unique index"):
            docs.sql(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON docs (id)")
    docs.sql("DELETE FROM docs WHERE path IS NULL")


def stand_in_made_by_hand(docs: Any, _steps: Any) -> None:
    docs.sql("CREATE INDEX by_hand ON docs (id)")


@pytest.mark.parametrize(
    ("before", "actions"),
    [(nothing, 6), (invalid_under_both_names, 8), (stand_in_made_by_hand, 5)],
)
def test_a_run_that_dies_after_any_action_is_finished_by_the_next(
    docs: Any,
    steps: Any,
    screen: Any,
    before: Callable[[Any, Any], None],
    actions: int,
) -> None:
    docs.sql("CREATE TABLE template AS TABLE docs")
    for died_after in range(actions):
        docs.sql("DROP TABLE docs")
        docs.sql("CREATE TABLE docs (LIKE template)")
        docs.sql("INSERT INTO docs TABLE template")
        docs.sql("ALTER TABLE docs ALTER id SET NOT NULL")
        before(docs, steps)
        with Session(Url(docs.url)) as session:
            world = World(Mortal(session, died_after), screen, Scope(steps.wants(*steps.cure())))
            with pytest.raises(Killed):
                apply(world.look().plan, world)
        endings = docs.apply(*steps.cure())
        assert {e.end for e in endings} == {End.DONE}, died_after
        assert docs.indexes() == {"docs_pkey": True}, died_after
        assert docs.apply(*steps.cure()) == ()


def test_a_run_that_dies_between_two_batches_loses_and_doubles_no_row(
    docs: Any, steps: Any, screen: Any
) -> None:
    docs.sql("INSERT INTO docs SELECT d.* FROM docs AS d, generate_series(1, 2)")
    step = steps.create("docs_id", "docs", "id", unique=True)
    with Session(Url(docs.url)) as session:
        mortal = Mortal(session, 99, halfway=True)
        world = World(mortal, screen, Scope(steps.wants(step)))
        with pytest.raises(Killed):
            apply(world.look().plan, world, Dedupe.IDENTICAL)
    (place,) = docs.sql("SELECT oid::regclass::text FROM pg_class WHERE relname LIKE 'docs\\_%'")
    both = f"SELECT (SELECT count(*) FROM docs) AS kept, (SELECT count(*) FROM {place}) AS moved"
    ((kept, moved),) = docs.sql(both)
    assert (kept + moved, 0 < moved < 2000) == (3000, True)
    (ending,) = docs.apply(step, dedupe=Dedupe.IDENTICAL)
    assert ending.end is End.DONE
    assert docs.sql(both) == [(1000, 2000)]
    assert docs.sql("SELECT count(DISTINCT id) FROM docs") == [1000]
