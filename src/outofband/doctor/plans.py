"""Which of the application's queries read a table sequentially? They are planned and never run."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence, Set

from outofband.doctor.asking import Asking, Candidate, Planned
from outofband.model.names import QualifiedName
from outofband.model.sqlstates import INSUFFICIENT_PRIVILEGE
from outofband.pretend.explain import Asked, QueryNotPlanned, explain
from outofband.pretend.plan import Plan
from outofband.stats.stripped import stripped
from outofband.stats.value import Query as Statement
from outofband_lint.access import faults, index_for
from outofband_lint.query import Query
from outofband_lint.reader.select import scopes_of
from outofband_lint.reader.select_tokens import PARAMETER, Kind, query_tokens
from outofband_lint.reader.tokens import Unreadable
from outofband_lint.schema import Schema
from outofband_lint.spelling import create_index

BUDGET = 1.5
"""Seconds that planning queries may take, all together."""

_MOST = 200
_SEQ_SCAN = "Seq Scan"


def of_statements(statements: Iterable[Statement]) -> list[Candidate]:
    """Return what was run, what took longest in all first."""
    found = [Candidate(s.query, calls=s.calls, mean_exec_time=s.mean_exec_time) for s in statements]
    return sorted(found, key=lambda c: -c.calls * c.mean_exec_time)


def of_queries(queries: Iterable[Query], tables: Set[str]) -> list[Candidate]:
    """Return what the setting lists, as far as it is DML on one of the tables."""
    shown = ((query, stripped(numbered(query.sql), tables)) for query in queries)
    return [Candidate(sql, query.name) for query, sql in shown if sql is not None]


def numbered(sql: str) -> str:
    """Return a query with ``$1``, ``$2`` for its parameters, whatever its driver calls them."""
    try:
        tokens = query_tokens(sql)
    except Unreadable:
        return sql
    spellings: dict[str, int] = {}
    parts, end = [], 0
    for token in tokens:
        if token.kind is Kind.NUMBER and token.text == PARAMETER:
            spelled = sql[token.start : token.end]
            alone = f"{spelled} {token.start}" if spelled in ("?", "%s") else spelled
            parts += [sql[end : token.start], f"${spellings.setdefault(alone, len(spellings) + 1)}"]
            end = token.end
    return "".join([*parts, sql[end:]])


def plan(
    session: Asked,
    candidates: Sequence[Candidate],
    roots: Mapping[QualifiedName, QualifiedName],
    schema: Schema,
    clock: Callable[[], float] = time.monotonic,
) -> Planned:
    """Plan queries; ``roots`` are the tables that count, each partition with the whole it is of,
    ``schema`` what there will be when all steps are done.
    """
    until = clock() + BUDGET
    found: list[Asking] = []
    refused = failed = asked = 0
    for candidate in candidates[:_MOST]:
        if clock() > until:
            break
        asked += 1
        try:
            tree = explain(session, candidate.sql, {})
        except QueryNotPlanned as error:
            refused += error.sqlstate == INSUFFICIENT_PRIVILEGE
            failed += error.sqlstate != INSUFFICIENT_PRIVILEGE
            continue
        if tables := _read_whole(tree, roots):
            found.append(Asking(candidate, tables, needed(candidate.sql, schema, tables)))
    found.sort(key=lambda asking: -asking.seconds)
    return Planned(tuple(found), asked, refused, failed, len(candidates) - asked)


def _read_whole(
    tree: Plan, roots: Mapping[QualifiedName, QualifiedName]
) -> frozenset[QualifiedName]:
    read = (n.relation for n in tree.nodes() if n.node_type == _SEQ_SCAN and n.relation)
    return frozenset(roots[name] for name in read if name in roots)


def needed(sql: str, schema: Schema, tables: Set[QualifiedName]) -> str:
    """Return the operation that declares the index a query lacks on one of the tables."""
    try:
        lacking = list(faults(scopes_of(sql), schema, lambda name: name in tables))
    except Unreadable:
        return ""
    indexes = (index_for(fault) for fault in lacking if fault.table and not fault.unknown)
    return next((create_index("create_index_out_of_band", index) for index in indexes), "")
