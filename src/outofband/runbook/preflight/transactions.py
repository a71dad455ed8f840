"""Who will be waited for: open transactions, prepared ones, and writers of the table?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from outofband.catalog.reader import Reader, query
from outofband.model.names import literal, quote
from outofband.runbook.preflight.finding import Finding

LONG_SECONDS = 60.0
_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Open:
    """A transaction that a build of ours has to wait for: it holds a snapshot, or ``locks`` one of
    the tables.

    ``age_seconds`` is None, and ``state`` empty, where the role may not see them.
    """

    pid: int
    application_name: str
    role: str
    state: str
    age_seconds: float | None
    locks: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A transaction of two-phase commit: it belongs to no session, and may stay for ever."""

    gid: str
    owner: str
    age_seconds: float
    table: str


def read_open(reader: Reader, tables: Sequence[int]) -> tuple[Open, ...]:
    """List the transactions that a build on the tables waits for, oldest first."""
    rows = reader.rows(query("open_transactions"), {"tables": list(tables)})
    return tuple(Open(**row) for row in rows)


def read_prepared(reader: Reader, tables: Sequence[int]) -> tuple[Prepared, ...]:
    """List the prepared transactions that lock one of the tables."""
    rows = reader.rows(query("prepared_transactions"), {"tables": list(tables)})
    return tuple(Prepared(**row) for row in rows)


def judge_open(found: Sequence[Open], role: str) -> Iterator[Finding]:
    """Name the long ones: the build waits for each of them, before, between and after its scans."""
    old = [t for t in found if t.age_seconds is not None and t.age_seconds >= LONG_SECONDS]
    for transaction in old[:_SHOWN]:
        yield Finding(
            f"the build will wait for {_told(transaction)}",
            f"Let it end, or run SELECT pg_terminate_backend({transaction.pid});"
            if transaction.state.startswith("idle")
            else f"Let it end, or run SELECT pg_cancel_backend({transaction.pid});",
        )
    if len(old) > _SHOWN:
        yield Finding(f"the build will wait for {len(old) - _SHOWN} more old transactions")
    if hidden := sum(t.age_seconds is None for t in found):
        yield Finding(
            f"the build will wait for {_count(hidden, 'transaction')} whose age role {role} "
            "may not see",
            f"GRANT pg_read_all_stats TO {quote(role)}; shows it",
        )


def judge_prepared(found: Sequence[Prepared]) -> Iterator[Finding]:
    """Refuse to wait for what nobody may ever end."""
    for transaction in found:
        gid = literal(transaction.gid).strip()
        yield Finding(
            f"prepared transaction {gid} of {transaction.owner} has locked {transaction.table} "
            f"for {transaction.age_seconds:,.0f} s, and a build waits for it",
            f"Find whose it is, then run COMMIT PREPARED {gid}; or ROLLBACK PREPARED {gid};",
            stops=transaction.age_seconds >= LONG_SECONDS,
        )


def _told(transaction: Open) -> str:
    who = transaction.application_name or "no application name"
    return (
        f"pid {transaction.pid} ({who}, {transaction.role}, {transaction.state}, "
        f"open for {transaction.age_seconds:,.0f} s)"
    )


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}{'' if number == 1 else 's'}"
