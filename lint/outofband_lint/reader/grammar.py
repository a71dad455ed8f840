"""Which reader reads which statement, by its leading words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

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
from outofband_lint.reader.tokens import Kind, Unreadable
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
    "create schema": namespace.create_schema,
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
_LONGEST = max(len(words.split()) for words in (*READERS, *EFFECTLESS))


def read_statement(cursor: Cursor) -> Statement:
    """Read one statement to its end; raises Unreadable where the grammar does not know it."""
    words = _leading_words(cursor)
    for length in range(len(words), 0, -1):
        kind = " ".join(words[:length])
        if kind in READERS:
            statement = READERS[kind](cursor)
            cursor.expect_end()
            return statement
        if kind in EFFECTLESS:
            return _effectless(cursor, kind)
    raise Unreadable(f"no reader for {' '.join(words[:3]).upper() or 'this'}")


def _leading_words(cursor: Cursor) -> list[str]:
    """Return the keywords that a statement starts with, OR REPLACE left out."""
    words = []
    for token in cursor.tokens[: _LONGEST + 2]:
        if token.kind is not Kind.WORD:
            break
        words.append(token.text)
    if words[1:3] == ["or", "replace"]:
        del words[1:3]
    return words


def _effectless(cursor: Cursor, kind: str) -> Statement:
    if kind.startswith("alter ") and kind not in _WITHOUT_NAME:
        return named_object.alter_object(cursor, kind)
    if kind in ("drop operator", "drop collation", "drop access method") and any(
        token.kind is Kind.WORD and token.text == "cascade" for token in cursor.tokens
    ):
        raise Unreadable(
            f"{kind.upper()} … CASCADE also drops columns and indexes that depend on it"
        )
    return Understood(kind, acted_on(cursor, kind))
