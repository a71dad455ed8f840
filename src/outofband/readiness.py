"""The application's question: may I use what needs this index, or this backfill?"""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from weakref import WeakKeyDictionary

from outofband.model.names import QualifiedName, literal

ENGINE_HAS_RUN = """
    SELECT 1 FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
     WHERE n.nspname = 'outofband' AND c.relname = 'backfill'
"""
"""Asks whether there is a state of backfills."""
_ready: WeakKeyDictionary[Any, set[QualifiedName]] = WeakKeyDictionary()


def ready(connection: Any, name: str, *, schema: str | None = None) -> bool:
    """Answer whether an index or a constraint is there and valid, or a backfill finished, by the
    verdict that ``outofband apply`` has written. Before PostgreSQL 18 no NOT NULL has a name.

    ``connection`` is the one that will run the query, since a replica is its own truth:
    SQLAlchemy's, psycopg's or any other of the DB-API; of one that is awaited it is a TypeError.
    ``name`` is as stored, without quotes; without ``schema`` the search_path decides. Only True is
    remembered, for that connection. An unknown name is not ready. The question is asked in the
    connection's transaction, as any query; whatever the driver raises passes through.
    """
    if _is_awaited(connection):
        raise TypeError("an asynchronous connection is asked with: await ready_async(...)")
    index, driver = QualifiedName(name, schema), _driver_connection(connection)
    if _remembers(driver, index):
        return True
    found = ask(connection, _sql(index)) or ask(connection, _constraint_sql(index))
    if found is None and ask(connection, ENGINE_HAS_RUN) is not None:
        found = ask(connection, _verdict_sql(index))
    return _remember(driver, index, found)


async def ready_async(connection: Any, name: str, *, schema: str | None = None) -> bool:
    """Answer what :func:`ready` does, for a connection that is awaited: SQLAlchemy's
    AsyncConnection, psycopg's, or asyncpg's.

    What a pool of asyncpg lends is asked each time, since it is gone when it is given back.
    """
    if not _is_awaited(connection):
        raise TypeError("a connection that is not awaited is asked with: ready(...)")
    index = QualifiedName(name, schema)
    driver = _driver_connection(getattr(connection, "sync_connection", None) or connection)
    if _remembers(driver, index):
        return True
    found = await _ask_async(connection, _sql(index))
    if found is None:
        found = await _ask_async(connection, _constraint_sql(index))
    if found is None and await _ask_async(connection, ENGINE_HAS_RUN) is not None:
        found = await _ask_async(connection, _verdict_sql(index))
    return _remember(driver, index, found)


def _remembers(driver: Any, index: QualifiedName) -> bool:
    try:
        return index in _ready.get(driver, ())
    except TypeError:  # what a pool of asyncpg lends cannot be referred to weakly
        return False


def _remember(driver: Any, index: QualifiedName, row: Any) -> bool:
    if row is None:
        return False
    with suppress(TypeError):
        _ready.setdefault(driver, set()).add(index)
    return True


def _is_awaited(connection: Any) -> bool:
    """Tell an asynchronous connection, before a coroutine of its is taken for a row."""
    return hasattr(connection, "__aenter__") or hasattr(connection, "fetchrow")


def _driver_connection(connection: Any) -> Any:
    pooled = getattr(connection, "connection", None)
    return getattr(pooled, "driver_connection", connection)


def _sql(index: QualifiedName) -> str:
    """Ask the tables of the catalog: to_regclass answers from a cache, which a prepared statement
    in an open transaction does not renew (measured with asyncpg on 18).
    """
    here = schemas_looked_in(index)
    return f"""
        SELECT 1 FROM (
            SELECT i.indisvalid FROM pg_class AS c
              JOIN pg_namespace AS n ON n.oid = c.relnamespace AND n.nspname = ANY ({here})
              LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
             WHERE c.relname = {sql_name(index.name)}
             ORDER BY array_position({here}, n.nspname) LIMIT 1) AS found
         WHERE indisvalid
    """


def _constraint_sql(constraint: QualifiedName) -> str:
    """Ask for checks, foreign keys and NOT NULLs of the name, which several tables may have: all of
    them have to be validated.
    """
    return f"""
        SELECT 1 FROM (
            SELECT bool_and(c.convalidated) AS valid FROM pg_constraint AS c
              JOIN pg_namespace AS n ON n.oid = c.connamespace
             WHERE c.contype IN ('c', 'f', 'n') AND c.conname = {sql_name(constraint.name)}
               AND n.nspname = ANY ({schemas_looked_in(constraint)})) AS found
         WHERE valid
    """


def _verdict_sql(backfill: QualifiedName) -> str:
    return f"""
        SELECT 1 FROM outofband.backfill
         WHERE NOT reverse AND finished_at IS NOT NULL
           AND name = {sql_name(backfill.name)} AND schema = ANY ({schemas_looked_in(backfill)})
    """


def schemas_looked_in(name: QualifiedName) -> str:
    """Return the SQL of the schemas that a name may be in, as an array."""
    return f"ARRAY[{sql_name(name.schema)}]" if name.schema else "current_schemas(true)"


def sql_name(name: str) -> str:
    """Return the SQL of a name, without a percent sign."""
    # No driver agrees with another on parameters, and some read % in a text without any.
    return f"CAST({' || chr(37) || '.join(map(literal, name.split('%')))} AS name)"


def ask(connection: Any, sql: str) -> Any:
    """Return the first row of a query without parameters, whatever the driver; None where there is
    none.
    """
    if hasattr(connection, "exec_driver_sql"):
        return connection.exec_driver_sql(sql).fetchone()
    cursor = connection.cursor()
    try:
        cursor.execute(sql)
        return cursor.fetchone()
    finally:
        cursor.close()


async def _ask_async(connection: Any, sql: str) -> Any:
    if hasattr(connection, "exec_driver_sql"):
        return (await connection.exec_driver_sql(sql)).fetchone()
    if hasattr(connection, "fetchrow"):
        return await connection.fetchrow(sql)
    async with connection.cursor() as cursor:
        await cursor.execute(sql)
        return await cursor.fetchone()
