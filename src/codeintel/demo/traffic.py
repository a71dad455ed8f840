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
from contextlib import closing
from functools import partial
from pathlib import Path
from random import Random

from codeintel.demo import dumps, leash
from codeintel.demo.client import Client
from codeintel.demo.dumps import Library
from codeintel.demo.log import Outcome, Request, Writer
from codeintel.demo.questions import question
from codeintel.demo.stage import connect_as_app

READERS = 4
READ_EVERY = 0.5
"""Seconds between one question of a reader and its next: 8 a second in all."""

UPLOAD_EVERY = 1.0
"""Seconds between one upload and the next; there is one writer."""


class Traffic:
    """The readers and the writer, and the ids that they know to be there."""

    def __init__(self, library: Library, loaded: int, url: str, log: Writer) -> None:
        self._library, self._url, self._log = library, url, log
        self._ids = list(range(1, loaded + 1))
        self._new_ids = itertools.count(loaded + 1)

    def run(self, stop: threading.Event) -> None:
        """Make requests until asked to stop; return when the last of them has ended."""
        turns = [partial(self._read, Random(seed)) for seed in range(READERS)]
        threads = [self._thread(turn, READ_EVERY, stop) for turn in turns]
        threads.append(self._thread(self._write, UPLOAD_EVERY, stop))
        for thread in threads:
            thread.join()

    def _thread(
        self, turn: Callable[[Client], Request], every: float, stop: threading.Event
    ) -> threading.Thread:
        thread = threading.Thread(target=self._repeat, args=(turn, every, stop))
        thread.start()
        return thread

    def _repeat(
        self, turn: Callable[[Client], Request], every: float, stop: threading.Event
    ) -> None:
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
    with Writer(Path(log)) as writer:
        Traffic(dumps.load(Path(library)), int(loaded), url, writer).run(asked_to_stop)


if __name__ == "__main__":
    _main(*sys.argv[1:])
