"""Rows that keep a unique index from being built: counted by its own rules, moved, or reported."""

from __future__ import annotations

from collections import Counter
from typing import Any

import psycopg
import pytest

from outofband.model.index import Key
from outofband.runbook.duplicates import clear
from outofband.runbook.duplicates.find import Duplicates, count, samples, searching
from outofband.runbook.duplicates.policy import Dedupe
from outofband.runbook.ending import End

ROWS = [  # id, path, kind
    (1, "a", "x"),
    (1, "a", "x"),
    (1, "a", "x"),
    (2, "b", "x"),
    (2, "b", "y"),
    (3, "c", "x"),
    (4, None, "x"),
    (4, None, "x"),
    (5, "D", "x"),
    (6, "d", "x"),
]


@pytest.fixture
def rows(db: Any) -> Any:
    db.sql("CREATE TABLE docs (id int NOT NULL, path text, kind text)")
    for row in ROWS:
        db.sql("INSERT INTO docs VALUES (%s, %s, %s)", *row)
    return db


def contents(db: Any, table: str = "docs") -> Counter[Any]:
    return Counter(db.sql(f"SELECT id, path, kind FROM {table}"))


def quarantined(db: Any) -> Counter[Any]:
    places = db.sql(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' "
        "AND relnamespace = to_regnamespace('outofband')"
    )
    return sum((contents(db, place) for place in places), Counter())


def expression(text: str) -> tuple[Key, ...]:
    return (Key(text),)


@pytest.mark.parametrize(
    ("columns", "given", "expected"),
    [
        pytest.param(("id",), {}, Duplicates(3, 4, 3, 1), id="column"),
        pytest.param(("id", "path"), {}, Duplicates(2, 3, 2, 1), id="NULL keys are distinct"),
        pytest.param(
            ("id", "path"), {"nulls_not_distinct": True}, Duplicates(3, 4, 3, 1), id="or are not"
        ),
        pytest.param(("id",), {"where": "id < 2"}, Duplicates(1, 2, 2, 0), id="predicate"),
        pytest.param(
            ("id",), {"where": "docs.id < 2"}, Duplicates(1, 2, 2, 0), id="qualified predicate"
        ),
        pytest.param(("id", "path", "kind"), {}, Duplicates(1, 2, 2, 0), id="all columns"),
        pytest.param(
            (), {"keys": expression("(lower(path))")}, Duplicates(3, 4, 2, 2), id="expression"
        ),
        pytest.param(
            (), {"keys": expression("(lower(docs.path))")}, Duplicates(3, 4, 2, 2), id="qualified"
        ),
    ],
)
def test_duplicates_are_counted_as_the_index_itself_would(
    rows: Any,
    steps: Any,
    session: Any,
    columns: tuple[str, ...],
    given: dict[str, Any],
    expected: Duplicates,
) -> None:
    """The server is the oracle: once the surplus is gone, and not before, it builds the index."""
    if given.get("nulls_not_distinct") and session.version < 150000:
        pytest.skip("NULLS NOT DISTINCT came with PostgreSQL 15")
    index = steps.create("u", "docs", *columns, unique=True, **given).index
    assert count(session, index) == expected
    with pytest.raises(Exception, match="could not create unique index"):
        rows.sql(index.create())
    keys = ", ".join(key.text for key in index.keys)
    covered = f"({index.where})" if index.where else "true"
    if not index.nulls_not_distinct:
        covered += f" AND num_nulls({keys}) = 0"
    rows.sql(
        f"DELETE FROM docs WHERE ctid IN (SELECT ctid FROM (SELECT ctid, row_number() "
        f"OVER (PARTITION BY {keys}) AS n FROM docs WHERE {covered}) AS d WHERE n > 1)"
    )
    assert len(ROWS) - rows.sql("SELECT count(*) FROM docs")[0] == expected.surplus
    rows.sql(index.create())
    assert count(session, index) == Duplicates(0, 0, 0, 0)


@pytest.mark.parametrize("analysed", [True, False])
@pytest.mark.parametrize(
    ("indexes", "by_index"),
    [
        ([], False),
        (["(id, path)"], True),
        (["(id)"], True),
        (["(id) WHERE id < 5"], False),
        (["(kind)"], False),
    ],
)
def test_rows_are_looked_up_only_where_an_index_finds_few(
    db: Any, steps: Any, session: Any, indexes: list[str], by_index: bool, analysed: bool
) -> None:
    """Otherwise the table would be read, or sorted, once a group."""
    db.sql("CREATE TABLE docs (id int, path text, kind text)")
    db.sql(
        "INSERT INTO docs SELECT n % 9000, 'p' || n % 9000, 'k' FROM generate_series(1, 10000) n"
    )
    for index in indexes:
        db.sql(f"CREATE INDEX ON docs {index}")
    if analysed:
        db.sql("ANALYZE docs")
    index = steps.create("u", "docs", "id", "path", unique=True).index
    with searching(session, index) as looks_up:
        assert not looks_up or by_index
        assert looks_up or not (by_index and analysed)
    assert count(session, index) == Duplicates(1000, 1000, 1000, 0)


def test_a_collation_decides_what_is_equal(rows: Any, steps: Any, session: Any) -> None:
    loose = "provider = icu, locale = 'und-u-ks-level2', deterministic = false"
    try:
        rows.sql(f"CREATE COLLATION loose ({loose})")
    except psycopg.errors.FeatureNotSupported:
        pytest.skip("this server was built without ICU")
    keys = (Key("path", "path", collation="loose"),)
    step = steps.create("u", "docs", keys=keys, unique=True)
    assert count(session, step.index) == Duplicates(3, 4, 2, 2)
    (ending,) = rows.apply(step, dedupe=Dedupe.IDENTICAL)
    assert ending.end is End.FAILED
    assert quarantined(rows) == {(1, "a", "x"): 2}


def test_identical_rows_are_moved_and_differing_ones_are_for_a_person(
    rows: Any, steps: Any, screen: Any
) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    (ending,) = rows.apply(step, screen=screen, dedupe=Dedupe.IDENTICAL)
    assert (ending.end, ending.acted) == (End.FAILED, True)
    assert ending.do.startswith("Make the rows differ, or delete all but one of each group; or")
    assert quarantined(rows) == {(1, "a", "x"): 2, (4, None, "x"): 1}
    assert contents(rows) + quarantined(rows) == Counter(ROWS)
    rows.sql("DELETE FROM docs WHERE id = 2 AND kind = 'y'")
    (ending,) = rows.apply(step, dedupe=Dedupe.IDENTICAL)
    assert ending.end is End.DONE


def test_without_leave_nothing_is_moved(rows: Any, steps: Any, screen: Any) -> None:
    (ending,) = rows.apply(steps.create("u", "docs", "id", unique=True), screen=screen)
    assert (ending.end, ending.acted, screen.statements) == (End.FAILED, False, [])
    assert "--dedupe identical" in ending.do
    assert contents(rows) == Counter(ROWS)


def test_keys_are_shown_to_a_person_alone(rows: Any, steps: Any, screen: Any) -> None:
    rows.sql("UPDATE docs SET path = 'hunter2' WHERE path = 'a'")
    (ending,) = rows.apply(steps.create("u", "docs", "path", unique=True), screen=screen)
    assert any("path = hunter2: 3 rows identical" in line for line in screen.secrets)
    assert "hunter2" not in " ".join([ending.why, ending.do, *screen.said, *screen.statements])


@pytest.mark.usefixtures("rows")
def test_samples_tell_a_few_keys_and_how_often(steps: Any, session: Any) -> None:
    index = steps.create("u", "docs", "id", "path", unique=True).index
    assert samples(session, index, ("id", "path", "kind")) == (
        "id = 2, path = b: 2 rows that differ in kind",
        "id = 1, path = a: 3 rows identical",
    )


def test_a_row_that_changed_since_it_was_looked_at_is_not_moved(
    rows: Any, steps: Any, screen: Any
) -> None:
    """A writer updates one of two identical rows while the batch waits for his lock."""
    rows.sql("DELETE FROM docs WHERE id <> 1")
    rows.sql("DELETE FROM docs WHERE ctid IN (SELECT ctid FROM docs LIMIT 1)")
    step = steps.create("u", "docs", "id", unique=True)
    with rows.transaction(
        "UPDATE docs SET id = 99 WHERE ctid = (SELECT max(ctid) FROM docs)"
    ) as writer:
        run = rows.beside(lambda: rows.apply(step, screen=screen, dedupe=Dedupe.IDENTICAL))
        rows.eventually(lambda: any("could not obtain lock" in line for line in screen.said))
        writer.commit()
    (ending,) = run.result()
    assert ending.end is End.DONE
    assert contents(rows) == {(1, "a", "x"): 1, (99, "a", "x"): 1}
    assert quarantined(rows) == Counter()


def test_many_batches_move_everything_once(db: Any, steps: Any) -> None:
    db.sql("CREATE TABLE docs (id int NOT NULL, path text, kind text)")
    db.sql("INSERT INTO docs SELECT n % 500, 'p', 'k' FROM generate_series(1, 3000) AS n")
    before = contents(db)
    (ending,) = db.apply(steps.create("u", "docs", "id", unique=True), dedupe=Dedupe.IDENTICAL)
    assert ending.end is End.DONE
    assert contents(db) + quarantined(db) == before
    assert set(contents(db).values()) == {1}


def test_a_duplicate_that_arrives_during_the_build_is_met_again(
    docs: Any, steps: Any, screen: Any
) -> None:
    screen.meanwhile["CREATE UNIQUE INDEX"] = lambda: docs.sql(
        "INSERT INTO docs SELECT * FROM docs WHERE id = 7"
    )
    step = steps.create("docs_id", "docs", "id", unique=True)
    (ending,) = docs.apply(step, screen=screen, dedupe=Dedupe.IDENTICAL)
    assert ending.end is End.DONE
    assert "docs_id: a duplicate arrived during the build" in screen.said
    assert docs.indexes() == {"docs_id": True}
    assert docs.sql("SELECT count(*) FROM docs") == [1000]


@pytest.fixture
def large(docs: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A table that is too large to be searched for nothing, with a row that is there twice."""
    monkeypatch.setattr(clear, "LOOKED_AT_FIRST_BYTES", 0)
    docs.sql("INSERT INTO docs SELECT * FROM docs WHERE id = 7")
    return docs


def builds(screen: Any) -> int:
    return sum(sql.startswith("CREATE UNIQUE INDEX") for sql in screen.statements)


def test_a_large_table_is_searched_once_a_build_has_met_a_duplicate(
    large: Any, steps: Any, screen: Any
) -> None:
    """The search would sort as much as the build does, which mostly meets none."""
    step = steps.create("u", "docs", "id", unique=True)
    (ending,) = large.apply(step, screen=screen)
    assert (ending.end, ending.acted, builds(screen)) == (End.FAILED, False, 1)
    assert "--dedupe identical" in ending.do
    assert large.indexes() == {}


@pytest.mark.parametrize("expects", ["a stand-in", "the operator"])
def test_a_large_table_is_searched_first_where_that_is_cheap_or_expected(
    large: Any, steps: Any, screen: Any, expects: str
) -> None:
    step = steps.create("u", "docs", "id", unique=True)
    policy = Dedupe.IDENTICAL
    if expects == "a stand-in":
        large.sql("CREATE INDEX docs_standin ON docs (id, path)")
        policy = Dedupe.REPORT
    (ending,) = large.apply(step, screen=screen, dedupe=policy)
    assert builds(screen) == (policy is Dedupe.IDENTICAL)
    assert ending.end is (End.DONE if policy is Dedupe.IDENTICAL else End.FAILED)


def test_an_operator_class_that_finds_more_equal_is_told(db: Any, steps: Any, screen: Any) -> None:
    """What a look by = does not find, no number of builds makes unique."""
    db.sql("CREATE TABLE docs (path text)")
    db.sql("INSERT INTO docs VALUES ('a'), ('A')")
    db.sql(
        "CREATE FUNCTION ci_cmp(text, text) RETURNS int IMMUTABLE LANGUAGE sql "
        "AS 'SELECT bttextcmp(lower($1), lower($2))'"
    )
    names = {"<": "<", "<=": "<=", "=": "=", ">=": ">=", ">": ">"}
    for operator, number in zip(names, range(1, 6), strict=True):
        db.sql(
            f"CREATE FUNCTION ci_{number}(text, text) RETURNS bool IMMUTABLE LANGUAGE sql "
            f"AS 'SELECT lower($1) {operator} lower($2)'"
        )
        db.sql(
            f"CREATE OPERATOR ~{operator}~ "
            f"(FUNCTION = ci_{number}, LEFTARG = text, RIGHTARG = text)"
        )
    listed = ", ".join(f"OPERATOR {n} ~{o}~" for o, n in zip(names, range(1, 6), strict=True))
    db.sql(
        f"CREATE OPERATOR CLASS ci FOR TYPE text USING btree AS {listed}, "
        "FUNCTION 1 ci_cmp(text, text)"
    )
    step = steps.create("u", "docs", keys=(Key("path", "path", operator_class="ci"),), unique=True)
    (ending,) = db.apply(step, screen=screen)
    assert (ending.end, builds(screen)) == (End.FAILED, 2)
    assert ending.why == "operator class ci calls values equal that = does not"


def test_rows_whose_going_would_fire_a_trigger_stay(rows: Any, steps: Any) -> None:
    """A trigger that deletes what belongs to id 1 would orphan the row that is kept."""
    rows.sql(
        "CREATE FUNCTION cascades() RETURNS trigger LANGUAGE plpgsql AS "
        "'BEGIN DELETE FROM parts WHERE docs = OLD.id; RETURN OLD; END'"
    )
    rows.sql("CREATE TRIGGER parts AFTER DELETE ON docs FOR EACH ROW EXECUTE FUNCTION cascades()")
    step = steps.create("u", "docs", "id", unique=True)
    (ending,) = rows.apply(step, dedupe=Dedupe.IDENTICAL)
    assert (ending.end, ending.acted) == (End.FAILED, False)
    assert "DELETE on public.docs fires trigger parts" in ending.why
    assert contents(rows) == Counter(ROWS)
