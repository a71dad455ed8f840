"""How large a batch may become, how long it may take, and what makes the engine wait."""

from __future__ import annotations

from dataclasses import dataclass

_MB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The bounds of one spec; durations in seconds, None where nothing is bounded.

    A batch is made to take ``target_seconds``, of ``first_rows`` at first and within ``most_rows``
    and ``most_bytes``; its statements end after ``statement_timeout``, wait for no lock longer than
    ``lock_timeout``, and after ``idle_timeout`` without one the server ends the session, so that
    what it has locked is free (0: never). A unit that is one long transaction needs longer ones.

    The engine waits while a replica or slot lags more than ``max_lag_bytes``, more than
    ``max_unarchived`` WAL segments wait for the archive, a transaction of the database is older
    than ``max_transaction_seconds``, or autovacuum works on the table while
    ``yield_to_autovacuum``. From a role without pg_monitor it is hidden how far a replica lags: it
    waits then, too, unless it ``bears_hidden_lag``. Of the time between two looks this process may
    compute the share ``max_cpu`` of one core.
    """

    target_seconds: float = 0.5
    first_rows: int = 500
    most_rows: int = 100_000
    most_bytes: int = 64 * _MB
    statement_timeout: float = 5.0
    lock_timeout: float = 0.5
    idle_timeout: float = 10.0
    max_lag_bytes: int | None = 256 * _MB
    bears_hidden_lag: bool = False
    max_unarchived: int | None = 42
    max_transaction_seconds: float | None = 900.0
    yield_to_autovacuum: bool = True
    max_cpu: float | None = 0.9
