"""Readers and a writer at work while dumps are moved, in threads with a connection each."""

from __future__ import annotations

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg

from codeintel import worker
from codeintel.bundle import MonikerKey
from codeintel.demo.dumps import Library
from codeintel.demo_move.dumps import rows_of, version_of
from codeintel.demo_move.ledger import Ledger, Version
from codeintel.roles import Role, registered
from codeintel.store.blobs import decode_locations
from codeintel.store.errors import DumpNotStored
from codeintel.store.fallback import FallbackReader
from codeintel.store.folder import BundleFolder
from outofband.errors import OutofbandError

_Connection = psycopg.Connection[Any]

_READERS = 2
_BETWEEN_WRITES = 0.05  # seconds
_BETWEEN_READS = 0.002  # seconds
_SHARES = {"write": 6, "replace": 3, "delete": 1}


@dataclass
class Tally:
    """What was done, and what went wrong, in words."""

    counts: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)


@dataclass
class Traffic:
    """Who asks and writes, and what they have seen."""

    url: str
    folder: BundleFolder
    library: Library
    ledger: Ledger
    tally: Tally = field(default_factory=Tally)
    _over: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Let everybody work while the block runs, registered as they are."""
        self._over.clear()
        works = [self._read] * _READERS + [self._write]
        threads = [
            threading.Thread(target=self._work, args=(work, n)) for n, work in enumerate(works)
        ]
        with (
            registered(self.url, Role("reader", "demo")),
            registered(self.url, Role("writer", "demo")),
        ):
            for thread in threads:
                thread.start()
            try:
                yield
            finally:
                self._over.set()
                for thread in threads:
                    thread.join()

    def _work(self, once: Callable[[_Connection, random.Random], None], seed: int) -> None:
        chance = random.Random(seed)
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self._over.is_set():
                try:
                    once(connection, chance)
                except (OutofbandError, psycopg.Error) as error:
                    self.tally.failed.append(f"{type(error).__name__}: {error}")

    def _read(self, connection: _Connection, chance: random.Random) -> None:
        dump_id = self.ledger.any_dump(chance)
        key, expected = self._question(dump_id, chance)
        mark = self.ledger.mark(dump_id)
        started = time.perf_counter()
        seen: Version = None
        answer = expected
        try:
            with FallbackReader(connection, self.folder).open(dump_id) as dump:
                seen = version_of(dump, dump_id)
                answer = tuple(dump.moniker_references(key))
        except DumpNotStored:
            pass
        self.tally.seconds.append(time.perf_counter() - started)
        allowed = self.ledger.since(dump_id, mark)
        if seen not in allowed or answer != expected:
            self.tally.wrong.append(f"dump {dump_id}: version {seen}, not of {allowed}")
        self.tally.counts["read"] += 1
        self._over.wait(_BETWEEN_READS)

    def _question(self, dump_id: int, chance: random.Random) -> tuple[MonikerKey, object]:
        row = chance.choice(self.library.rows(dump_id).references)
        return MonikerKey(row.scheme, row.identifier), decode_locations(row.data)

    def _write(self, connection: _Connection, chance: random.Random) -> None:
        [kind] = chance.choices(list(_SHARES), list(_SHARES.values()))
        now = self.ledger.now()
        there = [dump_id for dump_id, version in now.items() if version is not None]
        dump_id = max(now) + 1 if kind == "write" else chance.choice(there)
        version = None if kind == "delete" else (now.get(dump_id) or 0) + 1
        self.ledger.begin(dump_id, version)
        if version is None:
            worker.delete(connection, self.folder, dump_id)
        else:
            rows = rows_of(self.library, dump_id, version)
            worker.write(connection, self.folder, dump_id, rows, replace=kind == "replace")
        self.ledger.commit(dump_id)
        self.tally.counts[kind] += 1
        self._over.wait(_BETWEEN_WRITES)
