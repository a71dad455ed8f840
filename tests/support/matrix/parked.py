"""Watching a statement that refuses a transaction, at every point where it waits for somebody."""

from __future__ import annotations

import select
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.pq import DiagnosticField, ExecStatus, TransactionStatus

from outofband.rehearse.parked import Parking
from outofband.rehearse.relations import Relation
from outofband_lint.locks import LockMode

GLANCE_SECONDS = 0.002
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """The strongest lock on each relation, by oid, that was held or asked for while the statement
    waited, and its error.
    """

    locks: Mapping[int, LockMode]
    sqlstate: str | None
    problem: str


def run_parked(url: str, statement: str, tables: Sequence[Relation]) -> Outcome:
    """Run a statement while others hold locks on `tables`, who give way once they are waited for.

    Raises TimeoutError where the statement neither ends nor waits for one of them.
    """
    with psycopg.connect(url, autocommit=True) as runner:
        parking = Parking(url, runner.info.backend_pid, tables)
        try:
            runner.pgconn.send_query(statement.encode())
            deadline = time.monotonic() + PATIENCE_SECONDS
            while not _has_ended(runner):
                if time.monotonic() > deadline:
                    raise TimeoutError(f"neither ended nor waited for a lock of ours: {statement}")
        finally:
            locks = parking.end()
        return Outcome(locks, *_error(runner))


def _has_ended(runner: psycopg.Connection[Any]) -> bool:
    """Wait a moment for an answer, and tell whether all of it is there."""
    select.select([runner.pgconn.socket], [], [], GLANCE_SECONDS)
    runner.pgconn.consume_input()
    return not runner.pgconn.is_busy()


def _error(runner: psycopg.Connection[Any]) -> tuple[str | None, str]:
    sqlstate, problem = None, ""
    while runner.pgconn.transaction_status != TransactionStatus.IDLE:
        result = runner.pgconn.get_result()
        if result is not None and result.status == ExecStatus.FATAL_ERROR:
            state = result.error_field(DiagnosticField.SQLSTATE)
            sqlstate, problem = state.decode() if state else None, result.get_error_message()
    return sqlstate, problem
