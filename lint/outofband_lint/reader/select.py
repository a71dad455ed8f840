"""What a query filters by: SELECT, UPDATE, DELETE, MERGE and INSERT … SELECT, queries in them too.

Source: PostgreSQL 18, SELECT, UPDATE, DELETE, MERGE, chapter 7.
"""

from __future__ import annotations

from dataclasses import replace

from outofband_lint.names import QualifiedName
from outofband_lint.reader.select_condition import (
    QueryCursor,
    condition,
    expressions,
    made,
)
from outofband_lint.reader.select_tokens import Kind, Token, queries_in, query_tokens
from outofband_lint.reader.select_tree import (
    All,
    ColumnName,
    Compare,
    Condition,
    Operand,
    Relation,
    Scope,
)
from outofband_lint.reader.tokens import Unreadable

_SET_OPERATIONS = ("union", "intersect", "except")
_CLAUSES = (
    "from", "where", "group", "having", "window", "order", "limit", "offset", "fetch", "for",
    "returning", "set", "using", *_SET_OPERATIONS,
)  # fmt: skip
_JOINS = ("join", "inner", "left", "right", "full", "cross", "natural")
_AFTER_RELATION = (*_CLAUSES, *_JOINS, "on", "when", "tablesample", "default", "values", "select")


def scopes_of(sql: str) -> tuple[Scope, ...]:
    """Read a query text of one or more statements; raises Unreadable where it cannot tell."""
    found: list[Scope] = []
    for tokens in queries_in(sql):
        cursor = QueryCursor(sql, tokens, _query)
        found += _query(cursor)
        cursor.expect_end()
    return tuple(found)


def table_copied_by(sql: str) -> QualifiedName | None:
    """Return the one table whose rows CREATE TABLE … AS or SELECT … INTO copies, if it does that.

    A query that groups or joins makes something else.
    """
    try:
        tokens = query_tokens(sql)
        words = [token.text for token in tokens]
        starts = (i for i, word in enumerate(words) if word in ("select", "table", "with"))
        start = next((i for i in starts if i == 0 or words[i - 1] in ("as", "(")), None)
        if start is None or "group" in words or "distinct" in words:
            return None
        cursor = QueryCursor(sql, tokens[start:], _query)
        scopes = _query(cursor)
    except Unreadable:
        return None
    if len(scopes) != 1 or len(scopes[0].relations) != 1:
        return None
    plain = scopes[0].star or any(column for _, column in scopes[0].outputs)
    return scopes[0].relations[0].table if plain else None


def condition_of(sql: str) -> Condition:
    """Read a boolean expression, such as an index's predicate; raises Unreadable."""
    cursor = QueryCursor(sql, query_tokens(sql), _query)
    found = condition(cursor)
    cursor.expect_end()
    return found


def _query(cursor: QueryCursor) -> tuple[Scope, ...]:
    """Read a statement up to the end or to the parenthesis that closes around it."""
    kept, cursor.inner = cursor.inner, []
    common = _with(cursor)
    scopes = _body(cursor)
    inner, cursor.inner = cursor.inner, kept
    uses = [r.table.name for s in _every(scopes + _of_all(common)) for r in s.relations if r.table]
    uses += [r.table.name for s in _every(tuple(inner)) for r in s.relations if r.table]
    reached = [_with_common(scope, common, uses) for scope in scopes]
    unread = tuple(s for name, (ss, _) in common.items() if name not in uses for s in ss)
    inner = [_with_common(scope, common, uses) for scope in (*inner, *unread)]
    first, *others = reached or [Scope()]
    return (replace(first, inner=(*first.inner, *inner)), *others)


_Common = dict[str, tuple[tuple[Scope, ...], bool]]


def _with(cursor: QueryCursor) -> _Common:
    """Read WITH: each name with its queries, and whether conditions stay outside of them."""
    common: _Common = {}
    if not cursor.accept("with"):
        return common
    recursive = cursor.accept("recursive")
    while True:
        name = cursor.identifier()
        columns = cursor.grouped(cursor.identifier) if cursor.sees_symbol("(") else ()
        cursor.expect("as")
        inlined = cursor.accept("not", "materialized")
        fixed = cursor.accept("materialized") or (recursive and not inlined)
        scopes = _renamed_outputs(cursor.subquery(), columns)
        common[name] = scopes, fixed
        while cursor.accept_any("search", "cycle"):
            while not (cursor.sees_symbol(",") or _starts_statement(cursor)):
                cursor.next()
        if not cursor.accept_symbol(","):
            return common


def _starts_statement(cursor: QueryCursor) -> bool:
    words = ("select", "values", "table", "insert", "update", "delete", "merge")
    return cursor.sees_any(*words) or cursor.sees_symbol("(")


def _with_common(scope: Scope, common: _Common, uses: list[str]) -> Scope:
    """Put the queries of a WITH in the place of their names."""

    def put(relation: Relation) -> Relation:
        nested = tuple(_with_common(s, common, uses) for s in relation.scopes)
        table = relation.table
        if table is None or table.schema is not None or table.name not in common:
            return replace(relation, scopes=nested)
        scopes, fixed = common[table.name]
        others = {name: found for name, found in common.items() if name != table.name}
        inside = tuple(_with_common(s, others, uses) for s in scopes)
        fixed = fixed or uses.count(table.name) > 1
        return replace(relation, table=None, scopes=inside, fixed=fixed)

    if not common:
        return scope
    return replace(
        scope,
        relations=tuple(map(put, scope.relations)),
        inner=tuple(_with_common(s, common, uses) for s in scope.inner),
    )


def _of_all(common: _Common) -> tuple[Scope, ...]:
    return tuple(scope for scopes, _ in common.values() for scope in scopes)


def _every(scopes: tuple[Scope, ...]) -> list[Scope]:
    """Return scopes and all that stand in their FROM or in their expressions."""
    found = []
    for scope in scopes:
        nested = tuple(s for r in scope.relations for s in r.scopes) + scope.inner
        found += [scope, *_every(nested)]
    return found


def _renamed_outputs(scopes: tuple[Scope, ...], names: tuple[str, ...]) -> tuple[Scope, ...]:
    """Give the columns of a query the names listed behind its alias."""
    if not names:
        return scopes
    return tuple(
        replace(s, outputs=tuple(zip(names, (c for _, c in s.outputs), strict=False)), star=False)
        for s in scopes
    )


def _body(cursor: QueryCursor) -> tuple[Scope, ...]:
    """Read a statement without its WITH, set operations included."""
    scopes = _part(cursor)
    while cursor.accept_any(*_SET_OPERATIONS):
        cursor.accept_any("all", "distinct")
        scopes += _part(cursor)
    order, limited = _order_and_limit(cursor)
    if len(scopes) == 1:
        first = scopes[0]
        return (replace(first, order=order or first.order, limited=limited or first.limited),)
    return tuple(replace(s, limited=True) for s in scopes) if limited else scopes


def _part(cursor: QueryCursor) -> tuple[Scope, ...]:
    if cursor.sees_symbol("("):
        return cursor.subquery()
    if cursor.accept("values"):
        expressions(cursor, lambda: cursor.sees_any(*_CLAUSES))
        return (Scope(),)
    if cursor.accept("table"):
        return (Scope((_named(cursor.table()),), star=True),)
    if cursor.accept("select"):
        return (_select(cursor),)
    if cursor.accept("update"):
        return (_update(cursor),)
    if cursor.accept("delete", "from"):
        return (_delete(cursor),)
    if cursor.accept("insert", "into"):
        return _insert(cursor)
    if cursor.accept("merge", "into"):
        return (_merge(cursor),)
    return cursor.fail("SELECT, INSERT, UPDATE, DELETE or MERGE")


def _named(table: QualifiedName) -> Relation:
    return Relation(table.name, table)


# --- SELECT


def _select(cursor: QueryCursor) -> Scope:
    distinct = cursor.accept("distinct")
    if distinct and cursor.accept("on"):
        cursor.skip_group()
    cursor.accept("all")
    outputs, star = _outputs(cursor)
    if cursor.accept("into"):
        cursor.accept_any("temporary", "temp", "unlogged")
        cursor.accept("table")
        cursor.name()
    relations, conditions = _from(cursor) if cursor.accept("from") else ((), [])
    if cursor.accept("where"):
        conditions.append(condition(cursor))
    _step_to(cursor, "order", "limit", "offset", "fetch", "for", *_SET_OPERATIONS)
    return Scope(relations, All(tuple(conditions)), outputs=outputs, star=star)


def _outputs(cursor: QueryCursor) -> tuple[tuple[tuple[str, ColumnName | None], ...], bool]:
    """Read the list of what is selected: plain columns by the name outside; whether * is in it."""
    found: list[tuple[str, ColumnName | None]] = []
    star = False
    while not cursor.at_end() and not cursor.sees_symbol(")"):
        if cursor.sees_any("into", *_CLAUSES):
            break
        start = cursor.position
        expressions(cursor, lambda: cursor.sees_symbol(",") or cursor.sees_any("into", *_CLAUSES))
        tokens = cursor.items[start : cursor.position]
        star = star or (tokens[-1:] != () and tokens[-1].text == "*")
        found.append(_output(tokens))
        if not cursor.accept_symbol(","):
            break
    return tuple(found), star


def _output(tokens: tuple[Token, ...]) -> tuple[str, ColumnName | None]:
    alias = ""
    if len(tokens) > 2 and tokens[-2].text == "as":
        alias, tokens = tokens[-1].text, tokens[:-2]
    elif len(tokens) > 1 and tokens[-2].kind in (Kind.WORD, Kind.QUOTED):
        alias, tokens = tokens[-1].text, tokens[:-1]
    column = made(tokens).column if tokens else None
    return alias or (column.name if column else ""), column


def _step_to(cursor: QueryCursor, *words: str) -> None:
    expressions(cursor, lambda: cursor.sees_any(*words))


def _order_and_limit(cursor: QueryCursor) -> tuple[tuple[Operand, ...], bool]:
    order: tuple[Operand, ...] = ()
    limited = False
    while not cursor.at_end() and not cursor.sees_symbol(")"):
        if cursor.accept("order", "by"):
            order = cursor.listed(lambda: _ordered(cursor))
        elif cursor.accept_any("limit", "fetch"):
            limited = not cursor.sees("all")
            _step_to(cursor, "offset", "limit", "order", "for", "fetch", *_SET_OPERATIONS)
        elif cursor.accept_any("offset", "for"):
            _step_to(cursor, "limit", "fetch", "order", "for", *_SET_OPERATIONS)
        else:
            break
    return order, limited


def _ordered(cursor: QueryCursor) -> Operand:
    start = cursor.position
    expressions(
        cursor,
        lambda: (
            cursor.sees_symbol(",") or cursor.sees_any("asc", "desc", "nulls", "using", *_CLAUSES)
        ),
    )
    item = made(cursor.items[start : cursor.position])
    while not (cursor.at_end() or cursor.sees_symbol(",") or cursor.sees_symbol(")")):
        if not cursor.sees_any("asc", "desc", "nulls", "first", "last"):
            break
        cursor.next()
    return item


# --- FROM


def _from(cursor: QueryCursor) -> tuple[tuple[Relation, ...], list[Condition]]:
    """Read the relations of a FROM, and the conditions of its joins."""
    relations = [*_relation(cursor)]
    conditions: list[Condition] = []
    while True:
        if cursor.accept_symbol(","):
            relations += _relation(cursor)
        elif cursor.sees_any(*_JOINS):
            _join(cursor, relations, conditions)
        else:
            return tuple(relations), conditions


def _join(cursor: QueryCursor, relations: list[Relation], conditions: list[Condition]) -> None:
    if cursor.accept("natural"):
        cursor.fail("the columns of a NATURAL JOIN, which the query does not say,")
    while cursor.accept_any("inner", "left", "right", "full", "cross", "outer"):
        pass
    cursor.expect("join")
    joined = _relation(cursor)
    if cursor.accept("on"):
        conditions.append(condition(cursor))
    elif cursor.accept("using"):
        for column in cursor.grouped(cursor.identifier):
            conditions += [_same(column, a.alias, b.alias) for a in relations for b in joined]
        if cursor.accept("as"):
            cursor.identifier()
    relations += joined


def _same(column: str, one: str, other: str) -> Condition:
    sides = [ColumnName(column, alias) for alias in (one, other)]
    left, right = (Operand(column, side, frozenset((side,))) for side in sides)
    return Compare("equal", left, right, against=right.columns, text=f"{column} = {column}")


def _relation(cursor: QueryCursor) -> list[Relation]:
    """Read one item of FROM: a table, a query, a function, or a join in parentheses."""
    cursor.accept("lateral")
    if cursor.sees_query():
        scopes = cursor.subquery()
        alias, columns = _alias(cursor)
        fixed = any(s.limited for s in scopes)
        return [Relation(alias, None, _renamed_outputs(scopes, columns), fixed)]
    if cursor.sees_symbol("("):
        return _joined(cursor)
    if cursor.accept("rows", "from"):
        cursor.skip_group()
        return [Relation(_alias(cursor)[0])]
    table = cursor.table()
    if cursor.sees_symbol("("):
        cursor.skip_group()
        if cursor.accept("with"):
            cursor.expect("ordinality")
        return [Relation(_alias(cursor)[0] or table.name)]
    alias, _ = _alias(cursor)
    if cursor.accept("tablesample"):
        cursor.identifier()
        cursor.skip_group()
        if cursor.accept("repeatable"):
            cursor.skip_group()
    return [Relation(alias or table.name, table)]


def _joined(cursor: QueryCursor) -> list[Relation]:
    """Read a join in parentheses as one relation, into which conditions reach."""
    cursor.expect_symbol("(")
    relations, conditions = _from(cursor)
    cursor.expect_symbol(")")
    alias, _ = _alias(cursor)
    if not alias:
        # Its relations are known outside by their own names; what joins them is kept with one.
        held = Scope((), All(tuple(conditions)))
        return [*relations, Relation("", None, (held,))]
    return [Relation(alias, None, (Scope(relations, All(tuple(conditions)), star=True),))]


def _alias(cursor: QueryCursor) -> tuple[str, tuple[str, ...]]:
    explicit = cursor.accept("as")
    token = cursor.token
    named = token is not None and token.kind in (Kind.WORD, Kind.QUOTED)
    if not explicit and (not named or cursor.sees_any(*_AFTER_RELATION)):
        return "", ()
    alias = cursor.identifier() if named else ""
    columns: tuple[str, ...] = ()
    if cursor.sees_symbol("("):
        start = cursor.position
        cursor.skip_group()
        inside = cursor.items[start + 1 : cursor.position - 1]
        columns = tuple(t.text for i, t in enumerate(inside) if i == 0 or inside[i - 1].text == ",")
    return alias, columns


# --- UPDATE, DELETE, INSERT, MERGE


def _update(cursor: QueryCursor) -> Scope:
    target = _target(cursor)
    cursor.expect("set")
    _step_to(cursor, "from", "where", "returning")
    relations, conditions = _from(cursor) if cursor.accept("from") else ((), [])
    return _filtered(cursor, (target, *relations), conditions)


def _delete(cursor: QueryCursor) -> Scope:
    target = _target(cursor)
    relations, conditions = _from(cursor) if cursor.accept("using") else ((), [])
    return _filtered(cursor, (target, *relations), conditions)


def _target(cursor: QueryCursor) -> Relation:
    table = cursor.table()
    return Relation(_alias(cursor)[0] or table.name, table)


def _filtered(
    cursor: QueryCursor, relations: tuple[Relation, ...], conditions: list[Condition]
) -> Scope:
    if cursor.accept("where"):
        if cursor.sees("current", "of"):
            cursor.next()
            cursor.next()
            cursor.identifier()
        else:
            conditions.append(condition(cursor))
    if cursor.accept("returning"):
        _step_to(cursor)
    return Scope(relations, All(tuple(conditions)))


def _insert(cursor: QueryCursor) -> tuple[Scope, ...]:
    """Read what an INSERT takes its rows from; the rows that it meets are found by a unique key."""
    cursor.table()
    if cursor.accept("as"):
        cursor.identifier()
    if cursor.sees_symbol("(") and not cursor.sees_query():
        cursor.skip_group()
    if cursor.accept("overriding"):
        cursor.next()
        cursor.expect("value")
    if cursor.accept("default", "values"):
        scopes: tuple[Scope, ...] = (Scope(),)
    else:
        scopes = _inserted(cursor)
    _step_to(cursor)
    return scopes


def _inserted(cursor: QueryCursor) -> tuple[Scope, ...]:
    if cursor.accept("values"):
        expressions(cursor, lambda: cursor.sees_any("on", "returning"))
        return (Scope(),)
    return _query(cursor)


def _merge(cursor: QueryCursor) -> Scope:
    target = _target(cursor)
    cursor.expect("using")
    source = _relation(cursor)
    cursor.expect("on")
    found = condition(cursor)
    _step_to(cursor)
    return Scope((target, *source), All((found,)))
