"""Several processes, each with a connection, that move different bundles.

A bundle reaches one of them; that two never copy the same one, whoever started them, is the lock's
doing, not theirs.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg

from codeintel.mover.move import Moved, move
from codeintel.store.connection import connection, in_words
from codeintel.store.folder import BundleFolder
from outofband.errors import PartlyDone


class WorkerDied(PartlyDone):
    """A process that moved bundles was ended from outside."""


def move_by_workers(url: str, root: Path, dump_ids: Sequence[int], workers: int) -> Iterator[Moved]:
    """Move bundles by some processes, the first ids first; yield what became of each.

    Raises WorkerDied, and what a worker raised.
    """
    pool = ProcessPoolExecutor(
        workers, multiprocessing.get_context("spawn"), initializer=_begin, initargs=(url, root)
    )
    with pool:
        pending = [pool.submit(_move, dump_id) for dump_id in dump_ids]
        try:
            for done in as_completed(pending):
                yield done.result()
        except BrokenProcessPool:
            raise WorkerDied(
                "not every bundle was moved",
                why="a worker was ended from outside",
                do="Run the same command again",
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


class _Worker:
    """What a worker process keeps between two bundles."""

    stack = ExitStack()
    url: str
    connection: psycopg.Connection[Any]
    folder: BundleFolder


def _begin(url: str, root: Path) -> None:
    _Worker.url = url
    threading.Thread(target=_die_with_the_parent, daemon=True).start()
    _Worker.connection = _Worker.stack.enter_context(connection(url))
    _Worker.folder = BundleFolder(root)


def _die_with_the_parent() -> None:
    # Its queue would be waited for without end: each worker holds both ends of it.
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _move(dump_id: int) -> Moved:
    with in_words(_Worker.connection, _Worker.url):
        return move(_Worker.connection, _Worker.folder, dump_id)
