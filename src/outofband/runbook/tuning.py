"""How many workers and how much memory a build gets, and why. Pure.

Measured on PostgreSQL 18 with two cores and five million rows: two workers halve the time, and
memory beyond what the workers need makes it no shorter (``bench/build.py``). A server does not tell
how many cores it has; its settings tell how many processes its owner meant it to run.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MEMORY_PER_PROCESS_KB = 32 * 1024
"""A worker is only used if it gets this much maintenance_work_mem (PostgreSQL 18, Resources)."""

MOST_WORKERS = 8
_SHARE_OF_WORKERS = 4
_MERGE_BUFFER_KB = 264  # what one run takes in a merge: tuplesort.c, MERGE_BUFFER_SIZE and overhead
_PARALLEL_SINCE = {"btree": 110000, "brin": 170000, "gin": 180000}


@dataclass(frozen=True, slots=True)
class Machine:
    """What the server's settings say; sizes in kB, a ``temp_file_limit_kb`` of -1 is none."""

    version: int
    processes: int
    parallel_workers: int
    maintenance_workers: int
    memory_kb: int
    shared_buffers_kb: int
    least_parallel_kb: int
    temp_file_limit_kb: int


@dataclass(frozen=True, slots=True)
class Tuning:
    """``parameters`` to set before a build, with a reason each.

    ``workers`` is how many are expected to help, ``memory_kb`` what they share.
    """

    workers: int
    memory_kb: int
    parameters: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()


def as_it_is(machine: Machine, method: str, heap_bytes: int) -> Tuning:
    """Return what a build gets when the session is left alone."""
    by_memory = max(0, machine.memory_kb // MEMORY_PER_PROCESS_KB - 1)
    workers = min(
        _most_workers(machine, method, heap_bytes, machine.maintenance_workers), by_memory
    )
    return Tuning(workers, machine.memory_kb)


def tuned(
    machine: Machine, method: str, heap_bytes: int, sort_bytes: float, beside: int = 1
) -> Tuning:
    """Choose workers and memory for a build that reads ``heap_bytes`` and sorts ``sort_bytes``.

    ``beside`` is how many builds run at once.
    """
    untouched = as_it_is(machine, method, heap_bytes)
    if method != "btree":
        return untouched
    allowed = _allowed(machine, beside)
    most_kb = max(machine.memory_kb, machine.shared_buffers_kb)
    by_memory = max(0, most_kb // MEMORY_PER_PROCESS_KB - 1)
    workers = min(_most_workers(machine, method, heap_bytes, allowed), by_memory)
    memory_kb = min(most_kb, _memory_kb(sort_bytes, workers))
    return Tuning(
        workers,
        memory_kb,
        (
            ("max_parallel_maintenance_workers", str(workers)),
            ("maintenance_work_mem", f"{memory_kb}kB"),
        ),
        (_why_workers(machine, workers, allowed, by_memory), _why_memory(workers, memory_kb)),
    )


def _allowed(machine: Machine, beside: int) -> int:
    """Return how many workers one build may ask for."""
    if machine.maintenance_workers == 0:
        return 0
    share = machine.parallel_workers // _SHARE_OF_WORKERS
    wanted = max(machine.maintenance_workers, share)
    there = min(machine.parallel_workers, machine.processes) // max(1, beside)
    return min(wanted, there, MOST_WORKERS)


def _most_workers(machine: Machine, method: str, heap_bytes: int, allowed: int) -> int:
    """Return how many workers the server would use: one, and one more each time that the heap is
    three times as large (PostgreSQL 18, min_parallel_table_scan_size).
    """
    least = max(1, machine.least_parallel_kb) * 1024
    if heap_bytes < least or machine.version < _PARALLEL_SINCE.get(method, 1 << 30):
        return 0
    by_size = 1 + int(math.log(heap_bytes / least, 3))
    return min(by_size, allowed, machine.parallel_workers, machine.processes)


def _memory_kb(sort_bytes: float, workers: int) -> int:
    """Return the memory with which each process sorts its share in one merge, no more: the runs of
    a share, each as large as the memory, are merged with a buffer for each.
    """
    share_kb = sort_bytes / 1024 / (workers + 1)
    one_merge_kb = math.sqrt(share_kb * _MERGE_BUFFER_KB)
    least = MEMORY_PER_PROCESS_KB if workers else 2 * MEMORY_PER_PROCESS_KB
    return math.ceil(max(least, one_merge_kb)) * (workers + 1)


def _why_workers(machine: Machine, workers: int, allowed: int, by_memory: int) -> str:
    if machine.maintenance_workers == 0:
        return "no workers: max_parallel_maintenance_workers is 0"
    told = f"{workers} workers" if workers != 1 else "1 worker"
    if workers == allowed:
        setting, share = machine.maintenance_workers, machine.parallel_workers // _SHARE_OF_WORKERS
        if workers == share > setting:
            return f"{told}: a quarter of max_parallel_workers ({machine.parallel_workers})"
        return f"{told}: max_parallel_maintenance_workers is {setting}"
    if workers == by_memory:
        return f"{told}: shared_buffers and maintenance_work_mem allow memory for no more"
    return f"{told}: the table is too small for more"


def _why_memory(workers: int, memory_kb: int) -> str:
    each = memory_kb // (workers + 1) // 1024
    told = f"maintenance_work_mem {memory_kb // 1024} MB"
    if workers:
        return f"{told}: {each} MB a process, more is not faster"
    return f"{told}: enough to sort in one merge, more is not faster"
