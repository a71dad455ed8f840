"""The answer to SQLSTATE 53400, temp_file_limit exceeded, and 53200, out of memory. Pure.

The limit is per process, and a parallel build shares its sort among its processes: a build that
needs 401 MB serially passes a limit of 150 MB with two workers (measured on 15). So more workers
are tried first, which any role may; then a raised limit, where the role may; else the exact GRANT
is told.
"""

from __future__ import annotations

from dataclasses import dataclass

from outofband.catalog.reader import Reader, query
from outofband.model.names import literal, quote
from outofband.runbook.provider import SELF_HOSTED, Provider
from outofband.runbook.sizing.tuning import MEMORY_PER_PROCESS_KB, MOST_WORKERS, shared_sort

_LEAST_SHARE = 256
_RAISE_BY = 4
_LEAST_MEMORY_KB = 16 * 1024


@dataclass(frozen=True, slots=True)
class Means:
    """What the session has and may: settings as they are now, in kB where they are sizes."""

    role: str
    limit_kb: int
    memory_kb: int
    maintenance_workers: int
    workers: int
    may_raise_limit: bool
    server_version: int


@dataclass(frozen=True, slots=True)
class Retry:
    """Set these parameters and build again."""

    parameters: tuple[tuple[str, str], ...]
    why: str


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Nothing the role may do is left; ``do`` is what somebody who may has to type."""

    why: str
    do: str


def answer(means: Means, heap_bytes: int, provider: Provider = SELF_HOSTED) -> Retry | GiveUp:
    """Decide how to go on after the limit was hit, from what the session has now.

    Each answer changes what the next call sees, so that repeated calls come to an end: the workers
    reach what the server allows, and the limit reaches twice the heap.
    """
    workers = min(means.workers, MOST_WORKERS)
    if means.maintenance_workers < workers:
        return _more_workers(means, workers)
    ceiling_kb = 2 * heap_bytes // 1024
    if means.may_raise_limit and means.limit_kb < ceiling_kb:
        least_kb = max(1, ceiling_kb // _LEAST_SHARE)
        limit_kb = min(max(means.limit_kb, least_kb) * _RAISE_BY, ceiling_kb)
        return Retry(
            (("temp_file_limit", f"{limit_kb}kB"),),
            f"{workers} workers did not fit; temp_file_limit raised to {_megabytes(limit_kb)}",
        )
    return _give_up(means, ceiling_kb, provider)


def _more_workers(means: Means, workers: int) -> Retry:
    memory_kb = max(means.memory_kb, MEMORY_PER_PROCESS_KB * (workers + 1))
    return Retry(
        shared_sort(workers, memory_kb),
        f"temp_file_limit ({_megabytes(means.limit_kb)}) holds for each process: "
        f"sharing the sort among {workers} workers",
    )


def _give_up(means: Means, ceiling_kb: int, provider: Provider) -> GiveUp:
    why = f"temp_file_limit ({_megabytes(means.limit_kb)}) is too small"
    if means.may_raise_limit:
        return GiveUp(why, "Free disk space or index fewer columns: the limit was raised already")
    if provider.temp_file_limit:
        return GiveUp(why, provider.temp_file_limit.format(kb=ceiling_kb))
    if means.server_version >= 150000:
        grant = f"GRANT SET ON PARAMETER temp_file_limit TO {quote(means.role)};"
    else:
        size = literal(f"{ceiling_kb}kB")
        grant = f"ALTER ROLE {quote(means.role)} SET temp_file_limit = {size};"
    return GiveUp(why, f"Let a superuser run {grant}")


def less_memory(means: Means) -> Retry | GiveUp:
    """Decide how to go on after the server ran out of memory (53200): with half of it, down to what
    PostgreSQL has by default for one worker.
    """
    if means.memory_kb <= _LEAST_MEMORY_KB:
        why = f"the server has not even {_megabytes(means.memory_kb)} of memory for a sort"
        return GiveUp(why, "Find what takes the server's memory, then run this again")
    memory_kb = max(means.memory_kb // 2, _LEAST_MEMORY_KB)
    return Retry(
        (("maintenance_work_mem", f"{memory_kb}kB"),),
        f"maintenance_work_mem lowered to {_megabytes(memory_kb)}",
    )


def _megabytes(kilobytes: int) -> str:
    return f"{kilobytes / 1024:,.0f} MB"


def read_means(reader: Reader) -> Means:
    """Read what the session has and may."""
    row = reader.rows(query("means"))[0]
    version, superuser = row["version"], row["superuser"]
    may = superuser or (
        version >= 150000 and bool(reader.rows(query("may_set_temp_file_limit"))[0]["may"])
    )
    return Means(
        role=row["role"],
        limit_kb=row["temp_file_limit_kb"],
        memory_kb=row["maintenance_work_mem_kb"],
        maintenance_workers=row["maintenance_workers"],
        workers=row["workers"],
        may_raise_limit=may,
        server_version=version,
    )
