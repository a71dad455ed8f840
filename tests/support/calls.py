"""A queue, and a worker of which a test says what the backfills do."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import psycopg

from outofband.backfill.state import Name
from outofband.postgres.parameters import parameters
from outofband.postgres.source import Url
from outofband.queue.port import Ended, Pending
from outofband.queue.worker import Worker

MOVE = Name("move", "public")
Run = Callable[[Name, Event], Ended]


@dataclass
class Told:
    """Backfills that are wanted until a run has finished or stuck them."""

    does: Run = lambda *_: Ended(finished=True, acted=True)
    obstacle: str = ""
    wanted: list[Name] = field(default_factory=lambda: [MOVE])
    ran: list[Name] = field(default_factory=list)

    def pending(self) -> Sequence[Pending]:
        return [Pending(name, self.obstacle) for name in self.wanted]

    def run(self, name: Name, stopped: Event) -> Ended:
        if name not in self.wanted:
            return Ended(finished=True)
        self.ran.append(name)
        ended = self.does(name, stopped)
        if ended.finished:
            self.wanted.remove(name)
        return ended


@dataclass
class Calls:
    """The database of the queue, workers on it, and what they said."""

    url: str
    said: list[str] = field(default_factory=list)

    def work(self, told: Told, *, place: str = "a", url: str = "", until_done: bool = True) -> int:
        async def reach() -> Mapping[str, Any]:
            return await asyncio.to_thread(parameters, Url(url or self.url), "worker")

        return Worker(place, told, reach, self.said.append, until_done=until_done).run()

    def sql(self, text: str, *given: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute("SET search_path = outofband")
            cursor = connection.execute(text, given)  # type: ignore[arg-type]
            return cursor.fetchall() if cursor.description else []

    def jobs(self) -> list[tuple[Any, ...]]:
        """Return the jobs. A call that waits at the worker's own place is not among them: it calls
        while it is at work too, for another worker of its host, and leaves that when it ends.
        """
        return self.sql(
            "SELECT queue_name, status::text FROM procrastinate_jobs"
            " WHERE NOT (queue_name = 'a' AND status = 'todo') ORDER BY id"
        )

    def put_in(self, place: str = "a", worker: int | None = None) -> None:
        """Put in a call that a worker is at."""
        args = json.dumps({"name": MOVE.name, "schema": MOVE.schema, "place": place})
        self.sql(
            "INSERT INTO procrastinate_jobs (queue_name, task_name, args, status, worker_id)"
            " VALUES (%s, 'outofband.backfill', %s, 'doing', %s)",
            place, args, worker,
        )  # fmt: skip
