"""A database with hostile names and every kind of step to do, at a moment of a run."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from estate.stage import EstateScene
from estate.wire import Stop, Wire, wire
from faults.project import HELD, SCHEMA
from faults.scene import Run, eventually, indexes
from kinds import project
from outofband.ephemeral import Server
from outofband.model.names import literal, quote

_SCHEMA = literal(quote(SCHEMA))
_PICTURE = f"""
    SELECT 'constraint', conrelid::regclass::text, conname::text,
           pg_get_constraintdef(oid) || CASE WHEN convalidated THEN '' ELSE ' (not valid)' END
      FROM pg_constraint WHERE connamespace = {_SCHEMA}::regnamespace AND contype <> 'n'
    UNION ALL
    SELECT 'column', attrelid::regclass::text, attname::text,
           CASE WHEN attnotnull THEN 'not null' END
      FROM pg_attribute JOIN pg_class AS c ON c.oid = attrelid
     WHERE relnamespace = {_SCHEMA}::regnamespace AND relkind IN ('r', 'p')
       AND attnum > 0 AND NOT attisdropped
    UNION ALL
    SELECT 'partition', inhrelid::regclass::text, inhparent::regclass::text, inhdetachpending::text
      FROM pg_inherits
    UNION ALL
    SELECT 'label', enumtypid::regtype::text, enumlabel::text, NULL FROM pg_enum
    UNION ALL
    SELECT 'comment', objoid::regclass::text, description, NULL FROM pg_description
     WHERE classoid = 'pg_class'::regclass AND description LIKE 'outofband:%'
     ORDER BY 1, 2, 3, 4
"""


class KindsScene(EstateScene):
    """A scene on it."""

    does = staticmethod(project.on_kinds)
    tables, started = project.TAGGED, project.STARTED

    def apply(self, *more: str, url: str = "") -> Run:
        return self.outofband("apply", "--to", "head", *more, url=url)

    def picture(self, session: psycopg.Connection[Any]) -> list[Any]:
        return picture(session)

    def gate(self) -> AbstractContextManager[object]:
        """Whatever reads the row with a negative number waits for the block to end."""
        return self.transaction(f"SELECT pg_advisory_xact_lock({HELD})")

    @contextmanager
    def held(self, *stop: str) -> Iterator[tuple[Run, Wire]]:
        """Start a run and hold it right before a statement; ``go_on`` of the wire lets it go."""
        with wire(self.url, Stop("before", stop[0], stop[-1])) as held:
            run = self.apply(url=held.url)
            eventually(held.reached.is_set, stop[0], run)
            yield run, held

    def dies(self, stop: Stop, *words: str) -> None:
        super().dies(stop, *(words or ("apply", "--to", "head")))


def picture(session: psycopg.Connection[Any]) -> list[Any]:
    """Every index, constraint, column, partition, label and mark of the schema."""
    return [*indexes(session), *session.execute(_PICTURE.encode()).fetchall()]


class KindsStage:
    """The database to copy, and the picture that one should end with."""

    def __init__(self, server: Server, folder: Path) -> None:
        self._server = server
        self._project = project.write_kinds(folder)
        self._fill("postgres", "CREATE DATABASE kinds_plainly", "CREATE DATABASE kinds")
        self._fill("kinds_plainly", *project.TABLES, *project.PLAINLY)
        with psycopg.connect(server.url("kinds_plainly")) as session:
            self.expected = picture(session)
        self._upgrade("1", folder)
        self._fill("kinds", *project.ROWS)
        self._upgrade("2", folder)

    def scene(self, logs: Path) -> KindsScene:
        self._fill(
            "postgres",
            "DROP DATABASE IF EXISTS scene WITH (FORCE)",
            "CREATE DATABASE scene TEMPLATE kinds",
        )
        return KindsScene(self._server, self._server.url("scene"), self._project, logs)

    def _upgrade(self, to: str, logs: Path) -> None:
        driver = self._server.url("kinds").replace("postgresql:", "postgresql+psycopg:")
        words = ["alembic", "-x", f"url={driver}", "upgrade", to]
        run = Run(words, self._project, logs / f"upgrade{to}.log")
        assert run.status() == 0, run.said

    def _fill(self, database: str, *statements: str) -> None:
        with psycopg.connect(self._server.url(database), autocommit=True) as session:
            for statement in statements:
                session.execute(statement.encode())
