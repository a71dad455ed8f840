"""What the engines of this process execute."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, event


@contextmanager
def heard(listener: Callable[[str, str], None]) -> Iterator[None]:
    """Tell a listener each statement that any engine of PostgreSQL executes within, with the
    driver's style of parameters, as PEP 249 names it.
    """

    def note(connection: Connection, _cursor: object, sql: str, *_: Any) -> None:
        if connection.dialect.name == "postgresql":
            listener(sql, connection.dialect.paramstyle)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", note)
