"""What a role that owns its tables, and may see no other role's queries, tells apart and mends."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from outofband.catalog.standing import Standing
from outofband.model.index import Key
from outofband.model.state import State
from outofband.model.step import Step
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.ending import End
from outofband.runbook.world import Scope, look


@pytest.fixture
def owner(docs: Any) -> Iterator[str]:
    """The URL of the role that owns ``docs``: no superuser, and without pg_read_all_stats."""
    role = f"owner_{docs.sql('SELECT current_database()')[0]}"
    docs.sql(f"CREATE ROLE {role} LOGIN")
    docs.sql(f"GRANT CREATE ON SCHEMA public TO {role}")
    docs.sql(f"ALTER TABLE docs OWNER TO {role}")
    yield docs.url.replace("postgres@", f"{role}@")
    docs.sql(f"REASSIGN OWNED BY {role} TO postgres")
    docs.sql(f"DROP OWNED BY {role}")
    docs.sql(f"DROP ROLE {role}")


@pytest.fixture
def seen(owner: str, steps: Any) -> Any:
    """Look at a step as the owner."""

    def standing(step: Step, *others: Step) -> Standing:
        with Session(Url(owner)) as session:
            return look(session, Scope(steps.wants(step, *others))).standings[0]

    return standing


@contextmanager
def at_work(db: Any, statement: str, application: str = "psql") -> Iterator[int]:
    """A DBA's concurrent build in its last wait, or drop in its first, while the block runs."""
    with db.old_snapshot():
        work: Future[Any] = db.by_hand(statement, application_name=application)
        yield db.parked("waiting for old snapshots")
    work.result()


def waiting_drop(db: Any) -> int:
    (pid,) = db.eventually(
        lambda: db.sql(
            "SELECT pid FROM pg_stat_activity WHERE query LIKE 'DROP INDEX CONC%' "
            "AND wait_event_type = 'Lock' AND datname = current_database()"
        )
    )
    return int(pid)


def ends(endings: Any) -> list[str]:
    return [e.end.value for e in endings]


def test_a_live_build_of_another_role_is_told_and_left_alone(
    docs: Any, owner: str, seen: Any, steps: Any, screen: Any
) -> None:
    step = steps.create("docs_id", "docs", "id")
    with at_work(docs, "CREATE INDEX CONCURRENTLY docs_id ON docs (id)") as pid:
        standing = seen(step)
        assert standing.state is State.BUILDING_ELSEWHERE
        assert standing.sight.reason == f"pid {pid} (psql) works on the table"
        (ending,) = docs.apply(step, url=owner, screen=screen)
        assert (ending.end, ending.acted, screen.statements) == (End.REFUSED, False, [])
    assert seen(step).done
    assert docs.apply(step, url=owner) == ()


def test_the_orphan_of_another_role_is_found_again_and_finished(
    docs: Any, owner: str, seen: Any, steps: Any, screen: Any
) -> None:
    step = steps.create("docs_id", "docs", "id")
    with docs.old_snapshot():
        killed = docs.runner(step)
        pid = docs.parked("waiting for old snapshots")
        killed.kill()
        standing = seen(step)
        assert (standing.state, standing.sight.pid) == (State.BUILDING, pid)
        run = docs.beside(lambda: docs.apply(step, url=owner, screen=screen))
        docs.eventually(lambda: any(str(pid) in line for line in screen.said))
    assert ends(run.result()) == ["done"]
    assert [s.split()[0] for s in screen.statements] == ["ALTER"]
    assert docs.indexes() == {"docs_id": True}


def test_of_a_parallel_build_the_leader_is_told(
    docs: Any, seen: Any, steps: Any, background: Any
) -> None:
    """Its workers hold its lock under its name, and end before it does."""
    docs.sql("ALTER TABLE docs SET (parallel_workers = 2)")
    docs.sql(
        "CREATE FUNCTION slow(int) RETURNS int LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE "
        "AS 'BEGIN PERFORM pg_sleep(0.005); RETURN $1; END'"
    )
    step = steps.create("docs_slow", "docs", keys=(Key("(slow(id))"),))
    statement = f"CREATE INDEX CONCURRENTLY {steps.temporary(step)} ON docs ((slow(id)))"
    mark = f"outofband:{steps.temporary(step)[-8:]}"

    def build() -> None:
        with psycopg.connect(docs.url, autocommit=True, application_name=mark) as session:
            session.execute("SET min_parallel_table_scan_size = 0")
            session.execute("SET max_parallel_maintenance_workers = 2")
            session.execute("SET maintenance_work_mem = '128MB'")
            session.execute(statement)

    building = background.submit(build)
    pids = "SELECT DISTINCT l.pid FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
    pids += "WHERE relation = 'docs'::regclass AND application_name = %s"
    docs.eventually(lambda: len(docs.sql(pids, mark)) == 3)
    standing = seen(step)
    leader = docs.parked("building index")
    building.result()
    assert (standing.state, standing.sight.pid) == (State.BUILDING, leader)


def test_a_live_drop_is_told_and_waited_for(
    docs: Any, owner: str, seen: Any, steps: Any, screen: Any
) -> None:
    docs.sql("CREATE INDEX docs_id ON docs (id)")
    with docs.transaction("SELECT FROM docs LIMIT 1"):
        dropping = docs.by_hand("DROP INDEX CONCURRENTLY docs_id", application_name="psql")
        pid = waiting_drop(docs)
        for step in (steps.create("docs_id", "docs", "id"), steps.drop("docs_id", "docs")):
            standing = seen(step)
            assert standing.state is State.BUILDING_ELSEWHERE
            assert standing.sight.reason == f"pid {pid} (psql) works on the table"
        drop = steps.drop("docs_id", "docs")
        run = docs.beside(lambda: docs.apply(drop, url=owner, screen=screen))
        docs.eventually(lambda: any("waiting for it" in line for line in screen.said))
    dropping.result()
    assert ends(run.result()) == ["done"]
    assert docs.indexes() == {}


@pytest.mark.parametrize("wait", [1, 2])
def test_a_drop_that_died_is_told_and_finished_or_built_anew(
    docs: Any, owner: str, seen: Any, steps: Any, wait: int
) -> None:
    """In its first wait it leaves what a failed build leaves; in its second a dead index."""
    docs.sql("CREATE UNIQUE INDEX docs_id ON docs (id)")
    with psycopg.connect(docs.url) as first, psycopg.connect(docs.url) as second:
        first.execute("SELECT FROM docs LIMIT 1")
        dropping = docs.by_hand("DROP INDEX CONCURRENTLY docs_id")
        pid = waiting_drop(docs)
        second.execute("SELECT FROM docs LIMIT 1")
        if wait == 2:
            first.rollback()
            dead = "SELECT NOT indislive FROM pg_index WHERE indexrelid = 'docs_id'::regclass"
            docs.eventually(lambda: docs.sql(dead)[0])
            waiting_drop(docs)
        docs.sql("SELECT pg_cancel_backend(%s)", pid)
        with pytest.raises(psycopg.errors.QueryCanceled):
            dropping.result()
    create = steps.create("docs_id", "docs", "id", unique=True)
    state, told = {
        1: (State.INVALID_ENFORCING, "every write maintains it and fails on a duplicate"),
        2: (State.INVALID, "a concurrent drop of it was not finished"),
    }[wait]
    for step in (create, steps.drop("docs_id", "docs")):
        assert seen(step).state is state
        assert told in seen(step).sight.reason
    assert ends(docs.apply(create, url=owner)) == ["done"]
    assert docs.indexes() == {"docs_id": True}
    assert ends(docs.apply(steps.drop("docs_id", "docs"), url=owner)) == ["done"]
    assert docs.indexes() == {}


def test_an_invalid_unique_index_that_enforces_is_told_and_healed(
    docs: Any, owner: str, seen: Any, steps: Any
) -> None:
    step = steps.create("docs_id", "docs", "id", unique=True)
    with docs.old_snapshot():
        build = docs.by_hand("CREATE UNIQUE INDEX CONCURRENTLY docs_id ON docs (id)")
        docs.sql("SELECT pg_cancel_backend(%s)", docs.parked("waiting for old snapshots"))
        with pytest.raises(psycopg.errors.QueryCanceled):
            build.result()
    assert seen(step).state is State.INVALID_ENFORCING
    assert "fails on a duplicate" in seen(step).sight.reason
    with pytest.raises(psycopg.errors.UniqueViolation, match="docs_id"):
        docs.sql("INSERT INTO docs (id) VALUES (1)")
    assert ends(docs.apply(step, url=owner)) == ["done"]
    assert docs.indexes() == {"docs_id": True}


@pytest.mark.parametrize(
    ("makes", "state", "left"),
    [
        ("CREATE INDEX docs_id ON docs (path)", State.DIFFERENT, {"docs_id": True}),
        ("CREATE INDEX docs_id ON docs (id) INCLUDE (path)", State.DIFFERENT, {"docs_id": True}),
        ("CREATE INDEX docs_id ON docs USING hash (id)", State.DIFFERENT, {"docs_id": True}),
        ("CREATE INDEX by_hand ON docs (id)", State.VALID_OTHER_NAME, {"docs_id": True}),
        (
            "ALTER TABLE docs ADD CONSTRAINT docs_u UNIQUE (id)",
            State.ABSENT,
            {"docs_id": True, "docs_u": True},
        ),
        (
            "ALTER TABLE docs ADD EXCLUDE (id WITH =)",
            State.CONSTRAINT_OWNED,
            {"docs_id_excl": True},
        ),
    ],
)
def test_what_stands_there_already_is_told_and_never_taken_away(
    docs: Any, owner: str, seen: Any, steps: Any, makes: str, state: State, left: dict[str, bool]
) -> None:
    docs.sql(makes)
    step = steps.create("docs_id", "docs", "id")
    assert seen(step).state is state
    docs.apply(step, url=owner)
    assert docs.indexes() == left


def marked_invalid(docs: Any, name: str) -> None:
    """As pg_upgrade does to hash indexes, and a DBA by hand to one that is corrupt."""
    docs.sql(f"UPDATE pg_index SET indisvalid = false WHERE indexrelid = '{name}'::regclass")


def test_an_invalid_index_of_a_constraint_is_built_anew_in_its_place(
    docs: Any, owner: str, seen: Any, steps: Any, screen: Any
) -> None:
    docs.sql("CREATE UNIQUE INDEX docs_unique ON docs (id)")
    docs.sql("ALTER TABLE docs ADD CONSTRAINT docs_pkey PRIMARY KEY USING INDEX docs_unique")
    marked_invalid(docs, "docs_pkey")
    promotion = steps.primary_key("docs_pkey", "docs", "id", using="docs_unique")
    assert seen(promotion).state is State.INVALID_ENFORCING
    assert ends(docs.apply(promotion, url=owner, screen=screen)) == ["done"]
    assert screen.statements == ["REINDEX INDEX CONCURRENTLY public.docs_pkey"]
    assert docs.indexes() == {"docs_pkey": True}
    assert docs.apply(promotion, url=owner) == ()


@pytest.mark.parametrize(
    ("phase", "suffix"),
    [("waiting for old snapshots", "_ccnew"), ("waiting for readers", "_ccold")],
)
def test_what_a_failed_reindex_left_is_cleared_away(
    docs: Any, owner: str, seen: Any, steps: Any, phase: str, suffix: str
) -> None:
    name = "docs_" + "ü" * 29
    docs.sql(f'CREATE UNIQUE INDEX "{name}" ON docs (id)')
    step = steps.create(name, "docs", "id", unique=True)
    reader = docs.transaction("SELECT FROM docs LIMIT 1")
    with docs.old_snapshot() if suffix == "_ccnew" else reader:
        repair = docs.by_hand(f'REINDEX INDEX CONCURRENTLY "{name}"')
        pid = docs.parked(phase)
        assert docs.apply(step, url=owner) == ()
        docs.sql("SELECT pg_cancel_backend(%s)", pid)
        with pytest.raises(psycopg.errors.QueryCanceled):
            repair.result()
    (left,) = set(docs.indexes()) - {name}
    assert left.endswith(suffix)
    assert seen(step).done
    assert ends(docs.apply(step, url=owner)) == ["done"]
    assert docs.indexes() == {name: True}


def test_an_invalid_index_that_only_sounds_like_a_leftover_stays(
    docs: Any, owner: str, steps: Any
) -> None:
    docs.sql("CREATE INDEX docs_id ON docs (id)")
    docs.sql("CREATE INDEX docs_id_ccnew ON docs (path)")
    docs.sql("CREATE INDEX docs_idx_ccnew ON docs (id)")
    for name in ("docs_id_ccnew", "docs_idx_ccnew"):
        marked_invalid(docs, name)
    assert docs.apply(steps.create("docs_id", "docs", "id"), url=owner) == ()
