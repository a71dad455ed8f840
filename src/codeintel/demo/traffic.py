"""Steady readers and writers, a process of its own: ``python -m codeintel.demo.traffic``.

Arguments: the library's file, the log's file, and the highest id that was loaded; ``DATABASE_URL``
is that of the application's role. Each thread makes a request every so often, and later when the
one before took longer, so that a slow store is not buried under questions.
"""

from __future__ import annotations

import itertools
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

from codeintel.demo import dumps, leash
from codeintel.demo.client import Client
from codeintel.demo.dumps import Library
from codeintel.demo.log import Appender, Outcome, Request
from codeintel.demo.questions import question
from codeintel.demo.stage import connect_as_app

READERS = 4
READ_EVERY = 0.5
"""Seconds between one question of a reader and its next: 8 a second in all."""

UPLOAD_EVERY = 1.0
"""Seconds between one upload and the next; there is one writer."""


_Turn = Callable[[Client], Request]


class Traffic:
    """The readers and the writer, and the ids that they know to be there."""

    def __init__(self, library: Library, loaded: int, url: str, log: Appender) -> None:
        self._library, self._url, self._log = library, url, log
        self._ids = list(range(1, loaded + 1))
        self._new_ids = itertools.count(loaded + 1)

    def run(self, stop: threading.Event) -> None:
        """Make requests until asked to stop; return when the last of them has ended.

        What is no failure of a request ends all of it, and is raised.
        """
        turns: list[tuple[_Turn, float]] = [(self._write, UPLOAD_EVERY)]
        turns += [(partial(self._read, Random(seed)), READ_EVERY) for seed in range(READERS)]
        with ThreadPoolExecutor(len(turns)) as threads:
            repeats = [threads.submit(self._repeat, *turn, stop) for turn in turns]
            wait(repeats, return_when=FIRST_EXCEPTION)
            stop.set()  # readers that have silently died must not look like fast ones
        for repeat in repeats:
            repeat.result()

    def _repeat(self, turn: _Turn, every: float, stop: threading.Event) -> None:
        connect = partial(connect_as_app, self._url, "demo traffic")
        with closing(Client(connect)) as client:
            pause = 0.0
            while not stop.wait(pause):
                request = turn(client)
                self._log.append(request)
                pause = max(0.0, every - request.seconds)

    def _read(self, chance: Random, client: Client) -> Request:
        # A dump that was committed a moment ago is as good a question as any.
        dump_id = chance.choice(self._ids)
        return client.ask(question(chance, dump_id, self._library.rows(dump_id)), dump_id)

    def _write(self, client: Client) -> Request:
        dump_id = next(self._new_ids)
        request = client.upload(dump_id, self._library.rows(dump_id))
        if request.outcome is Outcome.OK:
            self._ids.append(dump_id)
        return request


def _main(library: str, log: str, loaded: str) -> None:
    asked_to_stop = leash.hold()
    url = os.environ["DATABASE_URL"]
    with Appender(Path(log)) as appender:
        Traffic(dumps.load(Path(library)), int(loaded), url, appender).run(asked_to_stop)


if __name__ == "__main__":
    _main(*sys.argv[1:])
