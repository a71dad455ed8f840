"""The application's question: may I use what needs this index?"""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

from outofband.model.names import QualifiedName, literal

_ready: WeakKeyDictionary[Any, set[QualifiedName]] = WeakKeyDictionary()


def ready(connection: Any, name: str, *, schema: str | None = None) -> bool:
    """Answer whether an index, or a constraint by its index, is there and valid.

    ``connection`` is the one that will run the query, since a replica is its own truth:
    SQLAlchemy's, psycopg's or any other of the DB-API. ``name`` is as stored, without quotes;
    without ``schema`` the search_path decides. Only True is remembered, for that connection. An
    unknown name is not ready. Whatever the driver raises passes through.
    """
    index = QualifiedName(name, schema)
    driver = _driver_connection(connection)
    if index in _ready.get(driver, ()):
        return True
    if _is_valid(connection, index):
        _ready.setdefault(driver, set()).add(index)
        return True
    return False


def _driver_connection(connection: Any) -> Any:
    pooled = getattr(connection, "connection", None)
    return getattr(pooled, "driver_connection", connection)


def _is_valid(connection: Any, index: QualifiedName) -> bool:
    # No driver agrees with another on parameters, and some read % in a text without any.
    name = " || chr(37) || ".join(map(literal, str(index).split("%")))
    sql = f"SELECT 1 FROM pg_index WHERE indexrelid = to_regclass({name}) AND indisvalid"
    if hasattr(connection, "exec_driver_sql"):
        return connection.exec_driver_sql(sql).fetchone() is not None
    cursor = connection.cursor()
    try:
        cursor.execute(sql)
        return cursor.fetchone() is not None
    finally:
        cursor.close()
