"""Which reader reads which statement, by its leading words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import takewhile
from typing import NoReturn

from outofband_lint.reader import (
    alter_table,
    create_table,
    data,
    domain,
    drop,
    index,
    maintenance,
    named_object,
    namespace,
    routine,
    session,
    transaction,
)
from outofband_lint.reader.acted_on import acted_on
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Unreadable, is_word
from outofband_lint.statement import Statement, Understood

Reader = Callable[[Cursor], Statement]

READERS: Mapping[str, Reader] = {
    "abort": transaction.rollback,
    "alter domain": domain.alter_domain,
    "alter extension": named_object.alter_extension,
    "alter foreign table": alter_table.alter_table,
    "alter function": routine.alter_function,
    "alter index": index.alter_index,
    "alter materialized view": alter_table.alter_table,
    "alter procedure": routine.alter_function,
    "alter routine": routine.alter_function,
    "alter schema": namespace.alter_schema,
    "alter table": alter_table.alter_table,
    "alter type": namespace.alter_type,
    "alter view": named_object.alter_view,
    "analyse": maintenance.analyze,
    "analyze": maintenance.analyze,
    "begin": transaction.begin,
    "cluster": maintenance.cluster,
    "commit": transaction.commit,
    "copy": data.copy,
    "create constraint trigger": routine.create_trigger,
    "create domain": domain.create_domain,
    "create extension": named_object.create_extension,
    "create foreign table": create_table.create_table,
    "create function": routine.create_function,
    "create global": create_table.create_table,
    "create index": index.create_index,
    "create local": create_table.create_table,
    "create materialized view": namespace.create_materialized_view,
    "create procedure": routine.create_function,
    "create recursive view": named_object.create_view,
    "create table": create_table.create_table,
    "create temp recursive view": named_object.create_view,
    "create temp table": create_table.create_table,
    "create temp view": named_object.create_view,
    "create temporary recursive view": named_object.create_view,
    "create temporary table": create_table.create_table,
    "create temporary view": named_object.create_view,
    "create trigger": routine.create_trigger,
    "create type": namespace.create_type,
    "create unique": index.create_index,
    "create unlogged table": create_table.create_table,
    "create view": named_object.create_view,
    "delete": data.query,
    "discard": session.discard,
    "drop domain": drop.drop_type,
    "drop extension": named_object.drop_extension,
    "drop foreign table": drop.drop_table,
    "drop index": index.drop_index,
    "drop materialized view": drop.drop_materialized_view,
    "drop schema": drop.drop_schema,
    "drop table": drop.drop_table,
    "drop trigger": routine.drop_trigger,
    "drop type": drop.drop_type,
    "drop view": named_object.drop_view,
    "end": transaction.commit,
    "insert": data.query,
    "lock": maintenance.lock,
    "merge": data.query,
    "refresh materialized view": maintenance.refresh_materialized_view,
    "reindex": index.reindex,
    "release": transaction.release,
    "repack": maintenance.repack,
    "reset": session.reset_parameter,
    "rollback": transaction.rollback,
    "savepoint": transaction.savepoint,
    "select": data.query,
    "set": session.set_parameter,
    "start transaction": transaction.begin,
    "table": data.query,
    "truncate": data.truncate,
    "update": data.query,
    "vacuum": maintenance.vacuum,
    "values": data.query,
    "with": data.query,
}
"""Statements whose whole text is read."""

_OBJECTS = """
    access method|aggregate|cast|collation|conversion|database|event trigger|extension
    foreign data wrapper|function|group|language|operator|policy|procedure|publication|role
    routine|rule|sequence|server|statistics|subscription|tablespace|text search|transform|trigger
    user|view
"""
_OTHERS = """
    alter default privileges|alter large object|alter system|call|checkpoint|close|comment
    create temp sequence|create temporary sequence|create trusted language
    create unlogged sequence|deallocate|declare|explain|fetch|grant|import foreign schema|listen
    load|move|notify|prepare|reassign owned|revoke|security label|set constraints|show|unlisten
"""


def _listed(text: str) -> frozenset[str]:
    return frozenset(words.strip() for words in text.replace("\n", "|").split("|")) - {""}


_VERBS = ("create", "alter", "drop")
_ON_OBJECTS = {f"{verb} {kind}" for verb in _VERBS for kind in _listed(_OBJECTS)}
EFFECTLESS = _listed(_OTHERS) | _ON_OBJECTS
"""Statements that change nothing the schema tracks: their leading words are all that is read."""

# What follows these words is no name that could be changed.
_WITHOUT_NAME = _listed(
    """
    alter default privileges|alter large object|alter system|alter aggregate|alter operator
    alter group|alter role|alter user|alter cast|alter transform
    """
)
_DROPS_COLUMNS = ("drop operator", "drop collation", "drop access method")


@dataclass(slots=True)
class _Node:
    """What is known about statements that start with these words."""

    kind: str
    reader: Reader | None = None
    following: dict[str, _Node] = field(default_factory=dict)


def _tree() -> _Node:
    root = _Node("")
    readers: dict[str, Reader] = {kind: partial(_effectless, kind=kind) for kind in EFFECTLESS}
    for kind, reader in (readers | dict(READERS)).items():
        node = root
        for word in kind.split():
            node = node.following.setdefault(word, _Node(f"{node.kind} {word}".strip()))
        node.reader = reader
    return root


def read_statement(cursor: Cursor) -> Statement:
    """Read one statement to its end; raises Unreadable where the grammar does not know it."""
    following, reader = _ROOT.following, None
    position = 0
    while (node := following.get(cursor.texts[position])) is not None:
        following, reader = node.following, node.reader or reader
        position += 1
        if position == 1 and cursor.sees("or", "replace", ahead=1):
            position = 3
    if reader is None:
        _refuse(cursor)
    statement = reader(cursor)
    cursor.expect_end()
    return statement


def _refuse(cursor: Cursor) -> NoReturn:
    if cursor.is_variable():
        raise Unreadable("a psql variable stands for SQL")
    words = takewhile(is_word, cursor.texts[:3])
    raise Unreadable(f"no reader for {' '.join(words).upper() or 'this'}")


def _effectless(cursor: Cursor, *, kind: str) -> Statement:
    if kind.startswith("alter ") and kind not in _WITHOUT_NAME:
        return named_object.alter_object(cursor, kind)
    if kind in _DROPS_COLUMNS and "cascade" in cursor.texts:
        raise Unreadable(
            f"{kind.upper()} … CASCADE also drops columns and indexes that depend on it"
        )
    tables = acted_on(cursor, kind)
    cursor.skip_rest()
    return Understood(kind, tables)


_ROOT = _tree()
