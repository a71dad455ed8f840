"""An application at work on the tables, and how long each of its statements waited for us."""

from __future__ import annotations

import itertools
import random
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psycopg

from faults.project import COLUMNS, TAGGED
from outofband.model.names import quote

APPLICATION = "load"
_SAMPLE_SECONDS = 0.02
_PAUSE_SECONDS = 0.01
_ANEW_SECONDS = 0.05
_NO_SERVER = "08", "57", "25006"
"""Of connections, of a server that stops, and of one in recovery: what is done to it on purpose."""

_WAITING = """
    WITH RECURSIVE ours(pid) AS (
        SELECT pid FROM pg_stat_activity WHERE application_name LIKE 'outofband%'
    ), chain(root, started, pid) AS (
        SELECT a.pid, a.query_start, blocker
          FROM pg_stat_activity AS a, unnest(pg_blocking_pids(a.pid)) AS blocker
         WHERE a.application_name = 'load' AND a.wait_event_type = 'Lock'
           AND a.datname = current_database()
        UNION
        SELECT root, started, blocker FROM chain, unnest(pg_blocking_pids(chain.pid)) AS blocker
    )
    SELECT DISTINCT root, started, extract(epoch FROM clock_timestamp())::float8
      FROM chain JOIN ours USING (pid)
"""


Does = Callable[[int, int, str], tuple[tuple[tuple[Any, ...], ...], ...]]
"""Reads, updates and inserts, each as SQL and what is given to it: of a row that is there, by its
number from 1 to 1000, or with a new number and a tag.
"""


def on_indexed(known: int, new: int, tag: str) -> tuple[tuple[tuple[Any, ...], ...], ...]:
    """Work on the tables that indexes are built on."""
    docs, parts, hostile = TAGGED
    order, group = (quote(column).replace("%", "%%") for column in COLUMNS)
    hostile = hostile.replace("%", "%%")
    return (
        (
            (f"SELECT * FROM {docs} WHERE id = %s", known),
            (f"SELECT * FROM {parts} WHERE id = %s", known),
            (f"SELECT * FROM {hostile} WHERE {order} = %s", known),
        ),
        (
            (f"UPDATE {docs} SET kind = 'k' || kind WHERE id = %s AND length(kind) < 9", known),
            (f"UPDATE {parts} SET path = 'q' WHERE id = %s", known),
            (f"UPDATE {hostile} SET {group} = 'q' WHERE {order} = %s", known),
        ),
        (
            (f"INSERT INTO {docs} VALUES (%s, 'p', 'k', %s)", new, tag),
            (f"INSERT INTO {parts} VALUES (%s, 'p', %s)", new, tag),
            (f"INSERT INTO {hostile} VALUES (%s, 'p', %s)", new, tag),
        ),
    )


class Load:
    """Sessions that read and write the tables, and one that looks for whom they wait.

    ``longest`` is the longest time that a statement stood on or behind a lock of a session of
    outofband, in seconds, summed over the samples in which it did. ``certain`` counts the tags of
    rows that were committed, ``doubtful`` has those whose commit was not heard of; ``errors`` are
    those that an application should not get.
    """

    def __init__(self, url: str, does: Does = on_indexed, sessions: int = 3) -> None:
        self._url, self._does = url, does
        self._over = threading.Event()
        self.certain: Counter[str] = Counter()
        self.doubtful: set[str] = set()
        self.errors: list[str] = []
        self.statements = 0
        self.longest = 0.0
        work = [threading.Thread(target=self._work, args=(n,)) for n in range(sessions)]
        self._threads = [*work, threading.Thread(target=self._watch)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the work; every statement that has begun is over then."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _work(self, number: int) -> None:
        chance = random.Random(number)
        tags = (f"load{number}.{n}" for n in itertools.count())
        ids = itertools.count(10_000 + 1_000_000 * number)
        while not self._over.is_set():
            with suppress(psycopg.Error), _session(self._url, APPLICATION) as session:
                while not self._over.wait(_PAUSE_SECONDS):
                    self._one(session, chance, next(tags), next(ids))
            self._over.wait(_ANEW_SECONDS)

    def _one(self, session: Any, chance: random.Random, tag: str, new: int) -> None:
        sql, *given = chance.choice(chance.choice(self._does(chance.randint(1, 1000), new, tag)))
        inserted = sql.startswith("INSERT")
        try:
            session.execute(sql, given)
            if inserted:
                self.certain[tag] += 1
        except psycopg.Error as error:
            if inserted:
                self.doubtful.add(tag)
            lost = error.sqlstate is None or error.sqlstate.startswith(_NO_SERVER)
            if not lost:
                self.errors.append(f"{sql}: {error}")
            raise
        finally:
            self.statements += 1

    def _watch(self) -> None:
        stood: dict[tuple[int, Any], float] = {}
        before: dict[tuple[int, Any], float] = {}
        while not self._over.is_set():
            with suppress(psycopg.OperationalError), _session(self._url, "sampler") as session:
                while not self._over.wait(_SAMPLE_SECONDS):
                    rows = session.execute(_WAITING).fetchall()
                    now = {(pid, started): at for pid, started, at in rows}
                    for key in now.keys() & before.keys():
                        stood[key] = stood.get(key, 0.0) + now[key] - before[key]
                        self.longest = max(self.longest, stood[key])
                    before = now
            self._over.wait(_ANEW_SECONDS)


def _session(url: str, name: str) -> psycopg.Connection[Any]:
    # A prepared SELECT * fails once after a deploy that adds a column, whoever deploys.
    return psycopg.connect(url, autocommit=True, application_name=name, prepare_threshold=None)
