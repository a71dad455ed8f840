"""What ``op.get_bind()`` gives a revision that is rendered: SQLAlchemy's own Connection, on a
driver that sends nothing.

Sessions, inspectors, ``Enum.create()`` and reflection are SQLAlchemy's and work; what they send is
taken down. Questions about the schema are answered by :mod:`.reflection`, questions about rows as a
database without rows answers them, and the question is marked.
"""

# ruff: noqa: ARG002 (the methods of a dialect and of a driver: SQLAlchemy and PEP 249)

from __future__ import annotations

import itertools
import re
import types
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Engine, make_url
from sqlalchemy.engine import Connection
from sqlalchemy.pool import NullPool
from sqlalchemy.types import Integer, TypeEngine, Uuid

from outofband.revisions.child.reflection import FoldedDialect

if TYPE_CHECKING:
    from outofband_lint.names import QualifiedName
    from outofband_lint.schema import Schema, Table


class Recorder(Protocol):
    """Who takes down what a connection is sent."""

    def recorded(self, sql: str, *, autocommit: bool) -> int:
        """Take down a statement, sent with or without ``autocommit``; return its position."""
        ...

    def asked(self, position: int) -> None:
        """Mark the statement at a position as one whose rows are read."""
        ...

    def schema(self) -> Schema:
        """Return the schema as it is by now."""
        ...

    def assumed(self, name: QualifiedName) -> Table:
        """Return a table that no revision has made, as it may be; note who asks."""
        ...

    def truth(self, statement: str) -> bool | None:
        """Return what is said of a row that is made up for a question; None where none is."""
        ...


_ONE_ROW = re.compile(
    r"\s*select\s+(?:(?P<count>count\s*\()|(?P<exists>exists\s*\()|max\s*\(|min\s*\(|sum\s*\(|"
    r"(?P<version>version\s*\(\s*\)\s*;?\s*$)|(?P<schema>current_schema\b\s*(?:\(\s*\))?\s*;?\s*$))"
    r"|\s*show\s+(?:(?P<number>server_version_num)|(?P<short>server_version))\b",
    re.IGNORECASE,
)
_GROUPED = re.compile(r"\bgroup\s+by\b", re.IGNORECASE)
_ASKS = re.compile(r"\s*(?:\(|select|with|show|values|table|explain|fetch)\b", re.IGNORECASE)
_VALUE = re.compile(r"'(?:[^']|'')*'|::|:(\w+)")
_URL = "postgresql+outofband://"
_MAJOR = 18
_SERVER = {"version": f"PostgreSQL {_MAJOR}.0", "schema": "public", "number": f"{_MAJOR}0000"}


def connection(recorder: Recorder) -> Connection:
    """Return a Connection that tells ``recorder``, and of which Alembic has begun the transaction.

    Connections that are opened later tell the recorder of the last call.
    """
    engine = _engine()
    engine.dialect.recorder = recorder  # type: ignore[attr-defined]
    made = engine.connect()
    made.begin()
    made.connection.dbapi_connection.main = True  # type: ignore[union-attr]
    return made


@cache
def _engine() -> Engine:
    """Make the engine once: its dialect costs more than most revisions (measured: 0.1 ms)."""
    dialect = _Dialect()
    creator: Any = lambda: _Driver(dialect.recorder)  # noqa: E731 (a driver in all that is used)
    return Engine(NullPool(creator, dialect=dialect), dialect, make_url(_URL))


class _Error(Exception):
    """Never raised: what SQLAlchemy asks a driver for, to tell its errors by."""


_MODULE = types.SimpleNamespace(
    paramstyle="named",
    threadsafety=1,
    **dict.fromkeys(
        """Error InterfaceError DatabaseError OperationalError IntegrityError ProgrammingError
        DataError InternalError NotSupportedError""".split(),  # noqa: SIM905 (names, as prose)
        _Error,
    ),
)


class _Dialect(FoldedDialect):
    """PostgreSQL as :class:`FoldedDialect` answers for it, over a driver that sends nothing."""

    driver = "outofband"
    supports_statement_cache = True
    default_isolation_level = "READ COMMITTED"
    # Of several rows at once the driver would have to return the generated keys in order.
    use_insertmanyvalues = False

    recorder: Recorder

    def __init__(self) -> None:
        super().__init__(paramstyle="named", dbapi=_MODULE)  # type: ignore[no-untyped-call]

    def folded(self) -> Schema:
        return self.recorder.schema()

    def assumed(self, name: QualifiedName) -> Table:
        return self.recorder.assumed(name)

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        cursor.send(statement, parameters or {}, context)

    def do_executemany(
        self, cursor: Any, statement: str, parameters: Any, context: Any = None
    ) -> None:
        cursor.send(statement, {}, context, times=len(parameters))

    def do_execute_no_params(self, cursor: Any, statement: str, context: Any = None) -> None:
        cursor.send(statement, {}, context)

    def do_savepoint(self, connection: Any, name: str) -> None:
        """Leave savepoints out: SQLAlchemy's own are balanced, and a run that sends nothing never
        goes back to one."""

    do_rollback_to_savepoint = do_release_savepoint = do_savepoint

    def get_isolation_level(self, dbapi_connection: Any) -> Any:
        return "AUTOCOMMIT" if dbapi_connection.autocommit else "READ COMMITTED"

    def get_default_isolation_level(self, dbapi_conn: Any) -> Any:
        return self.default_isolation_level

    def get_isolation_level_values(self, dbapi_connection: Any) -> Any:
        return ("AUTOCOMMIT", "READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")

    def set_isolation_level(self, dbapi_connection: Any, level: str) -> None:
        dbapi_connection.autocommit = level == "AUTOCOMMIT"


class _Driver:
    """A driver's connection."""

    main = False
    autocommit = False

    def __init__(self, recorder: Recorder) -> None:
        self.recorder = recorder

    def cursor(self, *_: Any, **__: Any) -> _Cursor:
        return _Cursor(self)

    def commit(self) -> None:
        if self.main:
            self.recorder.recorded("COMMIT", autocommit=False)

    def rollback(self) -> None:
        if self.main:
            self.recorder.recorded("ROLLBACK", autocommit=False)

    def close(self) -> None:
        pass


class _Cursor:
    """A driver's cursor; its rows are those of a database that has none, or one for a question."""

    arraysize = 1
    lastrowid = None
    rowcount = 0
    _numbers = itertools.count(1)

    def __init__(self, driver: _Driver) -> None:
        self._driver = driver
        self._position = -1
        self._asks = False
        self._rows: Iterator[tuple[Any, ...]] = iter(())
        self.description: list[tuple[Any, ...]] | None = None

    def execute(self, statement: str, parameters: Any = None) -> None:
        self.send(statement, parameters or {}, None)

    def executemany(self, statement: str, parameters: Any = None) -> None:
        self.send(statement, {}, None, times=len(parameters or ()))

    def send(
        self, statement: str, parameters: Mapping[str, Any], context: Any, times: int = 1
    ) -> None:
        """Take a statement down, and get ready for questions about its result."""
        sql = with_values(statement, parameters) if parameters else statement
        self._position = self._driver.recorder.recorded(sql, autocommit=self._driver.autocommit)
        columns = _result_columns(context)
        inserts = bool(context is not None and context.isinsert)
        if not columns and not _ASKS.match(statement):
            self.rowcount = times if self._driver.recorder.truth(statement) is not None else 0
            return
        self._asks = not inserts
        truth = None if inserts else self._driver.recorder.truth(statement)
        asked: list[tuple[str, TypeEngine[Any] | None]] = [*columns] or [("?column?", None)]
        if truth is not None:
            from outofband.revisions.child import (
                imagined,  # what few revisions need: the whole reader
            )
        if truth is not None and not columns:
            schema = self._driver.recorder.schema()
            asked = [(name, None) for name in imagined.columns_of(statement, schema)]
        self.description = [(name, *(None,) * 6) for name, _ in asked]
        if inserts:
            self._rows = iter([tuple(self._generated(kind) for _, kind in columns)])
            self.rowcount = 1
        elif (row := _the_one_row(statement, len(asked), truth=bool(truth))) is not None:
            self._rows = iter([row])
        elif truth is not None:
            schema = self._driver.recorder.schema()
            self._rows = iter([imagined.row(statement, asked, schema, truth=truth)])

    def _generated(self, kind: TypeEngine[Any]) -> Any:
        """Return what an INSERT … RETURNING hands back of a row that is the first of its table."""
        if isinstance(kind, Integer):
            return next(self._numbers)
        if isinstance(kind, Uuid):
            return f"{next(self._numbers):032x}"
        return None

    def _asked(self) -> Iterator[tuple[Any, ...]]:
        if self._asks:
            self._driver.recorder.asked(self._position)
        return self._rows

    def fetchone(self) -> Any:
        return next(self._asked(), None)

    def fetchmany(self, size: int | None = None) -> list[Any]:
        return list(itertools.islice(self._asked(), size or 1))

    def fetchall(self) -> list[Any]:
        return list(self._asked())

    def close(self) -> None:
        pass


def _result_columns(context: Any) -> list[tuple[str, TypeEngine[Any]]]:
    compiled = getattr(context, "compiled", None)
    columns: Sequence[Any] = getattr(compiled, "_result_columns", None) or ()
    return [(column.keyname, column.type) for column in columns]


def _the_one_row(statement: str, width: int, *, truth: bool) -> tuple[Any, ...] | None:
    """Return the row of a question that is answered by one row even where no table has any; with
    ``truth``, where each has one.
    """
    found = _ONE_ROW.match(statement)
    if not found or _GROUPED.search(statement):
        return None
    kind = found.lastgroup
    rows = {"count": int(truth), "exists": truth, "": 1 if truth else None}
    value: Any = {**rows, "short": f"{_MAJOR}.0", **_SERVER}.get(kind or "")
    return (value, *(None,) * (width - 1))


def with_values(statement: str, parameters: Mapping[str, Any]) -> str:
    """Return a statement with its plain values in place of their names, for people to read."""

    def value(found: re.Match[str]) -> str:
        name = found[1]
        return _literal(parameters[name], found[0]) if name in parameters else found[0]

    return _VALUE.sub(value, statement) if isinstance(parameters, Mapping) else statement


def _literal(value: Any, otherwise: str) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case str():
            return "'" + value.replace("'", "''") + "'"
    return otherwise
