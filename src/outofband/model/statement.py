"""What an action sends, and the parameters it runs under."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement, sent by itself in an autocommit session.

    ``unhurried`` statements run with every timeout at 0, which only CREATE, DROP and REINDEX INDEX
    CONCURRENTLY may; all others with ``lock_timeout`` 1 s and retries (contract, States). A
    ``bounded`` one locks many relations, for each of which it might wait as long while it keeps the
    others: the statement as a whole is bounded too. Behind the wait of a ``harmless`` one no read
    and no write stands: it is 10 s, after which an autovacuum has given way (deadlock_timeout). One
    ``in_parts`` commits in between, so that a failure may leave it half done.
    """

    sql: str
    unhurried: bool = False
    bounded: bool = False
    harmless: bool = False
    in_parts: bool = False


def due_timeouts(sent: Statement, server_version: int) -> tuple[tuple[str, str], ...]:
    """Return the parameters that a statement of a plan runs under, shown and set alike."""
    return timeouts(sent.unhurried, server_version, bounded=sent.bounded, harmless=sent.harmless)


def timeouts(
    unhurried: bool, server_version: int, *, bounded: bool = False, harmless: bool = False
) -> tuple[tuple[str, str], ...]:
    """Return the parameters that statements run under.

    None but a ``bounded`` one is ended for the time it takes, whatever the role's defaults are: a
    look for duplicates reads a whole table. An ``unhurried`` one also waits for locks as long as it
    has to: a lock_timeout would cut its waits for old transactions and leave an INVALID index, and
    with client_connection_check_interval at 0 the server finishes a build whose client has died
    (PostgreSQL 18, Building Indexes Concurrently).
    """
    names = ["idle_session_timeout", "client_connection_check_interval"]
    if server_version >= 170000:
        names += ["transaction_timeout"]
    return (
        ("lock_timeout", "0" if unhurried else "10s" if harmless else "1s"),
        ("statement_timeout", "2s" if bounded else "0"),
        *((name, "0") for name in names),
    )
