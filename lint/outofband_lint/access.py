"""Which tables a query has to read whole, because no index at head finds what it asks for.

A table is reached by the conditions on it that the query's own values decide, or by those that
compare it with tables reached before, in any order: that is what a planner may choose from. Which
order it would choose depends on statistics and is not asked.

Source: PostgreSQL 18, chapters 11 (indexes) and 14.3 (joins).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from outofband_lint.asked import Asked
from outofband_lint.names import QualifiedName
from outofband_lint.reader.select_tree import (
    All,
    ColumnName,
    Condition,
    Either,
    Exists,
    Operand,
    Relation,
    Scope,
    conjuncts,
)
from outofband_lint.schema import Index, Schema, Table
from outofband_lint.serving import Both, Term, is_served, key_text, usable_indexes
from outofband_lint.statement import CreateIndex, IndexKey

_SYSTEM = ("pg_catalog", "information_schema", "pg_toast")


@dataclass(frozen=True, slots=True)
class Fault:
    """A table that a query reads whole, and by what it looks for rows in it.

    `order` is the key of an ORDER BY … LIMIT that no index gives. `unknown` says why nobody can
    tell, empty where it is sure. `table` is None for one that the revisions never created.
    """

    name: QualifiedName
    table: Table | None
    terms: tuple[Term, ...] = ()
    order: str = ""
    unknown: str = ""


def faults(
    scopes: Sequence[Scope], schema: Schema, is_large: Callable[[QualifiedName], bool]
) -> Iterator[Fault]:
    """Yield the large tables that no index serves, of every query in these scopes."""
    for scope in scopes:
        yield from _Access(scope, schema, is_large).faults()


def keys_for(fault: Fault) -> list[str]:
    """Return what an index should be on that serves the query: equalities first, then one range."""
    if fault.order:
        return [fault.order]
    terms = fault.terms
    equal = [t.key for t in terms if t.how == "equal" and not t.weak]
    others = [t.key for t in terms if t.how in ("range", "prefix", "search")]
    weak = [t.key for t in terms if t.key not in (*equal, *others)]
    return list(dict.fromkeys([*equal, *others[:1]] or weak))


def index_for(fault: Fault) -> CreateIndex:
    """Return the index that serves the query, on the table of a fault that has one."""
    assert fault.table is not None
    keys = keys_for(fault)
    columns = {column.name for column in fault.table.columns}
    searched = {term.key for term in fault.terms if term.how == "search"}
    return CreateIndex(
        None,
        fault.name,
        tuple(IndexKey(k) if k in columns else IndexKey(None, k) for k in keys),
        method="gin" if searched.intersection(keys) else "btree",
    )


@dataclass(slots=True)
class _Access:
    """One scope, and what is known from outside: conditions that were pushed into it."""

    scope: Scope
    schema: Schema
    is_large: Callable[[QualifiedName], bool]
    asked: Asked = field(init=False)

    def __post_init__(self) -> None:
        self.asked = Asked.of(self.scope, self.schema)

    def faults(self) -> Iterator[Fault]:
        """Yield what is read whole in this scope and in all inside it."""
        conditions = [*conjuncts(self._condition())]
        yield from self._of_relations(conditions)
        for scope in (*self.scope.inner, *_tested(conditions)):
            yield from _within(self, scope).faults()

    def _condition(self) -> All:
        """Return the scope's condition, with those of joins in parentheses."""
        held = [s.condition for r in self.scope.relations if not r.alias for s in r.scopes]
        return All((self.scope.condition, *held))

    def is_driven(self) -> bool:
        """Tell whether any condition's value comes from outside of the scope's tables."""
        conditions = [*conjuncts(self._condition())]
        if self.scope.limited and self.scope.order:
            return True
        return any(
            self._is_source(r) or self.asked.both(r, conditions, set()) != Both()
            for r in self.scope.relations
        )

    def _is_source(self, relation: Relation) -> bool:
        """Tell whether a relation gives rows by itself: a function's, or of a filtered query."""
        if relation.table is not None or not relation.alias:
            return False
        if not relation.scopes:
            return True
        return any(_within(self, scope).is_driven() for scope in relation.scopes)

    # --- the order in which relations are reached

    def _of_relations(self, conditions: list[Condition]) -> Iterator[Fault]:
        relations = [r for r in self.scope.relations if r.alias]
        if not self.is_driven():
            for relation in relations:
                yield from self._inside(relation, conditions, set())
            return
        waiting = {r.alias: r for r in relations}
        reached: set[str] = set()
        while waiting:
            alias, found = self._next(waiting, conditions, reached)
            relation = waiting.pop(alias)
            yield from found
            if relation.table is None:
                yield from self._inside(relation, conditions, reached)
            reached.add(alias)

    def _next(
        self, waiting: dict[str, Relation], conditions: list[Condition], reached: set[str]
    ) -> tuple[str, list[Fault]]:
        """Return the relation that is reached next, and what is wrong with that."""
        for alias, relation in waiting.items():
            if self._is_reached(relation, conditions, reached):
                return alias, []
        for known in (set[str](), reached):
            for alias, relation in waiting.items():
                if relation.table is None:
                    continue
                both = self.asked.both(relation, conditions, known)
                if both != Both() or (len(self.scope.relations) == 1 and self.scope.order):
                    return alias, [self._fault(relation, both)]
        return next(iter(waiting)), []

    def _is_reached(
        self, relation: Relation, conditions: list[Condition], reached: set[str]
    ) -> bool:
        if relation.table is None:
            asked = self.asked.both(relation, conditions, set()) != Both()
            return asked or bool(reached) or self._is_source(relation)
        table = self.asked.tables[relation.alias]
        name = table.name if table else relation.table
        if _is_of_system(name) or not self.is_large(name):
            return True
        if table is None:
            return False
        if table.kind == "foreign" or table.temporary:
            return True
        both = self.asked.both(relation, conditions, reached)
        if both == Both():
            return self._order_is_served(table) if len(self.scope.relations) == 1 else False
        return _is_served(table, both, self.schema)

    def _order_is_served(self, table: Table) -> bool:
        """Tell whether an index gives the first rows of ORDER BY … LIMIT, where that is asked."""
        if not (self.scope.order and self.scope.limited):
            return True
        first = self.scope.order[0]
        if first.literal or not first.columns:
            return True
        return any(_gives(index, first) for index in usable_indexes(table))

    def _fault(self, relation: Relation, both: Both) -> Fault:
        assert relation.table is not None
        table = self.asked.tables[relation.alias]
        if table is None:
            return Fault(relation.table, None, unknown="the revisions do not create it")
        unknown = ""
        if any(c.kind in ("primary_key", "unique") and not c.columns for c in table.constraints):
            unknown = "the revisions do not create the index of one of its keys"
        order = self.scope.order[0].text if both == Both() and self.scope.order else ""
        return Fault(table.name, table, _all_terms(both), order, unknown)

    # --- queries in FROM

    def _inside(
        self, relation: Relation, conditions: list[Condition], reached: set[str]
    ) -> Iterator[Fault]:
        """Judge the queries of a relation, with the conditions that reach into them."""
        for scope in relation.scopes:
            pushed = () if relation.fixed else self._pushed(relation, scope, conditions, reached)
            within = replace(scope, condition=All((scope.condition, *pushed)))
            yield from _within(self, within).faults()

    def _pushed(
        self, relation: Relation, scope: Scope, conditions: list[Condition], reached: set[str]
    ) -> tuple[Condition, ...]:
        """Return the conditions on a query's columns as conditions inside of it."""
        driven = _within(self, scope).is_driven()
        known: set[str] = set() if driven else reached
        outputs = dict(scope.outputs)
        found: list[Condition] = []
        for compare in self.asked.compares(relation, conditions, known):
            column = compare.left.column
            inside = outputs.get(column.name) if column else None
            if inside is None and scope.star and column and column.name not in outputs:
                inside = ColumnName(column.name)
            if inside is not None:
                left = Operand(inside.name, inside, frozenset((inside,)))
                text = compare.text
                found.append(
                    replace(compare, left=left, right=None, against=frozenset(), text=text)
                )
        return tuple(found)


def _within(access: _Access, scope: Scope) -> _Access:
    """Return the access to another scope of the same query."""
    return _Access(scope, access.schema, access.is_large)


def _tested(conditions: Sequence[Condition]) -> Iterator[Scope]:
    for part in conditions:
        match part:
            case Exists(scopes):
                yield from scopes
            case All(parts) | Either(parts):
                yield from _tested(parts)


def _is_of_system(name: QualifiedName) -> bool:
    return name.schema in _SYSTEM or (name.schema is None and name.name.startswith("pg_"))


def _is_served(table: Table, both: Both, schema: Schema) -> bool:
    """Tell whether the table's indexes serve, or those of each of its partitions."""
    if is_served(both, usable_indexes(table)):
        return True
    if table.kind != "partitioned":
        return False
    partitions = [t for t in schema.tables.values() if t.partition_of == table.name]
    return bool(partitions) and all(_is_served(p, both, schema) for p in partitions)


def _gives(index: Index, first: Operand) -> bool:
    """Tell whether an index gives rows in an order that begins with this operand."""
    if index.where is not None:
        return False
    if index.method == "btree":
        return key_text(index.keys[0]) == first.text
    return any(column.name == key.column for key in index.keys for column in first.columns)


def _all_terms(both: Both) -> tuple[Term, ...]:
    inside = (part for one in both.alternatives for part in one.parts)
    return (*both.terms, *(term for part in inside for term in _all_terms(part)))
