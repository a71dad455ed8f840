"""An application that reads and writes while an index is built."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import psycopg

CLIENTS = 3
_PAUSE_SECONDS = 0.002
_READ = "SELECT balance FROM accounts WHERE id = %s"
_WRITE = "UPDATE accounts SET balance = balance + 1 WHERE id = %s"


@dataclass
class Requests:
    """How long each request took, in seconds, and what failed."""

    seconds: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    @property
    def p99(self) -> float:
        """What all but one in a hundred stayed below."""
        return sorted(self.seconds)[int(len(self.seconds) * 0.99)]


@contextmanager
def traffic(url: str, rows: int) -> Iterator[Requests]:
    """Read and write rows, from some clients, while the block runs."""
    over, told = threading.Event(), Requests()
    clients = [
        threading.Thread(target=_client, args=(url, rows, seed, over, told))
        for seed in range(CLIENTS)
    ]
    for client in clients:
        client.start()
    try:
        yield told
    finally:
        over.set()
        for client in clients:
            client.join()


def _client(url: str, rows: int, seed: int, over: threading.Event, told: Requests) -> None:
    chance = random.Random(seed)
    with psycopg.connect(url, autocommit=True) as connection:
        while not over.is_set():
            statement = _WRITE if chance.random() < 0.3 else _READ
            begun = time.perf_counter()
            try:
                connection.execute(statement, (chance.randint(1, rows),))
            except psycopg.Error as error:
                told.failures.append(type(error).__name__)
                if connection.closed:
                    return
            told.seconds.append(time.perf_counter() - begun)
            time.sleep(_PAUSE_SECONDS)
