"""A role that may read what it was given and no more, as a careful operator connects."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from psycopg.conninfo import conninfo_to_dict

from outofband import ephemeral


@contextmanager
def reader(server: ephemeral.Server, project: Any, *rights: str) -> Iterator[str]:
    """Make the role ``reader`` with the rights given, yield the URL to connect with it."""
    project.sql("CREATE ROLE reader LOGIN")
    try:
        for right in rights:
            project.sql(right.format(role="reader"))
        yield server.url(str(conninfo_to_dict(project.url)["dbname"]), user="reader")
    finally:
        project.sql("DROP OWNED BY reader")
        project.sql("DROP ROLE reader")
