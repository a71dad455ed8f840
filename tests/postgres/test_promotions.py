"""Making an index a constraint on a real server: what is done, and what is refused in words."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.model.index import ConstraintKind, Key
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddConstraint, Step
from outofband.runbook.apply import End

FLAGS = (
    "SELECT indisreplident, indisclustered, "
    "EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid AND contype = 'f') "
    "FROM pg_index WHERE indexrelid = 'docs_key'::regclass"
)
UNIQUE: ConstraintKind = "unique_constraint"
BY_ID = "CREATE UNIQUE INDEX docs_unique ON docs (id)"


def chain(steps: Any, kind: ConstraintKind, *columns: str, **given: Any) -> tuple[Step, Step]:
    columns = columns or ("id",)
    build = steps.create("docs_unique", "docs", *columns, unique=True, **given)
    return build, AddConstraint("docs_key", QualifiedName("docs"), kind, columns, "docs_unique")


@pytest.mark.parametrize("kind", ["primary_key", UNIQUE])
@pytest.mark.parametrize(
    ("needed_by", "flags"),
    [
        ("ALTER TABLE docs REPLICA IDENTITY USING INDEX docs_unique", (True, False, False)),
        ("ALTER TABLE docs CLUSTER ON docs_unique", (False, True, False)),
        ("CREATE TABLE notes (doc int REFERENCES docs (id))", (False, False, True)),
    ],
)
def test_what_needs_the_index_needs_the_constraints(
    docs: Any, steps: Any, kind: ConstraintKind, needed_by: str, flags: tuple[bool, ...]
) -> None:
    docs.sql(BY_ID)
    docs.sql(needed_by)
    assert [e.end for e in docs.apply(*chain(steps, kind))] == [End.DONE]
    assert docs.sql(FLAGS) == [flags]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"include": ("path",)}, "(id) INCLUDE (path)"),
        ({"nulls_not_distinct": True}, "(id) NULLS NOT DISTINCT"),
        ({"options": (("fillfactor", "70"),)}, "(id) WITH (fillfactor='70')"),
    ],
)
def test_the_constraint_is_what_its_index_was(
    docs: Any, steps: Any, given: dict[str, Any], told: str
) -> None:
    if "nulls_not_distinct" in given:
        docs.since(15, "NULLS NOT DISTINCT")
    steps_of_it = chain(steps, UNIQUE, **given)
    assert {e.end for e in docs.apply(*steps_of_it)} == {End.DONE}
    assert docs.sql("SELECT pg_get_indexdef('docs_key'::regclass)")[0].endswith(told)
    assert all(s.done for s in docs.standings(*steps_of_it))


@pytest.mark.parametrize(
    ("by_hand", "state", "why"),
    [
        (
            "ALTER TABLE docs ADD CONSTRAINT docs_key UNIQUE (id) DEFERRABLE",
            State.DIFFERENT,
            "is DEFERRABLE, so that ON CONFLICT cannot use it",
        ),
        (
            "ALTER TABLE docs ADD CONSTRAINT docs_key UNIQUE (path)",
            State.DIFFERENT,
            "a constraint of that name has other columns",
        ),
        (
            "ALTER TABLE docs ADD CONSTRAINT docs_key PRIMARY KEY (id)",
            State.DIFFERENT,
            "the constraint of that name is a primary key",
        ),
        (
            "ALTER TABLE docs ADD CONSTRAINT docs_key UNIQUE (id) INCLUDE (path)",
            State.DIFFERENT,
            "has another definition than index docs_unique",
        ),
        (
            "ALTER TABLE docs ADD CONSTRAINT docs_key UNIQUE NULLS NOT DISTINCT (id)",
            State.DIFFERENT,
            "has another definition than index docs_unique",
        ),
        (
            "ALTER TABLE docs ADD CONSTRAINT docs_key EXCLUDE (id WITH =)",
            State.DIFFERENT,
            "the constraint of that name is an exclusion constraint",
        ),
        (
            "ALTER TABLE docs ADD CONSTRAINT docs_key CHECK (id > 0)",
            State.DIFFERENT,
            "the name belongs to a constraint of another kind",
        ),
        ("CREATE TABLE docs_key ()", State.DIFFERENT, "the name belongs to a table"),
        (
            "CREATE INDEX docs_key ON docs (path)",
            State.ABSENT,
            "another index of the table is called docs_key",
        ),
        (
            "ALTER TABLE docs ADD CONSTRAINT old UNIQUE (id)",
            State.VALID_OTHER_NAME,
            "ALTER TABLE public.docs RENAME CONSTRAINT old TO docs_key",
        ),
        (
            "ALTER TABLE docs ADD CONSTRAINT docs_unique UNIQUE (id)",
            State.VALID_OTHER_NAME,
            "ALTER TABLE public.docs RENAME CONSTRAINT docs_unique TO docs_key",
        ),
        (
            "ALTER TABLE docs ADD CONSTRAINT docs_unique PRIMARY KEY (id)",
            State.ABSENT,
            "index docs_unique belongs to constraint docs_unique already",
        ),
    ],
)
def test_what_is_there_already_is_told_from_what_is_wanted(
    docs: Any, steps: Any, by_hand: str, state: State, why: str
) -> None:
    if "NULLS NOT" in by_hand:
        docs.since(15, "NULLS NOT DISTINCT")
    docs.sql(by_hand)
    before = docs.sql("SELECT conname FROM pg_constraint WHERE conrelid = 'docs'::regclass")
    wanted = chain(steps, UNIQUE)
    *_, refused = docs.apply(*wanted)
    assert docs.standings(*wanted)[1].state is state
    assert refused.end is End.REFUSED
    assert why in refused.why
    after = docs.sql("SELECT conname FROM pg_constraint WHERE conrelid = 'docs'::regclass")
    assert before == after


@pytest.mark.parametrize(
    ("kind", "given", "why"),
    [
        (UNIQUE, {"where": "id > 5"}, "is partial"),
        (UNIQUE, {"keys": (Key("path", "path", descending=True),)}, "is partial, descending"),
        (UNIQUE, {"keys": (Key("path", "path", nulls_first=True),)}, "sorts NULLs first"),
        (
            UNIQUE,
            {"keys": (Key("path", "path", operator_class="text_pattern_ops"),)},
            "by another operator class than the default one",
        ),
        (
            UNIQUE,
            {"keys": (Key("path", "path", collation='"C"'),)},
            "sorts path by another collation than the column's own",
        ),
        ("primary_key", {"nulls_not_distinct": True}, "is NULLS NOT DISTINCT"),
        ("primary_key", {"keys": (Key.of("path"),)}, "column path allows NULL"),
    ],
)
def test_an_index_that_postgres_would_refuse_is_refused_in_words(
    docs: Any, steps: Any, kind: ConstraintKind, given: dict[str, Any], why: str
) -> None:
    if "nulls_not_distinct" in given:
        docs.since(15, "NULLS NOT DISTINCT")
    columns = ("path",) if "keys" in given else ("id",)
    built, refused = docs.apply(*chain(steps, kind, *columns, **given))
    assert built.end is End.DONE
    assert refused.end is End.REFUSED
    assert why in refused.why


def test_not_null_that_was_never_validated_is_not_enough_for_a_primary_key(
    docs: Any, steps: Any
) -> None:
    docs.since(18, "NOT NULL that is NOT VALID")
    docs.sql("ALTER TABLE docs ADD CONSTRAINT there NOT NULL path NOT VALID")
    wanted = chain(steps, "primary_key", "path")
    *_, refused = docs.apply(*wanted)
    assert "column path allows NULL" in refused.why
    docs.sql("ALTER TABLE docs VALIDATE CONSTRAINT there")
    assert [e.end for e in docs.apply(*wanted)] == [End.DONE]


@pytest.mark.parametrize(
    ("needed_by", "why"),
    [
        ("CREATE TABLE notes (doc int REFERENCES docs (id))", "notes_doc_fkey depends on index"),
        (
            "ALTER TABLE docs REPLICA IDENTITY USING INDEX docs_unique",
            "is the replica identity of public.docs",
        ),
    ],
)
def test_an_index_that_something_needs_is_not_dropped(
    docs: Any, steps: Any, needed_by: str, why: str
) -> None:
    docs.sql(BY_ID)
    docs.sql(needed_by)
    (refused,) = docs.apply(steps.drop("docs_unique", "docs"))
    assert refused.end is End.REFUSED
    assert why in refused.why
    assert docs.indexes() == {"docs_unique": True}


def test_an_unwanted_constraint_that_a_foreign_key_needs_is_not_dropped(
    docs: Any, steps: Any
) -> None:
    wanted = chain(steps, UNIQUE)
    docs.apply(*wanted)
    docs.sql("CREATE TABLE notes (doc int REFERENCES docs (id))")
    docs.sql("CREATE INDEX another ON docs (path)")
    (refused,) = docs.apply(unapplied=steps.wants(*wanted).steps, only=("docs_key",))
    assert "notes_doc_fkey depends on index public.docs_key" in refused.why


def test_an_equal_deferrable_constraint_is_no_substitute_for_the_index(
    docs: Any, steps: Any
) -> None:
    docs.sql("ALTER TABLE docs ADD CONSTRAINT later UNIQUE (id) DEFERRABLE")
    build, _ = chain(steps, UNIQUE)
    assert [e.end for e in docs.apply(build)] == [End.DONE]
    assert set(docs.indexes()) == {"docs_unique", "later"}
