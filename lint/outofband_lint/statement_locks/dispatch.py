"""One function a kind of statement; which one, its type decides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import singledispatch

from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.schema import Schema
from outofband_lint.statement import Statement

Taken = Iterator[tuple[QualifiedName, LockMode]]


@singledispatch
def taken(_statement: Statement, _schema: Schema) -> Taken:
    """Yield tables and modes; what has no function here locks no table that was there before."""
    yield from ()


def each(tables: Iterable[QualifiedName], mode: LockMode) -> Taken:
    """Yield every table with the mode."""
    return ((table, mode) for table in tables)
