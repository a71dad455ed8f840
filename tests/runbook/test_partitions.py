"""The index of a partitioned table: what is left to do, whatever is there of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.catalog.facts import IndexFacts, TableFacts, Worker
from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.runbook.deciding.partitions import cover, obstacle

ALL = Index("docs_id", QualifiedName("docs", "public"), (Key.of("id"),))


@pytest.fixture
def table(world: Any) -> Any:
    """Make one table; partitions and indexes as given."""

    def make(name: str, *parts: TableFacts, indexes: tuple[Any, ...] = (), **given: Any) -> Any:
        (facts,) = world.seen(*indexes, **given).tables.values()
        qualified, key = QualifiedName(name, "public"), ("id",) if parts else ()
        given_key = given.get("partition_key", key)
        split = {"partitioned": bool(parts), "partitions": parts, "partition_key": given_key}
        return replace(facts, name=qualified, **split)

    return make


def part_of(name: str) -> Index:
    return ALL.part(QualifiedName(name, "public"))


def sql(table: TableFacts, found: IndexFacts | None = None, index: Index = ALL) -> list[str]:
    """The statements, with every fingerprint as # and every temporary mark as ~."""
    lines = []
    for action in cover(index, table, found):
        sent = action.statement
        text = sent.sql if sent else f"wait for pid {action.pid}"
        for part in table.tree():
            own = index if part is table else index.part(part.name)
            text = text.replace(own.temporary_name, f"{own.name}~")
            text = text.replace(own.name, own.name[:-8] + "#" if own is not index else own.name)
        lines.append(text)
    return lines


BUILT = [
    "CREATE INDEX CONCURRENTLY e1_docs_id_#~ ON public.e1 (id)",
    "ALTER INDEX public.e1_docs_id_#~ RENAME TO e1_docs_id_#",
]
ATTACHED = "ALTER INDEX public.docs_id~ ATTACH PARTITION public.e1_docs_id_#"
COVERED = "CREATE INDEX docs_id~ ON ONLY public.docs (id)"
NAMED = "ALTER INDEX public.docs_id~ RENAME TO docs_id"


def test_it_is_covered_first_and_named_last(table: Any) -> None:
    assert sql(table("docs", table("e1"))) == [COVERED, *BUILT, ATTACHED, NAMED]


def parent(world: Any, **given: Any) -> Any:
    given = {"valid": False, "partitioned": True, **given}
    return world.index(ALL.temporary_name, **given)


@pytest.mark.parametrize(
    ("name", "given", "expected"),
    [
        ("temporary", {"valid": False}, ["DROP INDEX CONCURRENTLY public.e1_docs_id_#~", *BUILT]),
        ("temporary", {}, BUILT[1:]),
        ("own", {}, []),
        ("by_hand", {"valid": False}, BUILT),
    ],
)
def test_of_a_partition_what_is_left_is_done(
    world: Any, table: Any, name: str, given: dict[str, Any], expected: list[str]
) -> None:
    own = part_of("e1")
    name = {"temporary": own.temporary_name, "own": own.name}.get(name, name)
    found = parent(world)
    docs = table("docs", table("e1", indexes=(world.index(name, **given),)), indexes=(found,))
    assert sql(docs, found) == [*expected, ATTACHED, NAMED]


def test_an_equal_index_made_by_hand_is_attached_under_its_name(world: Any, table: Any) -> None:
    docs = table("docs", table("e1", indexes=(world.index("by_hand"),)))
    attached = "ALTER INDEX public.docs_id~ ATTACH PARTITION public.by_hand"
    assert sql(docs) == [COVERED, attached, NAMED]


def test_an_index_that_is_part_of_another_is_left_alone(world: Any, table: Any) -> None:
    theirs = world.index("theirs", parent=QualifiedName("other", "public"))
    assert sql(table("docs", table("e1", indexes=(theirs,)))) == [
        COVERED,
        *BUILT,
        ATTACHED,
        NAMED,
    ]


def test_what_is_attached_is_done(world: Any, table: Any) -> None:
    found = parent(world)
    done = world.index("whatever", parent=found.name)
    assert sql(table("docs", table("e0", indexes=(done,)), table("e1")), found) == [
        *BUILT,
        ATTACHED,
        NAMED,
    ]


def test_a_build_left_running_is_waited_for(table: Any) -> None:
    worker = Worker(7, f"outofband:{part_of('e1').fingerprint}", None)
    docs = table("docs", table("e1", workers=(worker,)))
    assert sql(docs) == [COVERED, "wait for pid 7", BUILT[1], ATTACHED, NAMED]


def test_a_partition_split_in_turn_is_covered_before_it_is_attached(table: Any) -> None:
    assert sql(table("docs", table("e1", table("e1a")))) == [
        COVERED,
        "CREATE INDEX e1_docs_id_#~ ON ONLY public.e1 (id)",
        "CREATE INDEX CONCURRENTLY e1a_docs_id_#~ ON public.e1a (id)",
        "ALTER INDEX public.e1a_docs_id_#~ RENAME TO e1a_docs_id_#",
        "ALTER INDEX public.e1_docs_id_#~ ATTACH PARTITION public.e1a_docs_id_#",
        BUILT[1],
        ATTACHED,
        NAMED,
    ]


def test_beside_a_foreign_partition_it_is_covered_last_and_at_once(table: Any) -> None:
    foreign = replace(table("e2"), foreign=True)
    assert sql(table("docs", table("e1"), foreign)) == [
        *BUILT,
        "CREATE INDEX docs_id~ ON public.docs (id)",
        NAMED,
    ]


def test_a_table_without_partitions_is_covered_and_that_is_all(table: Any) -> None:
    empty = replace(table("docs"), partitioned=True)
    assert sql(empty) == [COVERED, NAMED]


def test_names_of_parts_fit_and_stay_apart() -> None:
    long = replace(ALL, name="ü" * 31)
    names = {long.part(QualifiedName("ä" * 30 + n, "public")).name for n in "ab"}
    assert len(names) == 2
    assert all(len(name.encode()) <= 63 for name in names)
    other = replace(ALL, include=("path",))
    assert part_of("e1").name != other.part(QualifiedName("e1", "public")).name


@pytest.mark.parametrize(
    ("key", "inner", "told"),
    [
        (("id",), ("id",), ""),
        (("path",), ("id",), "public.docs is partitioned by path, which a unique index has to"),
        (("id",), ("path",), "public.e1 is partitioned by path, which a unique index has to"),
        ((None,), ("id",), "public.docs is partitioned by an expression"),
    ],
)
def test_a_unique_index_needs_the_partition_key_of_every_level(
    table: Any, key: Any, inner: Any, told: str
) -> None:
    docs = table("docs", table("e1", table("e1a"), partition_key=inner), partition_key=key)
    assert obstacle(ALL, docs, None) == ""
    reason = obstacle(replace(ALL, unique=True), docs, None)
    assert reason.startswith(told)
    assert bool(reason) == bool(told)


def test_what_can_never_become_valid_is_told(world: Any, table: Any) -> None:
    found = parent(world)
    foreign = replace(table("e2"), foreign=True)
    assert obstacle(ALL, table("docs", foreign), None) == ""
    assert "DROP INDEX public.docs_id__ob" in obstacle(ALL, table("docs", foreign), found)
    assert "foreign table" in obstacle(replace(ALL, unique=True), table("docs", foreign), None)
    broken = world.index("broken", valid=False, parent=found.name)
    docs = table("docs", table("e1", indexes=(broken,)))
    assert "attached to public.docs_id__ob" in obstacle(ALL, docs, found)
