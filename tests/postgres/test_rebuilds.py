"""An index is built anew, a materialized view refreshed: once, and noted in its comment."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from mortal import Killed, Mortal
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import RefreshView, Reindex
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.hazards import hazards
from outofband.runbook.world import Scope, World

REINDEX = Reindex("anew", QualifiedName("docs"), "by_kind")
REFRESH = RefreshView("fresh", QualifiedName("kinds"))
OF_INDEX = [
    "REINDEX INDEX CONCURRENTLY public.by_kind",
    "COMMENT ON INDEX public.by_kind IS 'outofband: anew is done'",
]
OF_VIEW = [
    "REFRESH MATERIALIZED VIEW CONCURRENTLY public.kinds",
    "COMMENT ON MATERIALIZED VIEW public.kinds IS 'outofband: fresh is done'",
]
COMMENT = "SELECT obj_description(%s::regclass, 'pg_class')"


@pytest.fixture
def made(docs: Any) -> Any:
    docs.sql("CREATE INDEX by_kind ON docs (kind)")
    docs.sql("CREATE MATERIALIZED VIEW kinds AS SELECT kind, count(*) AS docs FROM docs GROUP BY 1")
    docs.sql("CREATE UNIQUE INDEX one_a_kind ON kinds (kind)")
    return docs


@pytest.mark.parametrize(("step", "sent"), [(REINDEX, OF_INDEX), (REFRESH, OF_VIEW)])
def test_it_is_done_once_and_noted(made: Any, screen: Any, step: Any, sent: list[str]) -> None:
    before = made.sql("SELECT pg_relation_filenode('by_kind')")
    made.sql("DELETE FROM docs WHERE kind = 'k1'")
    assert (made.standing(step).state, made.standing(step).done) == (State.ABSENT, False)
    (ending,) = made.apply(step, screen=screen)
    assert (ending.end, screen.statements) == (End.DONE, sent)
    assert (made.standing(step).state, made.standing(step).done) == (State.FINISHED, True)
    assert made.apply(step) == ()
    if step is REINDEX:
        assert made.sql("SELECT pg_relation_filenode('by_kind')") != before
    else:
        assert made.sql("SELECT kind FROM kinds ORDER BY 1") == ["k0", "k2"]


@pytest.mark.parametrize(("step", "sent"), [(REINDEX, OF_INDEX), (REFRESH, OF_VIEW)])
@pytest.mark.parametrize("died_after", [0, 1])
def test_a_run_that_dies_before_the_note_is_done_once_more(
    made: Any, steps: Any, screen: Any, step: Any, sent: list[str], died_after: int
) -> None:
    with Session(Url(made.url)) as session:
        mortal = Mortal(session, died_after)
        world = World(mortal, made.recorder(), Scope(steps.wants(step)))
        with pytest.raises(Killed):
            apply(world.look().plan, world)
    (ending,) = made.apply(step, screen=screen)
    assert (ending.end, screen.statements) == (End.DONE, sent)


def test_what_the_comment_says_is_kept(made: Any) -> None:
    made.sql("COMMENT ON INDEX by_kind IS 'ours, don''t touch'")
    again = Reindex("once_more", QualifiedName("docs"), "by_kind")
    for step in (REINDEX, again):
        made.apply(step)
    assert made.sql(COMMENT, "by_kind") == [
        "ours, don't touch\noutofband: anew is done\noutofband: once_more is done"
    ]
    assert made.standing(REINDEX).done
    assert made.standing(again).done


def test_what_a_reindex_left_that_died_is_dropped_first(made: Any, screen: Any) -> None:
    with made.old_snapshot():
        work = made.by_hand("REINDEX INDEX CONCURRENTLY by_kind")
        pid = made.parked("waiting for old snapshots")
        made.sql("SELECT pg_cancel_backend(%s)", pid)
        with pytest.raises(psycopg.errors.QueryCanceled):
            work.result()
    assert made.indexes()["by_kind_ccnew"] is False
    (ending,) = made.apply(REINDEX, screen=screen)
    left = "DROP INDEX CONCURRENTLY public.by_kind_ccnew"
    assert (ending.end, screen.statements) == (End.DONE, [left, *OF_INDEX])
    assert set(made.indexes()) == {"by_kind", "one_a_kind"}


def test_a_view_without_a_unique_index_is_not_refreshed_and_what_to_do_is_said(made: Any) -> None:
    made.sql("DROP INDEX one_a_kind")
    made.sql("CREATE UNIQUE INDEX partial ON kinds (kind) WHERE docs > 0")
    (ending,) = made.apply(REFRESH)
    assert ending.end is End.REFUSED
    assert "has no unique index over columns of all its rows" in ending.why


def test_a_view_that_nobody_can_read_is_refreshed_plainly(made: Any, screen: Any) -> None:
    made.sql("REFRESH MATERIALIZED VIEW kinds WITH NO DATA")
    (ending,) = made.apply(REFRESH, screen=screen)
    assert ending.end is End.DONE
    assert screen.statements[0] == "REFRESH MATERIALIZED VIEW public.kinds"


def test_the_index_that_a_view_needs_is_built_first(made: Any, steps: Any) -> None:
    made.sql("DROP INDEX one_a_kind")
    index = steps.create("one_a_kind", "kinds", "kind", unique=True)
    refresh = RefreshView("fresh", QualifiedName("kinds"), after=("one_a_kind",))
    assert made.standings(index, refresh)[1].waits_for == ("one_a_kind",)
    made.apply(index, refresh)
    assert [e.end for e in made.apply(index, refresh)] in ([], [End.DONE])
    assert all(s.done for s in made.standings(index, refresh))


@pytest.mark.parametrize(
    ("made_by", "step", "why"),
    [
        ("SELECT 1", Reindex("a", QualifiedName("docs"), "nothing"), "there is no index nothing"),
        ("SELECT 1", Reindex("a", QualifiedName("docs"), "kinds"), "there is no index kinds"),
        (
            "CREATE INDEX over ON events (id)",
            Reindex("a", QualifiedName("events"), "over"),
            "is the index of a partitioned table",
        ),
    ],
)
def test_what_cannot_be_built_anew_is_said(
    events: Any, made_by: str, step: Reindex, why: str
) -> None:
    events.sql("CREATE TABLE docs (id int)")
    events.sql("CREATE MATERIALIZED VIEW kinds AS SELECT 1 AS a")
    events.sql(made_by)
    (ending,) = events.apply(step)
    assert (ending.end, why in ending.why) == (End.REFUSED, True)


def test_a_plan_says_what_it_costs(made: Any) -> None:
    assert {f.hazard.name for f in hazards(made.plan(REFRESH))} == {"runs-view-query"}
    told = {f.hazard.name for f in hazards(made.plan(REINDEX))}
    assert told == {"blocks-vacuum", "holds-xmin", "writes-wal", "waits-for-transactions"}


def test_of_an_index_that_is_dropped_nothing_is_left_to_do(made: Any, steps: Any) -> None:
    wanted = REINDEX, steps.drop("by_kind", "docs", after=())
    made.sql("DROP INDEX by_kind")
    assert [s.done for s in made.standings(*wanted)] == [True, True]


def test_a_unique_index_that_goes_between_the_look_and_the_refresh_is_missed(made: Any) -> None:
    screen = made.recorder()
    screen.meanwhile["REFRESH"] = lambda: made.sql("DROP INDEX one_a_kind")
    (ending,) = made.apply(REFRESH, screen=screen)
    assert ending.end is End.REFUSED
    assert "has no unique index over columns of all its rows" in ending.why
