"""The stats file: what is written is read again, by lint too; what is wrong is told."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from outofband.stats.file import StatsFileWrong, read, written
from outofband.stats.value import Column, Index, Missing, Query, Relation, Setting, Stats
from outofband_lint import stats as linted

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "stats.schema.json").read_text())
OBJECTS = {
    "relations": Relation,
    "columns": Column,
    "indexes": Index,
    "queries": Query,
    "settings": Setting,
    "missing": Missing,
}
FULL = Stats(
    server_version=180006,
    pulled="2026-11-27",
    counted_since="2026-01-01",
    settings=(Setting("random_page_cost", "1.1"),),
    missing=(Missing("column statistics", "the role may not read the table", "public.docs"),),
    relations=(
        Relation("public", "docs", 594289, 1e6, 5 << 30, heap_bytes=594289 * 8192, seq_scan=10),
        Relation("public", "events", 2, 9.0, 16384, kind="partitioned table"),
        Relation("public", "events_1", 2, 9.0, 16384, partition_of="public.events"),
    ),
    columns=(
        Column("public", "docs", "path", -0.5, 0.0, 40, 0.25),
        Column("public", "events", "at", 9.0, 0.0, 8, inherited=True, most_common_freqs=(0.5,)),
    ),
    indexes=(Index("public", "docs", "docs_path", "CREATE …", 30, 1e6, 245760, valid=False),),
    queries=(Query("SELECT data FROM docs WHERE path = $1", 4000, 1.5),),
)  # fmt: skip


def test_what_is_written_is_read_again() -> None:
    assert read(written(FULL)) == FULL


def test_it_fits_its_schema() -> None:
    jsonschema.validate(json.loads(written(FULL)), SCHEMA)


@pytest.mark.parametrize("name", OBJECTS)
def test_the_schema_has_every_member_and_no_other(name: str) -> None:
    assert set(SCHEMA["$defs"][name]["properties"]) == {f.name for f in fields(OBJECTS[name])}


def test_lint_reads_the_relations_of_it() -> None:
    found = linted.read(written(FULL))
    assert {str(name): relation.bytes for name, relation in found.relations.items()} == {
        "public.docs": 5 << 30,
        "public.events": 16384,
        "public.events_1": 16384,
    }


def test_an_object_is_a_line_in_the_order_of_names_so_that_changes_read_as_a_diff() -> None:
    shuffled = Stats(relations=tuple(reversed(FULL.relations)))
    lines = written(shuffled).splitlines()
    names = [json.loads(line.strip().rstrip(","))["name"] for line in lines if '"name"' in line]
    assert names == ["docs", "events", "events_1"]


def test_what_lint_s_own_tests_write_is_read_too() -> None:
    one = linted.Relation(FULL.relations[0].qualified, 3, 10.0, 30000)
    found = read(linted.written([one])).relations[0]
    assert (found.bytes, found.heap_pages, found.kind) == (30000, 3, "table")


def test_members_of_later_releases_are_passed_over() -> None:
    document = json.loads(written(FULL))
    document["later"] = [1]
    document["relations"][0]["later"] = 1
    assert read(json.dumps(document)) == FULL


def changed(name: str, member: str, value: Any) -> str:
    document = json.loads(written(FULL))
    document[name][0][member] = value
    return json.dumps(document)


WRONG = {
    "it is not JSON": "{",
    'it does not say "format"': "{}",
    "it is of version 2": '{"format": "outofband-stats", "version": 2}',
    '"relations" is not there': '{"format": "outofband-stats", "version": 1}',
    '"columns" is not a list': written(FULL).replace('"columns": [', '"columns": 3, "x": ['),
    '"relations"[0]: "pages" is not a whole number': changed("relations", "pages", "many"),
    '"columns"[0]: "null_frac" is not a number': changed("columns", "null_frac", True),
    '"queries"[0]: "query" is not a text': changed("queries", "query", 1),
}


@pytest.mark.parametrize("why", WRONG)
def test_what_is_no_stats_file_is_told_in_words(why: str) -> None:
    with pytest.raises(StatsFileWrong) as raised:
        read(WRONG[why], "stats.json")
    assert why in str(raised.value)
    assert "cannot read stats.json" in str(raised.value)


def test_without_values_nothing_of_a_row_is_left() -> None:
    valued = Column("a", "b", "c", 3.0, 0.1, 4, 0.5, True, "{x,y}", (0.5,), "{1,2}")
    assert valued.holds_values
    assert Stats(columns=(valued,)).without_values().columns == (
        Column("a", "b", "c", 3.0, 0.1, 4, 0.5, inherited=True),
    )
