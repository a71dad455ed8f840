"""Connections that the project's own engine opens, and where they were going when they fail."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, event
from sqlalchemy.exc import DBAPIError

from outofband.target import Target


@contextmanager
def reaching(of_driver: type[Exception] = DBAPIError) -> Iterator[None]:
    """Raise DatabaseNotReached, naming host, port and database, where a connection attempted within
    fails; by errors ``of_driver`` too, that SQLAlchemy leaves as they are below its connections.
    """
    targets: list[Target] = []

    def note(_dialect: object, _record: object, _args: object, parameters: dict[str, Any]) -> None:
        targets.append(Target.of(parameters))

    event.listen(Engine, "do_connect", note)
    try:
        yield
    except (DBAPIError, ConnectionError, TimeoutError, of_driver) as error:
        raise (targets[-1] if targets else Target()).not_reached(error) from None
    finally:
        event.remove(Engine, "do_connect", note)
