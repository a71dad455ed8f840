"""Which reader reads which statement, by its leading words."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from outofband_lint.reader import (
    alter_table,
    create_table,
    data,
    drop,
    index,
    namespace,
    session,
    transaction,
)
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Kind, Unreadable
from outofband_lint.statement import Statement, Understood

Reader = Callable[[Cursor], Statement]

READERS: Mapping[str, Reader] = {
    "abort": transaction.rollback,
    "alter domain": namespace.alter_type,
    "alter foreign table": alter_table.alter_table,
    "alter index": index.alter_index,
    "alter materialized view": alter_table.alter_table,
    "alter schema": namespace.alter_schema,
    "alter table": alter_table.alter_table,
    "alter type": namespace.alter_type,
    "begin": transaction.begin,
    "commit": transaction.commit,
    "copy": data.copy,
    "create domain": namespace.create_domain,
    "create foreign table": create_table.create_table,
    "create global": create_table.create_table,
    "create index": index.create_index,
    "create local": create_table.create_table,
    "create materialized view": namespace.create_materialized_view,
    "create schema": namespace.create_schema,
    "create table": create_table.create_table,
    "create temp table": create_table.create_table,
    "create temporary table": create_table.create_table,
    "create type": namespace.create_type,
    "create unique": index.create_index,
    "create unlogged table": create_table.create_table,
    "delete": data.query,
    "discard": session.discard,
    "drop domain": drop.drop_type,
    "drop foreign table": drop.drop_table,
    "drop index": index.drop_index,
    "drop materialized view": drop.drop_materialized_view,
    "drop schema": drop.drop_schema,
    "drop table": drop.drop_table,
    "drop type": drop.drop_type,
    "end": transaction.commit,
    "insert": data.query,
    "lock": data.lock,
    "merge": data.query,
    "reindex": index.reindex,
    "release": transaction.release,
    "reset": session.reset_parameter,
    "rollback": transaction.rollback,
    "savepoint": transaction.savepoint,
    "select": data.query,
    "set": session.set_parameter,
    "start transaction": transaction.begin,
    "truncate": data.truncate,
    "update": data.query,
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
    alter default privileges|alter large object|alter system|analyse|analyze|call|checkpoint
    close|cluster|comment|create constraint trigger|create recursive view
    create temp recursive view|create temp sequence|create temp view
    create temporary recursive view|create temporary sequence|create temporary view
    create trusted language|create unlogged sequence|deallocate|declare|explain|fetch|grant
    import foreign schema|listen|load|move|notify|prepare|reassign owned
    refresh materialized view|revoke|security label|set constraints|show|table|unlisten|vacuum
"""


def _listed(text: str) -> frozenset[str]:
    return frozenset(words.strip() for words in text.replace("\n", "|").split("|")) - {""}


_VERBS = ("create", "alter", "drop")
_ON_OBJECTS = {f"{verb} {kind}" for verb in _VERBS for kind in _listed(_OBJECTS)}
EFFECTLESS = _listed(_OTHERS) | _ON_OBJECTS
"""Statements that change nothing the schema tracks: their leading words are all that is read."""

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
    if kind in ("drop extension", "drop operator", "drop collation", "drop access method") and any(
        token.kind is Kind.WORD and token.text == "cascade" for token in cursor.tokens
    ):
        raise Unreadable(
            f"{kind.upper()} … CASCADE also drops columns and indexes that depend on it"
        )
    return Understood(kind)
