"""What an action is as SQL."""

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
