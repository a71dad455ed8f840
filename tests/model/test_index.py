"""An index as declared comes to one CREATE INDEX, wherever it is shown or sent."""

from __future__ import annotations

from typing import Any

import pytest

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName

DOCS = QualifiedName("docs", "public")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "CREATE INDEX i ON public.docs (id)"),
        ({"unique": True}, "CREATE UNIQUE INDEX i ON public.docs (id)"),
        ({"method": "gin"}, "CREATE INDEX i ON public.docs USING gin (id)"),
        ({"include": ("Path",)}, 'CREATE INDEX i ON public.docs (id) INCLUDE ("Path")'),
        (
            {"unique": True, "nulls_not_distinct": True},
            "CREATE UNIQUE INDEX i ON public.docs (id) NULLS NOT DISTINCT",
        ),
        (
            {"options": (("fillfactor", "70"),), "tablespace": "fast", "where": "a > 5"},
            "CREATE INDEX i ON public.docs (id) WITH (fillfactor = 70) TABLESPACE fast WHERE a > 5",
        ),
    ],
)
def test_every_part_of_a_definition_is_written(given: dict[str, Any], expected: str) -> None:
    assert Index("i", DOCS, (Key.of("id"),), **given).create() == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (Key.of("id"), "id"),
        (Key.of("Id"), '"Id"'),
        (Key("id", "id", descending=True), "id DESC"),
        (Key("id", "id", descending=True, nulls_first=False), "id DESC NULLS LAST"),
        (Key("id", "id", descending=True, nulls_first=True), "id DESC"),
        (Key("id", "id", nulls_first=True), "id NULLS FIRST"),
        (Key("lower(a)"), "lower(a)"),
        (Key("a", "a", '"C"', "text_pattern_ops"), 'a COLLATE "C" text_pattern_ops'),
    ],
)
def test_a_key_is_written_with_what_differs_from_the_default(key: Key, expected: str) -> None:
    assert str(key) == expected


def test_it_is_built_concurrently_under_another_name() -> None:
    built = Index("i", DOCS, (Key.of("id"),)).create(name="tmp", concurrently=True)
    assert built == "CREATE INDEX CONCURRENTLY tmp ON public.docs (id)"
