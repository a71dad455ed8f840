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
    return getattr(pooled, "dbapi_connection", connection)


def _is_valid(connection: Any, index: QualifiedName) -> bool:
    # No driver agrees with another on parameters, and some read % in a text without any.
    name = literal(str(index)).replace("%", "' || chr(37) || '")
    sql = f"SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass({name})"
    if hasattr(connection, "exec_driver_sql"):
        row = connection.exec_driver_sql(sql).fetchone()
    else:
        cursor = connection.cursor()
        try:
            cursor.execute(sql)
            row = cursor.fetchone()
        finally:
            cursor.close()
    return bool(row and next(iter(row.values() if isinstance(row, dict) else row)))
