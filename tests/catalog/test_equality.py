"""A hand-built index is adopted only when it is the declared one in everything that serves."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.catalog.equality import Equality, compare
from outofband.catalog.facts import Column
from outofband.model.index import Key

EQUAL, DIFFERENT, UNPROVABLE = Equality.EQUAL, Equality.DIFFERENT, Equality.UNPROVABLE


@pytest.mark.parametrize(
    ("declared", "stored", "expected"),
    [
        ({}, {}, EQUAL),
        ({"unique": True}, {"unique": True}, EQUAL),
        ({"unique": True}, {}, DIFFERENT),
        ({"method": "hash"}, {}, DIFFERENT),
        ({"method": "GIN"}, {"method": "gin"}, EQUAL),
        ({"include": ("path",)}, {}, DIFFERENT),
        ({"include": ("path", "note")}, {"include": ("note", "path")}, EQUAL),
        ({"nulls_not_distinct": True}, {}, DIFFERENT),
        ({"where": "id > 5"}, {}, DIFFERENT),
        ({}, {"predicate": "(id > 5)"}, DIFFERENT),
        ({"options": (("fillfactor", "70"),)}, {}, EQUAL),
        ({"tablespace": "fast"}, {}, EQUAL),
    ],
)
def test_what_makes_two_indexes_differ(
    facts: Any, declared: dict[str, Any], stored: dict[str, Any], expected: Equality
) -> None:
    assert compare(facts.declared(**declared), facts.index(**stored), facts.table()) is expected


@pytest.mark.parametrize(
    ("declared", "stored", "expected"),
    [
        (Key.of("id"), {}, EQUAL),
        (Key.of("path"), {}, DIFFERENT),
        (Key("id", "id", descending=True), {"descending": True, "nulls_first": True}, EQUAL),
        (Key("id", "id", descending=True), {"descending": True}, DIFFERENT),
        (Key("id", "id", nulls_first=True), {"nulls_first": True}, EQUAL),
        (Key("id", "id"), {"descending": True, "nulls_first": True}, DIFFERENT),
        (Key("id", "id", operator_class="pg_catalog.int4_ops"), {}, EQUAL),
        (Key("id", "id", operator_class="int8_ops"), {}, DIFFERENT),
        (Key("id", "id"), {"default_class": False}, DIFFERENT),
        (Key("id", "id", collation='"C"'), {"collation": "C", "collation_oid": 950}, EQUAL),
        (Key("id", "id"), {"collation": "C", "collation_oid": 950}, DIFFERENT),
        (Key("lower(path)"), {"column": None, "text": "lower(path)"}, EQUAL),
        (Key("upper(path)"), {"column": None, "text": "lower(path)"}, UNPROVABLE),
        (Key("lower(path)"), {"column": None, "text": "lower(path)", "collation": "C"}, UNPROVABLE),
    ],
)
def test_what_makes_two_keys_differ(
    facts: Any, declared: Key, stored: dict[str, Any], expected: Equality
) -> None:
    forms = {"lower(path)": "lower(docs.path)", "upper(path)": "upper(docs.path)"}
    found = facts.index(keys=(facts.key(**stored),))
    table = facts.table(canonical=forms)
    assert compare(facts.declared(keys=(declared,)), found, table) is expected


def test_a_key_without_collation_means_the_columns_own(facts: Any) -> None:
    table = facts.table(columns={"id": Column(True, 950)})
    stored = facts.index(keys=(facts.key(collation="C", collation_oid=950),))
    assert compare(facts.declared(), stored, table) is EQUAL


def test_two_spellings_of_a_predicate_are_equal_in_the_planners_form(facts: Any) -> None:
    forms = {"id>1+4": "(docs.id > 5)", "(id > 5)": "(docs.id > 5)"}
    table = facts.table(canonical=forms)
    stored = facts.index(predicate="(id > 5)")
    assert compare(facts.declared(where="id>1+4"), stored, table) is EQUAL


@pytest.mark.parametrize(
    ("declared", "stored", "expected"),
    [
        ("true", None, EQUAL),
        ("1 = 1", None, EQUAL),
        ("1 = 1", "(1 = 1)", EQUAL),
        ("true", "(id > 5)", DIFFERENT),
        ("false", None, DIFFERENT),
    ],
)
def test_a_predicate_of_every_row_is_none(
    facts: Any, declared: str, stored: str | None, expected: Equality
) -> None:
    forms = {"true": "true", "1 = 1": "true", "(1 = 1)": "true", "false": "false"}
    table = facts.table(canonical={**forms, "(id > 5)": "(docs.id > 5)"})
    assert compare(facts.declared(where=declared), facts.index(predicate=stored), table) is expected
