"""Constraints, of a column and of a table.

Source: PostgreSQL 18, CREATE TABLE and ALTER TABLE.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from outofband_lint.names import QualifiedName
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.index import access_method, index_key
from outofband_lint.statement import Constraint, ConstraintKind, IndexKey


def starts_table_constraint(cursor: Cursor) -> bool:
    """Tell whether a table constraint comes next, and not a column of such a name."""
    if cursor.sees_any("constraint", "check", "unique", "primary", "foreign", "not"):
        return True
    return cursor.sees("exclude") and (
        cursor.sees("using", ahead=1) or cursor.sees_symbol("(", ahead=1)
    )


def table_constraint(cursor: Cursor) -> Constraint:
    """Read `[CONSTRAINT name] …` with its attributes."""
    name = cursor.identifier() if cursor.accept("constraint") else None
    return _attributes(cursor, replace(_body(cursor), name=name))


def column_constraint(cursor: Cursor, column: str, name: str | None) -> Constraint:
    """Read a CHECK, UNIQUE, PRIMARY KEY or REFERENCES that stands with a column."""
    if cursor.accept("check"):
        constraint = Constraint("check", name, expression=cursor.group())
    elif cursor.sees("references"):
        constraint = replace(_references(cursor, (column,)), name=name)
    else:
        kind = _unique_or_primary(cursor)
        nulls_not_distinct = _nulls_not_distinct(cursor)
        _, tablespace = _index_parameters(cursor)
        constraint = Constraint(
            kind,
            name,
            (column,),
            nulls_not_distinct=nulls_not_distinct,
            tablespace=tablespace,
        )
    return _attributes(cursor, constraint)


def _body(cursor: Cursor) -> Constraint:
    if cursor.accept("check"):
        return Constraint("check", expression=cursor.group())
    if cursor.accept("not", "null"):
        return Constraint("not_null", columns=(cursor.identifier(),))
    if cursor.accept("foreign", "key"):
        return _references(cursor, cursor.grouped(lambda: _temporal(cursor)))
    if cursor.accept("exclude"):
        return _exclusion(cursor)
    return _indexed(cursor, _unique_or_primary(cursor))


def _unique_or_primary(cursor: Cursor) -> ConstraintKind:
    if cursor.accept("unique"):
        return "unique"
    cursor.expect("primary", "key")
    return "primary_key"


def _indexed(cursor: Cursor, kind: ConstraintKind) -> Constraint:
    if cursor.accept("using", "index"):
        return Constraint(kind, using_index=cursor.identifier())
    nulls_not_distinct = _nulls_not_distinct(cursor)
    columns = cursor.grouped(lambda: _temporal(cursor))
    include, tablespace = _index_parameters(cursor)
    return Constraint(
        kind,
        columns=columns,
        include=include,
        nulls_not_distinct=nulls_not_distinct,
        tablespace=tablespace,
    )


def _temporal(cursor: Cursor) -> str:
    """Read a column, with PERIOD before or WITHOUT OVERLAPS after it (18)."""
    if cursor.sees("period") and not (
        cursor.sees_symbol(",", ahead=1) or cursor.sees_symbol(")", ahead=1)
    ):
        cursor.expect("period")
    column = cursor.identifier()
    cursor.accept("without", "overlaps")
    return column


def _nulls_not_distinct(cursor: Cursor) -> bool:
    if not cursor.accept("nulls"):
        return False
    is_not = cursor.accept("not")
    cursor.expect("distinct")
    return is_not


def _index_parameters(cursor: Cursor) -> tuple[tuple[str, ...], str | None]:
    """Read the columns that are included, and the tablespace."""
    include = cursor.grouped(cursor.identifier) if cursor.accept("include") else ()
    if cursor.accept("with"):
        cursor.skip_group()
    placed = cursor.accept("using", "index", "tablespace")
    return include, cursor.identifier() if placed else None


def _exclusion(cursor: Cursor) -> Constraint:
    method = access_method(cursor)
    keys = cursor.grouped(lambda: _excluded(cursor))
    include, tablespace = _index_parameters(cursor)
    where = cursor.group() if cursor.accept("where") else None
    columns = tuple(key.column for key in keys if key.column is not None)
    return Constraint(
        "exclude",
        columns=columns,
        include=include,
        keys=keys,
        method=method,
        where=where,
        tablespace=tablespace,
    )


def _excluded(cursor: Cursor) -> IndexKey:
    key = index_key(cursor)
    cursor.expect("with")
    while not (cursor.sees_symbol(",") or cursor.sees_symbol(")")):
        cursor.skip_one()
    return key


@dataclass(frozen=True, slots=True)
class _Target:
    table: QualifiedName
    columns: tuple[str, ...]
    on_delete: str = ""
    on_update: str = ""
    sets_some: bool = False
    full: bool = False


def _references(cursor: Cursor, columns: tuple[str, ...]) -> Constraint:
    target = _target(cursor)
    return Constraint(
        "foreign_key",
        columns=columns,
        references=target.table,
        referenced_columns=target.columns,
        on_delete=target.on_delete,
        on_update=target.on_update,
        sets_some=target.sets_some,
        full=target.full,
    )


def _target(cursor: Cursor) -> _Target:
    cursor.expect("references")
    table = cursor.name()
    columns: tuple[str, ...] = ()
    if cursor.sees_symbol("("):
        columns = cursor.grouped(lambda: _temporal(cursor))
    full = cursor.accept("match") and cursor.identifier() == "full"
    actions: dict[str, str] = {}
    sets_some = False
    while cursor.accept("on"):
        event = cursor.accept_any("delete", "update") or cursor.fail("DELETE or UPDATE")
        actions[event] = _referential_action(cursor)
        if cursor.sees_symbol("("):
            cursor.skip_group()
            sets_some = True
    delete, update = actions.get("delete", ""), actions.get("update", "")
    return _Target(table, columns, delete, update, sets_some=sets_some, full=full)


def _referential_action(cursor: Cursor) -> str:
    if cursor.accept("no", "action"):
        return "no action"
    word = cursor.accept_any("restrict", "cascade")
    if word is not None:
        return word
    cursor.expect("set")
    return f"set {cursor.accept_any('null', 'default') or cursor.fail('NULL or DEFAULT')}"


def _attributes(cursor: Cursor, constraint: Constraint) -> Constraint:
    """Read what may follow any constraint: NOT VALID, NO INHERIT, DEFERRABLE, ENFORCED."""
    while True:
        if cursor.accept("not", "valid"):
            constraint = replace(constraint, not_valid=True)
        elif cursor.accept("no", "inherit"):
            constraint = replace(constraint, no_inherit=True)
        elif cursor.accept("deferrable"):
            constraint = replace(constraint, deferrable=True)
        elif cursor.accept("initially", "deferred"):
            constraint = replace(constraint, deferrable=True, deferred=True)
        elif cursor.accept("not", "enforced"):
            # What is not enforced is not valid either (PostgreSQL 18, pg_constraint.convalidated).
            constraint = replace(constraint, not_valid=True, enforced=False)
        elif not (
            cursor.accept("not", "deferrable")
            or cursor.accept("initially", "immediate")
            or cursor.accept("enforced")
        ):
            return constraint
