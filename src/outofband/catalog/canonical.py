"""The planner's own spelling of an expression, got without DDL, so that two spellings can be
compared.

``EXPLAIN (VERBOSE, COSTS OFF) SELECT <expression> ORDER BY 1`` prints the expression after constant
folding, and its collation where that is not the default one, on a standby and in a read-only
transaction too (contract, Equality without DDL; PostgreSQL 18, EXPLAIN).
"""

from __future__ import annotations

from collections.abc import Iterable

from outofband.catalog.facts import IndexFacts, TableFacts
from outofband.catalog.reader import Reader
from outofband.model.index import Index
from outofband.model.names import QualifiedName

_SORT_KEY, _OUTPUT = "Sort Key: ", "Output: "


def canonical_forms(
    reader: Reader, table: TableFacts, declared: Iterable[Index]
) -> dict[str, str | None]:
    """Return the planner's form of every expression and predicate declared or stored, None where it
    has none.

    Asks only where something declared has an expression or a predicate: plain column indexes need
    no EXPLAIN.
    """
    wanted = {text for index in declared for text in _declared_texts(index)}
    if not wanted:
        return {}
    stored = {text for facts in table.indexes for text in _stored_texts(facts)}
    return {text: canonical(reader, table.name, text) for text in sorted(wanted | stored)}


def _declared_texts(index: Index) -> Iterable[str]:
    yield from (key.text for key in index.keys if key.column is None)
    if index.where:
        yield index.where


def _stored_texts(facts: IndexFacts) -> Iterable[str]:
    yield from (key.text for key in facts.keys if key.column is None)
    if facts.predicate:
        yield facts.predicate


def canonical(reader: Reader, table: QualifiedName, text: str) -> str | None:
    """Return the planner's form of an expression over a table's columns, None where it has none."""
    select = f"SELECT ({text}) FROM ONLY {table}"
    # A constant is not sorted, and some types (point, json) cannot be.
    plan = reader.explain(f"{select} ORDER BY 1") or reader.explain(select) or ()
    return _told(plan, _SORT_KEY) or _told(plan, _OUTPUT)


def _told(plan: Iterable[str], label: str) -> str | None:
    lines = (line.strip() for line in plan)
    return next((line.removeprefix(label) for line in lines if line.startswith(label)), None)
