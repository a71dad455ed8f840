"""What the conditions of a query ask of each table that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from outofband_lint.reader.select_tree import (
    All,
    ColumnName,
    Compare,
    Condition,
    Either,
    Exists,
    Relation,
    Scope,
    conjuncts,
)
from outofband_lint.schema import Schema, Table
from outofband_lint.serving import Both, OneOf, Term


@dataclass(frozen=True, slots=True)
class Asked:
    """The conditions of one scope as terms of its tables, which are found by their alias: None for
    a query in FROM, and for a table that the revisions never created.
    """

    scope: Scope
    schema: Schema
    tables: Mapping[str, Table | None]

    @classmethod
    def of(cls, scope: Scope, schema: Schema) -> Asked:
        """Find the tables of a scope."""
        found = {r.alias: (r.table and schema.table(r.table)) or None for r in scope.relations}
        return cls(scope, schema, found)

    def both(self, relation: Relation, conditions: Sequence[Condition], known: set[str]) -> Both:
        """Return what the conditions ask of a relation, once the relations `known` are."""
        terms: list[Term] = []
        alternatives: list[OneOf] = []
        for part in conditions:
            if isinstance(part, Either):
                alternatives += self._one_of(relation, part, known)
            else:
                compares = self.compares(relation, [part], known)
                terms += [self._term(relation, compare) for compare in compares]
        return Both(tuple(terms), tuple(alternatives))

    def _one_of(self, relation: Relation, either: Either, known: set[str]) -> Iterator[OneOf]:
        """Yield OR as alternatives on one relation, if each of them asks something of it."""
        parts = []
        asked = False
        for part in either.conditions:
            inside = [*conjuncts(part)]
            both = self.both(relation, inside, known)
            if both != Both():
                asked = True
                parts.append(both)
            elif any(self._concerns_tables(condition) for condition in inside):
                parts.append(Both())
        if asked:
            yield OneOf(tuple(parts))

    def _concerns_tables(self, condition: Condition) -> bool:
        """Tell whether a condition depends on any row, and not on parameters alone."""
        match condition:
            case Compare(left=left, against=against):
                return any(self._owners(column) for column in (*left.columns, *against))
            case All(parts) | Either(parts):
                return any(self._concerns_tables(part) for part in parts)
        return True

    def compares(
        self, relation: Relation, conditions: Sequence[Condition], known: set[str]
    ) -> Iterator[Compare]:
        """Yield the comparisons of the relation's columns with what is known already."""
        for part in conditions:
            match part:
                case Compare():
                    for side in sides(part):
                        if self._asks(relation, side, known):
                            yield side
                case Exists(scopes):
                    for scope in scopes:
                        yield from self._correlated(relation, scope)

    def _asks(self, relation: Relation, compare: Compare, known: set[str]) -> bool:
        owners = [self._owners(column) for column in compare.left.columns]
        if not any(relation.alias in owner for owner in owners):
            return False
        if any(owner and relation.alias not in owner for owner in owners):
            return False
        against = [self._owners(column) for column in compare.against]
        return all(
            not owner or (relation.alias not in owner and owner & known) for owner in against
        )

    def _correlated(self, relation: Relation, scope: Scope) -> Iterator[Compare]:
        """Yield what EXISTS asks of an outer table: its columns equal to those of the query."""
        inner = Asked.of(scope, self.schema)
        for part in conjuncts(scope.condition):
            if not isinstance(part, Compare) or part.how != "equal":
                continue
            for side in sides(part):
                inside = any(inner._owners(column) for column in side.left.columns)
                own = [self._owners(column) for column in side.left.columns]
                if not inside and own and all(relation.alias in owner for owner in own):
                    yield replace(side, right=None, against=frozenset())

    def _term(self, relation: Relation, compare: Compare) -> Term:
        table = self.tables.get(relation.alias)
        column = compare.left.column
        declared = table.column(column.name) if table and column else None
        weak = compare.how == "equal" and (
            compare.values in (("true",), ("false",))
            or (declared is not None and declared.type.name == "boolean")
        )
        return Term(compare.left.text, compare.how, compare.values, compare.text, weak)

    def _owners(self, column: ColumnName) -> set[str]:
        """Return which relations of the scope a column may belong to; none for an outer one.

        An unqualified name that two of them have can only be a column that USING joins.
        """
        relations = [r for r in self.scope.relations if r.alias]
        if column.relation is not None:
            return {r.alias for r in relations if r.alias == column.relation}
        sure = {r.alias for r in relations if self._has(r, column.name) is True}
        if sure:
            return sure
        return {r.alias for r in relations if self._has(r, column.name) is None}

    def _has(self, relation: Relation, name: str) -> bool | None:
        """Tell whether a relation has a column of that name; None where nobody knows."""
        table = self.tables.get(relation.alias)
        if table is not None:
            return table.column(name) is not None or (None if not table.columns_known else False)
        if relation.table is None and relation.scopes:
            if any(name == output for s in relation.scopes for output, _ in s.outputs):
                return True
            return None if any(s.star for s in relation.scopes) else False
        return None


def sides(compare: Compare) -> Iterator[Compare]:
    """Yield a comparison as it stands, and from its other side."""
    yield compare
    if compare.right is not None and compare.right.columns and compare.how in ("equal", "range"):
        yield replace(
            compare,
            left=compare.right,
            right=compare.left,
            values=(),
            against=compare.left.columns,
        )
