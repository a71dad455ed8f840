"""An Alembic context that runs nothing and takes down what a revision sends, with its lines."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any, NoReturn

from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Dialect, TableClause, TextClause, text
from sqlalchemy.engine.mock import MockConnection

from outofband.model.step import Step
from outofband.revisions.environment import Environment
from outofband_lint.source import Source

OPTION = "outofband_capture"
"""The option of a MigrationContext under which our operations find the Capture to declare to."""


class ReadsDatabaseError(BaseException):
    """A revision wants a result from the database; no ``except Exception`` of its own hides it."""


class NeedsConnectionError(BaseException):
    """A revision does with its connection what only a real one can; carries the method."""


STOPS = (ReadsDatabaseError, NeedsConnectionError)
"""What ends a run that went as far as it can without a database."""


class Capture:
    """What the revision in one file sends, in order.

    A statement's line is the innermost one of that file on the stack: where the revision itself
    calls, however deep the helper of another file that sends, or the line set in ``line``.
    """

    def __init__(self, path: str) -> None:
        self.path = path
        self.sources: list[Source] = []
        self.steps: list[Step] = []
        self.in_transaction = True
        self.line: int | None = None

    def configure(self, environment: Environment, holder: EnvironmentContext) -> MigrationContext:
        """Make ``holder`` an offline context of PostgreSQL that tells this Capture everything."""
        holder.configure(
            dialect_name="postgresql",
            # Any other style doubles the % signs of plain SQL.
            dialect_opts={"paramstyle": "named"},
            literal_binds=True,
            output_buffer=io.StringIO(),
            **{**environment.options, OPTION: self},
        )
        context = holder.get_context()
        impl: Any = context.impl
        self.in_transaction = impl.transactional_ddl
        impl.static_output = self.sent
        impl.bulk_insert = partial(self._inserted, context.dialect)
        impl.emit_begin = lambda: self._set_transaction(True)
        impl.emit_commit = lambda: self._set_transaction(False)
        connection: Any = _Connection(context.dialect, impl)
        context.connection = impl.connection = connection
        return context

    def sent(self, sql: str) -> None:
        """Take down one statement."""
        self.sources.append(self._source(sql.strip().removesuffix(";").rstrip()))

    def declared(self, step: Step) -> None:
        """Take down one step."""
        self.steps.append(step)
        self.sources.append(self._source(step.plain_sql, out_of_band=True))

    def required(self, name: str) -> None:
        """Take down one barrier."""
        self.sources.append(self._source("", barrier=name))

    def _inserted(
        self, dialect: Dialect, table: TableClause, rows: Sequence[Mapping[str, Any]], **_: Any
    ) -> None:
        """Take down rows of data under the names of their columns, whatever their values are."""
        if rows:
            self.sent(str(table.insert().compile(dialect=dialect, column_keys=[*rows[0]])))

    def _source(self, sql: str, **more: Any) -> Source:
        line = self.line or _line_in(self.path)
        return Source(sql, self.path, line, in_transaction=self.in_transaction, **more)

    def _set_transaction(self, value: bool) -> None:
        self.in_transaction = value


def _line_in(path: str) -> int:
    frame = sys._getframe(1)
    while frame is not None:
        if frame.f_code.co_filename == path:
            return frame.f_lineno
        frame = frame.f_back  # type: ignore[assignment]
    return 1


def _needing_a_connection(method: str) -> Callable[..., NoReturn]:
    def stop(*_: Any, **__: Any) -> NoReturn:
        raise NeedsConnectionError(method)

    return stop


class _Connection(MockConnection):
    """What ``op.get_bind()`` returns: statements go through, results do not exist."""

    # Not __getattr__: Alembic tells a mock by the AttributeError of in_transaction.
    begin, close, commit, rollback = map(
        _needing_a_connection, ("begin()", "close()", "commit()", "rollback()")
    )

    def __init__(self, dialect: Any, impl: Any) -> None:
        super().__init__(dialect, self._send)
        self._impl = impl

    def exec_driver_sql(self, statement: str, *_: Any, **__: Any) -> _NoResult:
        return self._send(text(statement.replace(":", r"\:")), None)

    def begin_nested(self) -> AbstractContextManager[None]:
        return nullcontext()

    def scalar(self, *_: Any, **__: Any) -> NoReturn:
        raise ReadsDatabaseError

    scalars = scalar

    def _send(self, construct: Any, parameters: Any = None) -> _NoResult:
        if isinstance(construct, TextClause) and isinstance(parameters, Mapping):
            construct = construct.bindparams(**parameters)
        elif parameters:
            return self._without_values(construct)
        self._impl._exec(construct)
        return _NoResult()

    def _without_values(self, construct: Any) -> _NoResult:
        """Send rows of data under the names of their parameters."""
        self._impl.literal_binds = False
        try:
            self._impl._exec(construct)
        finally:
            self._impl.literal_binds = True
        return _NoResult()


class _NoResult:
    def _read(self, *_: Any) -> NoReturn:
        raise ReadsDatabaseError

    __getattr__: Callable[..., NoReturn] = _read
    __iter__ = __next__ = __bool__ = __len__ = __getitem__ = _read
