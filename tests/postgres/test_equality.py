"""An index made by hand is the declared one, or is not, as the server itself spells both."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.model.index import Key
from outofband.model.names import QualifiedName
from outofband.model.state import State


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
    pytest.param(("id",), {"where": "true"}, "(id) WHERE true", id="a predicate of every row"),
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


def test_alternatives_in_another_spelling_are_for_a_person(docs: Any, steps: Any) -> None:
    docs.sql("CREATE INDEX docs_some ON docs (id) WHERE kind = 'a' OR kind = 'b'")
    step = steps.create("docs_some", "docs", "id", where="kind = 'b' OR kind = 'a'")
    assert docs.standing(step).state is State.NOT_PROVABLY_EQUAL
