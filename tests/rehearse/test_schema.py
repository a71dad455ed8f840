"""Two schemas are compared by what is in them."""

from __future__ import annotations

import pytest

from outofband.rehearse.schema import difference

TABLE, ENUM = ("table", "public.t"), ("enum", "mood")


def test_what_is_missing_left_over_and_different_is_named() -> None:
    before, after = {TABLE: "p", ENUM: "'sad'"}, {TABLE: "u", ("index", "public.i"): ""}
    told = "missing: enum mood; left over: index public.i; different: table public.t"
    assert str(difference(before, after)) == told


@pytest.mark.parametrize(
    ("after", "differs"),
    [("'sad', 'it''s, ok', 'glad'", False), ("'it''s, ok', 'so so'", True), ("'sad'", True)],
)
def test_an_enum_that_has_gained_values_is_as_it_was(after: str, differs: bool) -> None:
    assert bool(difference({ENUM: "'sad', 'it''s, ok'"}, {ENUM: after})) is differs
