"""Of all that is wanted, what one step's standing depends on: its table's, and what is awaited."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from outofband.catalog.earlier import bearing_on
from outofband.catalog.facts import Observation
from outofband.catalog.standing import standings
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.step import AddConstraint, CreateIndex, DropIndex, Step, Wanted, WantedStep

A, B, C = (QualifiedName(name) for name in "abc")


def _index(name: str, table: QualifiedName, *, unique: bool = False) -> Index:
    return Index(name, table, (Key.of("id"),), unique=unique)


CHAIN: tuple[Step, ...] = (
    CreateIndex(_index("a_temp", A)),
    CreateIndex(_index("c_id", C)),
    CreateIndex(_index("b_id", B), after=("c_id",)),
    CreateIndex(_index("a_unique", A, unique=True), after=("b_id",)),
    AddConstraint("a_pkey", A, "primary_key", ("id",), "a_unique"),
    DropIndex("a_temp", A),
    DropIndex("b_old", B, after=("a_temp",)),
)
WANTED = Wanted(tuple(WantedStep(step, f"r{n}") for n, step in enumerate(CHAIN)))


@pytest.mark.parametrize("there", [*product([True, False], repeat=4)], ids=str)
def test_a_step_stands_among_what_bears_on_it_as_among_all(
    facts: Any, there: tuple[bool, ...]
) -> None:
    indexes = (
        (A, facts.index("a_temp")),
        (A, facts.index("a_unique", unique=True)),
        (B, facts.index("b_id")),
        (C, facts.index("c_id")),
    )
    built = [index for index, is_there in zip(indexes, there, strict=True) if is_there]
    seen = Observation(
        {table: facts.table(*(i for t, i in built if t == table)) for table in (A, B, C)}, {}
    )
    among_all = {s.step: s for s in standings(WANTED, seen)}
    for step in CHAIN:
        among = {s.step: s for s in standings(bearing_on(step, WANTED), seen)}
        assert among[step] == among_all[step]


@pytest.mark.parametrize(
    ("step", "tables"),
    [(CHAIN[1], {C}), (CHAIN[2], {A, B, C}), (CHAIN[3], {A, B, C})],
    ids=["waits for nothing", "its table waits for another", "waits along a chain"],
)
def test_other_tables_are_left_out(step: Step, tables: set[QualifiedName]) -> None:
    assert {w.step.table for w in bearing_on(step, WANTED).steps} == tables


def test_an_index_that_another_table_wants_under_its_name_keeps_it() -> None:
    assert QualifiedName("b_id") in bearing_on(CHAIN[1], WANTED).declared_names
