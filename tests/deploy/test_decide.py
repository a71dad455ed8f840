"""What an upgrade does with one step: inline, deferred, left, refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.catalog.facts import Column, IndexFacts, KeyFacts, TableFacts
from outofband.catalog.sight import Sight
from outofband.deploy.decide import on_downgrade, on_upgrade
from outofband.deploy.decision import Afterwards, Decision, Defer, Inline, Nothing, Refuse
from outofband.deploy.large import afterwards
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddConstraint, CreateIndex, DropIndex
from outofband.settings import DEFAULT_INLINE_MAX_BYTES, Settings

DOCS = QualifiedName("docs", "public")
CREATE = CreateIndex(Index("docs_id", DOCS, (Key.of("id"),), unique=True))
DROP = DropIndex("docs_id", DOCS)
PROMOTE = AddConstraint("docs_pkey", DOCS, "primary_key", ("id",), "docs_id")
FOUND = IndexFacts(
    name=QualifiedName("docs_id", "public"),
    valid=True,
    ready=True,
    live=True,
    unique=True,
    nulls_not_distinct=False,
    method="btree",
    keys=(KeyFacts("id", "id", "int4_ops", True, None, 0, False, False),),
    include=(),
    predicate=None,
    constraint=None,
    constraint_type=None,
    partitioned=False,
    bytes=8192,
)
CREATED = Inline(("CREATE UNIQUE INDEX docs_id ON public.docs (id)",))


def table(heap_bytes: int = 0, *, not_null: bool = True, partitioned: bool = False) -> TableFacts:
    columns = {"id": Column(not_null, 0)}
    return TableFacts(1, DOCS, partitioned, heap_bytes, -1, columns, (FOUND,), ())


def upgraded(step: Any, state: State, on: TableFacts, on_large: Any = "defer") -> Decision:
    sight = Sight(state, None if state is State.ABSENT else FOUND)
    return on_upgrade(step, sight, on, Settings(on_large=on_large), ())


@pytest.mark.parametrize(
    ("heap_bytes", "expected"),
    [(0, Inline), (DEFAULT_INLINE_MAX_BYTES, Inline), (DEFAULT_INLINE_MAX_BYTES + 1, Defer)],
)
def test_an_index_is_built_inline_by_the_size_of_the_heap_alone(
    heap_bytes: int, expected: type
) -> None:
    assert isinstance(upgraded(CREATE, State.ABSENT, table(heap_bytes)), expected)


@pytest.mark.parametrize(
    ("step", "state"),
    [
        (CREATE, State.VALID),
        (CREATE, State.CONSTRAINT_OWNED),
        (PROMOTE, State.VALID),
        (DROP, State.ABSENT),
    ],
)
@pytest.mark.parametrize("heap_bytes", [0, 1 << 40])
@pytest.mark.parametrize("on_large", ["defer", "build", "refuse"])
def test_what_is_there_already_is_nothing_to_do(
    step: Any, state: State, heap_bytes: int, on_large: str
) -> None:
    assert upgraded(step, state, table(heap_bytes), on_large) == Nothing()


@pytest.mark.parametrize(
    ("on_large", "expected"), [("defer", Defer), ("build", Afterwards), ("refuse", Refuse)]
)
def test_on_a_large_table_the_setting_decides(on_large: str, expected: type) -> None:
    assert isinstance(upgraded(CREATE, State.ABSENT, table(1 << 40), on_large), expected)


@pytest.mark.parametrize("step", [DROP, PROMOTE])
def test_drops_and_promotions_are_done_afterwards_too(step: Any) -> None:
    state = State.VALID if step is DROP else State.ABSENT
    assert upgraded(step, state, table(1 << 40), "build") == Afterwards()


PLAIN = replace(CREATE, index=replace(CREATE.index, unique=False))
NAMES = {
    (PLAIN, State.ABSENT): ["CREATE INDEX CONCURRENTLY", "ALTER INDEX"],
    (PLAIN, State.INVALID): ["DROP INDEX CONCURRENTLY", "CREATE INDEX CONC", "ALTER INDEX"],
    (PLAIN, State.VALID_OTHER_NAME): ["ALTER INDEX"],
    (DROP, State.VALID): ["DROP INDEX CONCURRENTLY"],
    (PROMOTE, State.ABSENT): ["ALTER TABLE"],
}


@pytest.mark.parametrize(("given", "expected"), NAMES.items())
def test_what_is_done_afterwards_is_what_the_runbook_would_do(
    given: tuple[Any, State], expected: list[str]
) -> None:
    step, state = given
    actions = afterwards(step, Sight(state, FOUND), table(1 << 40))
    assert not isinstance(actions, str)
    sent = [told.sql for action in actions if (told := action.statement) is not None]
    assert [sql[: len(e)] for sql, e in zip(sent, expected, strict=True)] == expected


def test_a_unique_index_whose_build_has_failed_is_for_a_person() -> None:
    why = afterwards(CREATE, Sight(State.INVALID, FOUND), table(1 << 40))
    assert "duplicates may be why" in why


@pytest.mark.parametrize("state", [State.DIFFERENT, State.BUILDING, State.NOT_PROVABLY_EQUAL])
def test_what_cannot_be_done_afterwards_says_why(state: State) -> None:
    assert afterwards(CREATE, Sight(state, FOUND), table(1 << 40)) == (
        f"it is {state.value.replace('_', ' ')}"
    )


def test_a_partitioned_table_is_not_built_afterwards() -> None:
    large = table(1 << 40, partitioned=True)
    assert isinstance(upgraded(CREATE, State.ABSENT, large, "build"), Defer)


@pytest.mark.parametrize("state", [State.INVALID, State.INVALID_ENFORCING])
def test_a_dead_leftover_on_a_small_table_is_replaced(state: State) -> None:
    assert upgraded(CREATE, state, table()) == Inline(
        ("DROP INDEX public.docs_id", *CREATED.statements)
    )


@pytest.mark.parametrize(
    "state",
    [
        State.BUILDING,
        State.BUILDING_ELSEWHERE,
        State.DIFFERENT,
        State.NOT_PROVABLY_EQUAL,
        State.PARTITION_INCOMPLETE,
        State.VALID_OTHER_NAME,
    ],
)
def test_whatever_else_is_there_is_left_to_the_runbook(state: State) -> None:
    assert isinstance(upgraded(CREATE, state, table()), Defer)


@pytest.mark.parametrize("step", [CREATE, DROP])
def test_what_waits_is_deferred_and_says_for_what(step: Any) -> None:
    sight = Sight(State.ABSENT if step is CREATE else State.VALID, FOUND)
    decided = on_upgrade(step, sight, table(), Settings(), ("first", "second"))
    assert decided == Defer("waits for first, second")


def test_a_promotion_is_inline_where_its_index_is_there() -> None:
    assert upgraded(PROMOTE, State.ABSENT, table()) == Inline(
        ("ALTER TABLE public.docs ADD CONSTRAINT docs_pkey PRIMARY KEY USING INDEX docs_id",)
    )


def test_a_promotion_that_would_scan_for_nulls_is_deferred() -> None:
    decided = upgraded(PROMOTE, State.ABSENT, table(not_null=False))
    assert isinstance(decided, Defer)
    assert "allows NULL" in decided.reason


def test_a_small_tables_index_is_dropped_and_a_large_ones_is_not() -> None:
    assert upgraded(DROP, State.VALID, table()) == Inline(("DROP INDEX public.docs_id",))
    assert isinstance(upgraded(DROP, State.VALID, table(1 << 40)), Defer)


@pytest.mark.parametrize(("heap_bytes", "expected"), [(0, Inline), (1 << 40, Defer)])
def test_a_downgrade_drops_only_what_is_small(heap_bytes: int, expected: type) -> None:
    for state in (State.VALID, State.CONSTRAINT_OWNED):
        decided = on_downgrade(DROP, Sight(state, FOUND), table(heap_bytes), Settings())
        assert isinstance(decided, expected)


def test_a_downgrade_drops_the_constraint_that_took_the_index() -> None:
    decided = on_downgrade(DROP, Sight(State.CONSTRAINT_OWNED, FOUND), table(), Settings())
    assert decided == Inline(("ALTER TABLE public.docs DROP CONSTRAINT docs_id",))
