"""From the arguments of ``op.create_index`` to the index they mean.

SQLAlchemy compiles them to CREATE INDEX and our own reader reads that, so that a key means what
it means to Alembic, whether it came as a name, a function, ``desc()`` or as text.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from alembic.operations.ops import CreateIndexOp
from sqlalchemy import Column, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.schema import CreateIndex
from sqlalchemy.types import NullType

from outofband.model.index import Index
from outofband.revisions.key import key_of
from outofband.revisions.stop import UpgradeMisused
from outofband_lint import statement as sql
from outofband_lint.reader import read

_OPTIONS = {
    f"postgresql_{name}"
    for name in ("using", "where", "ops", "include", "with", "nulls_not_distinct", "tablespace")
}


class IndexWrong(UpgradeMisused):
    """The arguments of an index mean nothing, or nothing that can be built out of band."""


class _UnfitError(Exception):
    """What is wrong with the arguments, why, and what to do."""

    def __init__(self, what: str, *, why: str = "", do: str = "") -> None:
        super().__init__(what)
        self.what, self.why, self.do = what, why, do


def index_of(operation: CreateIndexOp) -> Index:
    """Return the index that an operation declares; raises IndexWrong."""
    try:
        return _index_of(operation)
    except _UnfitError as unfit:
        raise IndexWrong(unfit.what, why=unfit.why, do=unfit.do) from None


def declarable(operation: CreateIndexOp) -> Index | None:
    """Return the index that an operation would declare; None for one that means nothing out of
    band.
    """
    try:
        return _index_of(operation)
    except _UnfitError:
        return None


def _index_of(operation: CreateIndexOp) -> Index:
    told = operation.kw
    name = str(operation.index_name)
    _check_options(name, told)
    if isinstance(operation.columns, str):
        raise _UnfitError(f"index {name}: columns is a text", do="Give a list of columns")
    statement = _read(name, _compiled(name, operation))
    return Index(
        name=name,
        table=statement.table,
        keys=tuple(map(key_of, statement.keys)),
        include=statement.include,
        method=statement.method,
        unique=statement.unique,
        nulls_not_distinct=statement.nulls_not_distinct,
        where=statement.where,
        options=tuple((str(k), str(v)) for k, v in (told.get("postgresql_with") or {}).items()),
        tablespace=told.get("postgresql_tablespace"),
    )


def _check_options(name: str, told: Mapping[str, Any]) -> None:
    if "postgresql_concurrently" in told:
        raise _UnfitError(
            f"index {name}: postgresql_concurrently has no place here",
            why="what the runbook builds is always built concurrently",
            do="Leave it out",
        )
    for option in told:
        if option.startswith("postgresql_") and option not in _OPTIONS:
            close = difflib.get_close_matches(option, _OPTIONS, n=1)
            hint = (
                f"Did you mean {close[0]}?" if close else f"Known are {', '.join(sorted(_OPTIONS))}"
            )
            raise _UnfitError(f"index {name}: there is no option {option}", do=hint)
    if any("(" in str(value) for value in (told.get("postgresql_ops") or {}).values()):
        raise _UnfitError(
            f"index {name}: operator classes with parameters are not supported",
            do="Build this index in a revision of its own with postgresql_concurrently",
        )


def _compiled(name: str, operation: CreateIndexOp) -> str:
    try:
        index = operation.to_index()
        assert index.table is not None
        _add_columns(index.table, operation.kw.get("postgresql_include") or ())
        # Any other style of parameters doubles the % signs of literals.
        dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
        return str(CreateIndex(index).compile(dialect=dialect))
    except (SQLAlchemyError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise _UnfitError(f"index {name} means nothing to SQLAlchemy", why=reason) from None


def _add_columns(table: Table, include: Sequence[str | Column[Any]]) -> None:
    """Give the operation's bare table the columns of INCLUDE, as Alembic does too."""
    for column in include:
        if isinstance(column, str) and column not in table.c:
            table.append_column(Column(column, NullType))


def _read(name: str, text: str) -> sql.CreateIndex:
    statements = read(text)
    match statements:
        case (sql.CreateIndex() as statement,):
            return statement
        case (sql.NotUnderstood(reason=why),):
            pass
        case _:
            why = f"it is {len(statements)} statements"
    raise _UnfitError(f"index {name}: {' '.join(text.split())} is not understood", why=why)
