"""Watching a statement that refuses a transaction, at every point where it waits for somebody."""

from __future__ import annotations

import contextlib
import select
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus

from matrix.relations import Relation, held_by
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName

GLANCE_SECONDS = 0.002
PATIENCE_SECONDS = 30.0
HOLDS = (
    "SELECT FROM ONLY {}",
    "LOCK TABLE ONLY {} IN ROW EXCLUSIVE MODE",
    "LOCK TABLE ONLY {} IN SHARE UPDATE EXCLUSIVE MODE",
)
"""Who stands in its way on every table: a reader, who locks the indexes too; a writer, whom
concurrent builds wait for; and whatever stops it from taking the first lock of its own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The locks that were held or asked for while the statement waited, and its error."""

    locks: tuple[tuple[int, LockMode], ...]
    sqlstate: str | None
    problem: str


def run_parked(url: str, statement: str, tables: Sequence[Relation]) -> Outcome:
    """Run a statement while others hold locks on `tables`, who give way once they are waited for.

    Raises TimeoutError where the statement neither ends nor waits for one of them.
    """
    with contextlib.ExitStack() as stack:
        runner = stack.enter_context(psycopg.connect(url, autocommit=True))
        observer = stack.enter_context(psycopg.connect(url, autocommit=True))
        holders = [_holder(stack, url, *hold) for hold in _holds(tables)]
        in_the_way = {holder.info.backend_pid: holder for holder in holders}
        runner.pgconn.send_query(statement.encode())
        locks: set[tuple[int, LockMode]] = set()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not _has_ended(runner):
            for pid in _waited_for(observer, runner) & in_the_way.keys():
                locks |= set(held_by(observer, runner.info.backend_pid))
                in_the_way.pop(pid).close()
            if time.monotonic() > deadline:
                raise TimeoutError(f"neither ended nor waited for a lock of ours: {statement}")
        return Outcome(tuple(locks), *_error(runner))


def _holds(tables: Sequence[Relation]) -> Iterator[tuple[QualifiedName, str]]:
    for table in tables:
        # LOCK TABLE refuses materialized views and foreign tables.
        yield from ((table.name, hold) for hold in HOLDS[: None if table.kind in "rp" else 1])


def _holder(
    stack: contextlib.ExitStack, url: str, table: QualifiedName, hold: str
) -> psycopg.Connection[Any]:
    holder = stack.enter_context(contextlib.closing(psycopg.connect(url)))
    holder.execute(hold.format(table).encode())
    return holder


def _has_ended(runner: psycopg.Connection[Any]) -> bool:
    """Wait a moment for an answer, and tell whether all of it is there."""
    select.select([runner.pgconn.socket], [], [], GLANCE_SECONDS)
    runner.pgconn.consume_input()
    return not runner.pgconn.is_busy()


def _waited_for(observer: psycopg.Connection[Any], runner: psycopg.Connection[Any]) -> set[int]:
    row = observer.execute("SELECT pg_blocking_pids(%s)", (runner.info.backend_pid,)).fetchone()
    return set(row[0]) if row else set()


def _error(runner: psycopg.Connection[Any]) -> tuple[str | None, str]:
    sqlstate, problem = None, ""
    while runner.pgconn.transaction_status != TransactionStatus.IDLE:
        result = runner.pgconn.get_result()
        if result is not None and result.status == ExecStatus.FATAL_ERROR:
            state = result.error_field(DiagnosticField.SQLSTATE)
            sqlstate, problem = state.decode() if state else None, result.get_error_message()
    return sqlstate, problem
