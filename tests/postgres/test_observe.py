"""Every state a step can be in, made on a real server and told right (contract, States)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from psycopg import sql

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddConstraint, CreateIndex, Step, Wanted, WantedStep
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.world import Scope, look

LAST_WAIT = "waiting for old snapshots"


@contextmanager
def cancelled_in_the_last_wait(db: Any, statement: str) -> Iterator[None]:
    """What is left by a build that gave up waiting for an old snapshot: it takes every write."""
    with db.old_snapshot():
        build = db.by_hand(statement)
        db.sql("SELECT pg_cancel_backend(%s)", db.parked(LAST_WAIT))
        with pytest.raises(psycopg.errors.QueryCanceled):
            build.result()
    yield


@contextmanager
def building(db: Any, statement: str, **parameters: str) -> Iterator[int]:
    """A build that lives while the block runs, in its last wait; yields its server process."""
    with db.old_snapshot():
        build: Future[Any] = db.by_hand(statement, **parameters)
        yield db.parked(LAST_WAIT)
    build.result()


def test_nothing_there_is_absent(docs: Any, steps: Any) -> None:
    assert docs.standing(steps.create("docs_id", "docs", "id")).state is State.ABSENT


def test_a_step_on_a_missing_table_is_absent_and_says_so(docs: Any, steps: Any) -> None:
    standing = docs.standing(steps.create("gone_id", "gone", "id"))
    assert (standing.state, standing.sight.reason) == (State.ABSENT, "there is no table gone")


def wanted(step: Step) -> Wanted:
    return Wanted((WantedStep(step, "r1"),))


def key(text: str, **given: Any) -> Key:
    return Key(text, None if "(" in text else text, **given)


EQUAL = [
    pytest.param(("id", "path"), {}, "(id, path)", id="columns"),
    pytest.param((), {"keys": (key("id", descending=True),)}, "(id DESC NULLS FIRST)", id="desc"),
    pytest.param((), {"keys": (key("id", nulls_first=True),)}, "(id NULLS FIRST)", id="nulls"),
    pytest.param((), {"keys": (key("path", collation='"C"'),)}, '(path COLLATE "C")', id="coll"),
    pytest.param(
        (),
        {"keys": (key("path", collation='pg_catalog."C.utf8"'),)},
        '(path COLLATE "C.utf8")',
        id="a collation with a dot",
    ),
    pytest.param(
        (),
        {"keys": (key("path", operator_class="pg_catalog.text_pattern_ops"),)},
        "(path text_pattern_ops)",
        id="operator class",
    ),
    pytest.param(("id",), {"include": ("path", "kind")}, "(id) INCLUDE (kind, path)", id="include"),
    pytest.param(("id",), {"method": "hash"}, "USING hash (id)", id="hash"),
    pytest.param(("id",), {"options": (("fillfactor", "70"),)}, "(id)", id="options"),
    pytest.param((), {"keys": (key("(lower(path))"),)}, "(LOWER( path ))", id="expression"),
    pytest.param((), {"keys": (key("(path)"),)}, "((docs.path))", id="column in parentheses"),
    pytest.param(
        (),
        {"keys": (key("(to_tsvector('simple', path))"),), "method": "gin"},
        "USING gin (to_tsvector('simple'::regconfig, path))",
        id="gin",
    ),
    pytest.param(
        (), {"keys": (key("(point(id, id))"),), "method": "gist"}, "USING gist (point(id, id))",
        id="a type without order",
    ),
    pytest.param(
        ("id",),
        {"where": "kind IN ('a', 'b')"},
        "(id) WHERE kind = ANY (ARRAY['a', 'b'])",
        id="predicate spelled otherwise",
    ),
    pytest.param(
        ("id",), {"where": "code IN ('a', 'b')"}, "(id) WHERE code IN ('a', 'b')", id="varchar"
    ),
    pytest.param(("id",), {"where": "docs.id > 2 + 3"}, "(id) WHERE id > 5", id="folded predicate"),
    pytest.param(
        (), {"keys": (key("(lower(plain))"),)}, "(lower(plain))", id="own collation"
    ),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "given", "by_hand"), EQUAL)
def test_an_equal_index_made_by_hand_is_found_under_any_name(
    docs: Any, steps: Any, columns: tuple[str, ...], given: dict[str, Any], by_hand: str
) -> None:
    docs.sql('ALTER TABLE docs ADD code varchar(9), ADD plain text COLLATE "C"')
    docs.sql(f"CREATE INDEX docs_by_hand ON docs {by_hand}")
    standing = docs.standing(steps.create("docs_idx", "docs", *columns, **given))
    assert standing.state is State.VALID_OTHER_NAME
    assert standing.sight.index.name == QualifiedName("docs_by_hand", "public")


PREDICATES = [
    "kind NOT IN ('a', 'b')",
    "id BETWEEN 1 AND 5",
    "path LIKE 'a%'",
    "kind IS DISTINCT FROM 'it''s'",
    "code = 'x'::varchar",
    "made AT TIME ZONE 'UTC' > '2020-01-01'",
    "data->>'a' = 'b' OR data @> '{\"a\": 1}'",
    "(id, kind) IS NOT NULL",
    "flag IS NOT TRUE",
    "CASE WHEN id > 1 THEN flag ELSE false END",
    "kind COLLATE \"C\" > 'a'",
]
EXPRESSIONS = [
    "((data->>'a')::int)",
    "(extract(year FROM made AT TIME ZONE 'UTC'))",
    "(substring(path FROM 1 FOR 3) || '-' || kind)",
    '(lower(path COLLATE "C"))',
    "(nullif(code, ''))",
    "(id % 2 = 0)",
]


@pytest.mark.parametrize(
    "given",
    [{"where": text} for text in PREDICATES] + [{"keys": (key(t),)} for t in EXPRESSIONS],
    ids=PREDICATES + EXPRESSIONS,
)
def test_whatever_sql_a_revision_says_is_known_again_once_it_is_built(
    docs: Any, steps: Any, given: dict[str, Any]
) -> None:
    docs.sql(
        "ALTER TABLE docs ADD code varchar(9), ADD made timestamptz, ADD data jsonb, ADD flag bool"
    )
    step = steps.create("docs_idx", "docs", *(("id",) if "where" in given else ()), **given)
    assert [e.why for e in docs.apply(step)] == [""]
    assert docs.standing(step).state is State.VALID


@pytest.mark.parametrize(("columns", "given", "by_hand"), EQUAL)
def test_what_outofband_builds_itself_is_valid_afterwards(
    docs: Any,
    steps: Any,
    columns: tuple[str, ...],
    given: dict[str, Any],
    by_hand: str,  # noqa: ARG001
) -> None:
    docs.sql('ALTER TABLE docs ADD code varchar(9), ADD plain text COLLATE "C"')
    step = steps.create("docs_idx", "docs", *columns, **given)
    (ending,) = docs.apply(step)
    assert (ending.end.value, ending.why) == ("done", "")
    assert docs.standing(step).state is State.VALID
    assert docs.indexes() == {"docs_idx": True}


def test_a_unique_index_is_equal_by_its_treatment_of_nulls(docs: Any, steps: Any) -> None:
    if docs.sql("SHOW server_version_num")[0] < "150000":
        pytest.skip("NULLS NOT DISTINCT is new in PostgreSQL 15")
    docs.sql("CREATE UNIQUE INDEX docs_by_hand ON docs (path) NULLS NOT DISTINCT")
    plain = steps.create("docs_path", "docs", "path", unique=True)
    strict = steps.create("docs_path", "docs", "path", unique=True, nulls_not_distinct=True)
    assert docs.standing(plain).state is State.ABSENT
    assert docs.standing(strict).state is State.VALID_OTHER_NAME


NOT_EQUAL = ["(path)", "(id, path)", "(id DESC)", "USING hash (id)", "(id) INCLUDE (path)",
             "(id) WHERE id > 5", "((id + 1))"]  # fmt: skip


@pytest.mark.parametrize("by_hand", NOT_EQUAL)
def test_another_definition_under_the_name_is_different(
    docs: Any, steps: Any, by_hand: str
) -> None:
    docs.sql(f"CREATE INDEX docs_id ON docs {by_hand}")
    assert docs.standing(steps.create("docs_id", "docs", "id")).state is State.DIFFERENT


@pytest.mark.parametrize("by_hand", NOT_EQUAL)
def test_another_definition_under_another_name_is_none_of_ours(
    docs: Any, steps: Any, by_hand: str
) -> None:
    docs.sql(f"CREATE INDEX docs_by_hand ON docs {by_hand}")
    assert docs.standing(steps.create("docs_id", "docs", "id")).state is State.ABSENT


@pytest.mark.parametrize(
    ("makes", "what"),
    [
        ("CREATE TABLE docs_id ()", "a table"),
        ("CREATE VIEW docs_id AS SELECT 1", "a view"),
        ("CREATE SEQUENCE docs_id", "a sequence"),
        ("CREATE TYPE docs_id AS (a int)", "a composite type"),
        ("CREATE INDEX docs_id ON other (id)", "an index of another table"),
    ],
)
def test_a_name_that_something_else_holds_is_different(
    docs: Any, steps: Any, makes: str, what: str
) -> None:
    docs.sql("CREATE TABLE other (id int)")
    docs.sql(makes)
    standing = docs.standing(steps.create("docs_id", "docs", "id"))
    assert (standing.state, what in standing.sight.reason) == (State.DIFFERENT, True)


def test_alternatives_in_another_spelling_are_for_a_person(docs: Any, steps: Any) -> None:
    docs.sql("CREATE INDEX docs_some ON docs (id) WHERE kind = 'a' OR kind = 'b'")
    step = steps.create("docs_some", "docs", "id", where="kind = 'b' OR kind = 'a'")
    assert docs.standing(step).state is State.NOT_PROVABLY_EQUAL


@pytest.mark.parametrize("under", ["docs_kind", "temporary"])
def test_a_build_that_met_a_duplicate_is_invalid(docs: Any, steps: Any, under: str) -> None:
    step = steps.create("docs_kind", "docs", "kind", unique=True)
    name = under if under == "docs_kind" else steps.temporary(step)
    with pytest.raises(psycopg.errors.UniqueViolation):
        docs.sql(f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON docs (kind)")
    assert docs.standing(step).state is State.INVALID


@pytest.mark.parametrize("under", ["docs_id", "temporary"])
def test_a_build_cancelled_in_its_last_wait_enforces(docs: Any, steps: Any, under: str) -> None:
    step = steps.create("docs_id", "docs", "id", unique=True)
    name = under if under == "docs_id" else steps.temporary(step)
    with cancelled_in_the_last_wait(docs, f"CREATE UNIQUE INDEX CONCURRENTLY {name} ON docs (id)"):
        assert docs.standing(step).state is State.INVALID_ENFORCING
        with pytest.raises(psycopg.errors.UniqueViolation):
            docs.sql("INSERT INTO docs (id) VALUES (1)")


def test_a_build_under_our_application_name_is_ours(docs: Any, steps: Any) -> None:
    step = steps.create("docs_id", "docs", "id")
    mark = steps.temporary(step)[-8:]
    statement = f"CREATE INDEX CONCURRENTLY {steps.temporary(step)} ON docs (id)"
    with building(docs, statement, application_name=f"outofband:{mark}") as pid:
        standing = docs.standing(step)
        assert (standing.state, standing.sight.pid) == (State.BUILDING, pid)
    assert docs.standing(step).state is State.VALID_OTHER_NAME


@pytest.fixture
def reader(docs: Any) -> Iterator[str]:
    """The URL of a role that may read the tables and see nothing of other roles' sessions."""
    role = f"reader_{docs.sql('SELECT current_database()')[0]}"
    docs.sql(f"CREATE ROLE {role} LOGIN")
    docs.sql(f"GRANT SELECT ON docs TO {role}")
    yield docs.url.replace("postgres@", f"{role}@")
    docs.sql(f"DROP OWNED BY {role}")
    docs.sql(f"DROP ROLE {role}")


@pytest.mark.parametrize("role", ["superuser", "reader"])
def test_a_build_of_a_dba_is_told_from_a_dead_one(
    docs: Any, reader: str, steps: Any, role: str
) -> None:
    step = steps.create("docs_id", "docs", "id")
    with (
        building(docs, "CREATE INDEX CONCURRENTLY docs_id ON docs (id)", application_name="psql"),
        Session(Url(docs.url if role == "superuser" else reader)) as session,
    ):
        (standing,) = look(session, Scope(wanted(step))).standings
        assert standing.state is State.BUILDING_ELSEWHERE
        assert "(psql) works on the table" in standing.sight.reason


@pytest.mark.parametrize("setting", ["default_transaction_read_only", "a reading role"])
def test_looking_needs_no_right_to_write(docs: Any, reader: str, steps: Any, setting: str) -> None:
    docs.sql("CREATE INDEX by_hand ON docs (lower(path)) WHERE id > 5")
    step = steps.create("docs_idx", "docs", keys=(key("(lower(path))"),), where="id>1+4")
    url = reader if setting == "a reading role" else f"{docs.url}&options=-c%20{setting}%3Don"
    with Session(Url(url)) as session:
        (standing,) = look(session, Scope(wanted(step))).standings
    assert standing.state is State.VALID_OTHER_NAME


def test_looking_changes_nothing_in_the_catalog(docs: Any, steps: Any) -> None:
    """Equality runs no DDL: no transaction that looks gets an id."""
    docs.sql("CREATE INDEX by_hand ON docs (lower(path)) WHERE id > 5")
    step = steps.create("docs_idx", "docs", keys=(key("(lower(path))"),), where="id>1+4")
    with Session(Url(docs.url)) as session:
        before = docs.sql("SELECT pg_snapshot_xmax(pg_current_snapshot())")
        look(session, Scope(wanted(step)))
        assert docs.sql("SELECT pg_snapshot_xmax(pg_current_snapshot())") == before


@pytest.mark.parametrize("constraint", ["PRIMARY KEY", "UNIQUE"])
def test_an_index_that_a_constraint_owns_serves_as_well(
    docs: Any, steps: Any, constraint: str
) -> None:
    docs.sql(f"ALTER TABLE docs ADD CONSTRAINT docs_owned {constraint} (id)")
    standing = docs.standing(steps.create("docs_id", "docs", "id", unique=True))
    assert (standing.state, standing.done) == (State.CONSTRAINT_OWNED, True)


def test_the_index_of_a_partitioned_table_waits_for_its_partitions(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE events (id int) PARTITION BY RANGE (id)")
    db.sql("CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10)")
    step = steps.create("events_id", "events", "id")
    db.sql("CREATE INDEX events_id ON ONLY events (id)")
    assert db.standing(step).state is State.PARTITION_INCOMPLETE
    db.sql("CREATE INDEX events_1_id ON events_1 (id)")
    db.sql("ALTER INDEX events_id ATTACH PARTITION events_1_id")
    assert db.standing(step).state is State.VALID


def test_an_attached_index_of_a_partition_is_not_offered_for_renaming(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE events (id int) PARTITION BY RANGE (id)")
    db.sql("CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (0) TO (10)")
    db.sql("CREATE INDEX events_id ON events (id)")
    assert db.standing(steps.create("mine", "events_1", "id")).state is State.ABSENT


def test_what_a_downgrade_left_is_unwanted(docs: Any, steps: Any) -> None:
    docs.sql("CREATE INDEX docs_id ON docs (id)")
    later = WantedStep(steps.create("docs_id", "docs", "id"), "r9")
    (standing,) = docs.standings(unapplied=(later,))
    assert (standing.state, standing.done) == (State.UNWANTED, True)


def test_the_heap_is_summed_over_all_leaves(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE events (id int, day int) PARTITION BY RANGE (id)")
    db.sql("CREATE TABLE e1 PARTITION OF events FOR VALUES FROM (0) TO (500)")
    db.sql(
        "CREATE TABLE e2 PARTITION OF events FOR VALUES FROM (500) TO (2000) "
        "PARTITION BY LIST (day)"
    )
    db.sql("CREATE TABLE e2a PARTITION OF e2 DEFAULT")
    db.sql("INSERT INTO events SELECT n, 1 FROM generate_series(0, 999) AS n")
    with Session(Url(db.url)) as session:
        seen = look(session, Scope(wanted(steps.create("i", "events", "id")))).seen
    expected = db.sql("SELECT pg_relation_size('e1') + pg_relation_size('e2a')")[0]
    assert seen.table(QualifiedName("events")).heap_bytes == expected > 0


def test_a_table_without_columns_is_no_trouble(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE bare ()")
    assert db.standing(steps.create("i", "bare", "id")).state is State.ABSENT


HOSTILE = [
    'quo"ted',
    "apo'strophe",
    "with space",
    "trailing ",
    "naïve-Übung-索引-🦉",
    "select",
    "percent%s%(x)s%",
    "back\\slash",
    "semi;colon--comment",
    "colon:name::text",
    "${jndi}",
    "é" * 31 + "x",
    "MixedCase",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_is_too_strange(db: Any, name: str) -> None:
    """Seen, built, adopted and dropped, in a schema off the search_path."""
    schema = sql.Identifier(name).as_string()
    db.sql(f"CREATE SCHEMA {schema}")
    db.sql(f"CREATE TABLE {schema}.{schema} ({schema} text, id int)")
    db.sql(f"INSERT INTO {schema}.{schema} SELECT n, n FROM generate_series(1, 10) AS n")
    table = QualifiedName(name, name)
    index_name = f"{name[:20]} idx"
    step = CreateIndex(Index(index_name, table, (Key.of(name),), unique=True))
    assert db.standing(step).state is State.ABSENT
    assert [e.end.value for e in db.apply(step)] == ["done"]
    assert db.standing(step).state is State.VALID
    other = CreateIndex(Index(f"{name[:20]} 2", table, (Key.of(name),), unique=True))
    assert [e.end.value for e in db.apply(other)] == ["done"]
    assert f"{name[:20]} 2" in db.indexes()
    unique = AddConstraint(f"{name[:20]} c", table, "unique_constraint", (name,), other.name)
    endings = db.apply(other, unique)
    assert [(e.planned.step.name, e.why) for e in endings] == [(unique.name, "")]
    assert db.indexes() == {f"{name[:20]} c": True}
