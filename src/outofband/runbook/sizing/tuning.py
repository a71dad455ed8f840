"""How many workers and how much memory a build gets, and why. Pure.

Measured on PostgreSQL 18 with two cores and five million rows: two workers halve the time, and
memory beyond what the workers need makes it no shorter (``bench/build.py``). So it is with a gin
index of 2.4 million keys: 2.0 s alone, 1.5 s with a worker or two, at 64, 96 and 256 MB alike.

A server does not tell how many cores it has; its settings tell how many processes its owner meant
it to run, and work that was tried tells how many of them help just now.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from outofband.runbook.sizing.speed import Speed

MEMORY_PER_PROCESS_KB = 32 * 1024
"""A worker is only used if it gets this much maintenance_work_mem (PostgreSQL 18, Resources)."""

MOST_WORKERS = 8
_SHARE_OF_WORKERS = 4
_MERGE_BUFFER_KB = 264  # what one run takes in a merge: tuplesort.c, MERGE_BUFFER_SIZE and overhead
_PARALLEL_SINCE = {"btree": 110000, "brin": 170000, "gin": 180000}
_UNEVEN = 1.25  # the largest share of a sort, beside the mean


@dataclass(frozen=True, slots=True)
class Machine:
    """What the server's settings say; sizes in kB, a ``temp_file_limit_kb`` of -1 is none.

    ``speed`` is what was tried on it, None where nothing was.
    """

    version: int
    processes: int
    parallel_workers: int
    maintenance_workers: int
    memory_kb: int
    shared_buffers_kb: int
    least_parallel_kb: int
    temp_file_limit_kb: int
    speed: Speed | None = None


@dataclass(frozen=True, slots=True)
class Tuning:
    """``parameters`` to set before a build, with a reason each.

    ``workers`` is how many are expected to help, ``memory_kb`` what they share.
    """

    workers: int
    memory_kb: int
    parameters: tuple[tuple[str, str], ...] = ()
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class _Bound:
    """At most so many workers, and ``why``."""

    workers: int
    why: str


def as_it_is(machine: Machine, method: str, heap_bytes: int) -> Tuning:
    """Return what a build gets when the session is left alone."""
    by_memory = machine.memory_kb // MEMORY_PER_PROCESS_KB - 1
    there = min(machine.maintenance_workers, machine.parallel_workers, machine.processes)
    workers = max(0, min(by_memory, there, _by_size(machine, method, heap_bytes)))
    return Tuning(workers, machine.memory_kb)


def tuned(
    machine: Machine, method: str, heap_bytes: int, sort_bytes: float, beside: int = 1
) -> Tuning:
    """Choose workers and memory for a build that reads ``heap_bytes`` and sorts ``sort_bytes``.

    ``beside`` is how many builds run at once. What no worker can build is left alone.
    """
    if machine.version < _PARALLEL_SINCE.get(method, machine.version + 1):
        return as_it_is(machine, method, heap_bytes)
    shared = _shared_ahead(machine, method, sort_bytes, beside)
    if shared is not None:
        return shared
    most_kb = max(machine.memory_kb, machine.shared_buffers_kb)
    bound = _fewest(
        *_by_settings(machine, beside),
        _Bound(_by_size(machine, method, heap_bytes), "the table is too small for more"),
        _Bound(
            most_kb // MEMORY_PER_PROCESS_KB - 1,
            "shared_buffers and maintenance_work_mem allow memory for no more",
        ),
        *_by_trial(machine),
    )
    memory_kb = min(most_kb, _memory_kb(machine, method, sort_bytes, bound.workers))
    return Tuning(
        bound.workers,
        memory_kb,
        (
            ("max_parallel_maintenance_workers", str(bound.workers)),
            ("maintenance_work_mem", f"{memory_kb}kB"),
        ),
        (
            f"{_told(bound.workers)}: {bound.why}",
            _why_memory(bound.workers, memory_kb),
        ),
    )


def most_workers(machine: Machine, beside: int = 1) -> int:
    """Return how many workers one build may be given, by the server's settings alone."""
    return _fewest(*_by_settings(machine, beside)).workers


def _fewest(*bounds: _Bound) -> _Bound:
    least = min(bounds, key=lambda bound: bound.workers)
    return _Bound(max(0, least.workers), least.why)


def _by_settings(machine: Machine, beside: int) -> list[_Bound]:
    setting = machine.maintenance_workers
    if setting == 0:
        return [_Bound(0, "max_parallel_maintenance_workers is 0")]
    share = machine.parallel_workers // _SHARE_OF_WORKERS
    wanted = (
        _Bound(share, f"a quarter of max_parallel_workers ({machine.parallel_workers})")
        if share > setting
        else _Bound(setting, f"max_parallel_maintenance_workers is {setting}")
    )
    there = min(machine.parallel_workers, machine.processes)
    name = "max_parallel_workers" if there == machine.parallel_workers else "max_worker_processes"
    builds = f" for {beside} builds at once" if beside > 1 else ""
    return [
        wanted,
        _Bound(there // max(1, beside), f"{name} is {there}{builds}"),
        _Bound(MOST_WORKERS, "more are not tried"),
    ]


def _by_trial(machine: Machine) -> list[_Bound]:
    """Bound by what was free, and by what helped: where there are more workers than times that the
    work became as fast, cores are missing, or others use them. One may always try.
    """
    speed = machine.speed
    if speed is None:
        return []
    helped = f"a sort by {speed.workers + 1} processes was {speed.shared:.1f} times as fast as by 1"
    return [
        _Bound(speed.workers, f"{speed.workers} were free when it was tried"),
        _Bound(max(1, round(speed.shared)), helped),
    ]


def _by_size(machine: Machine, method: str, heap_bytes: int) -> int:
    """Return how many workers the server would use: one, and one more each time that the heap is
    three times as large (PostgreSQL 18, min_parallel_table_scan_size).
    """
    least = max(1, machine.least_parallel_kb) * 1024
    if heap_bytes < least or machine.version < _PARALLEL_SINCE.get(method, machine.version + 1):
        return 0
    return 1 + int(math.log(heap_bytes / least, 3))


def _memory_kb(machine: Machine, method: str, sort_bytes: float, workers: int) -> int:
    """Return the memory with which each process sorts its share in one merge, no more: the runs of
    a share, each as large as the memory, are merged with a buffer for each.

    Of a method that does not sort only what its workers need is known: it keeps what there is.
    """
    if method != "btree":
        return max(machine.memory_kb, MEMORY_PER_PROCESS_KB * (workers + 1))
    share_kb = sort_bytes / 1024 / (workers + 1)
    one_merge_kb = math.sqrt(share_kb * _MERGE_BUFFER_KB)
    least = MEMORY_PER_PROCESS_KB if workers else 2 * MEMORY_PER_PROCESS_KB
    return math.ceil(max(least, one_merge_kb)) * (workers + 1)


def _shared_ahead(machine: Machine, method: str, sort_bytes: float, beside: int) -> Tuning | None:
    """Return a tuning that shares a sort among so many workers that none writes as much as
    temp_file_limit, which holds for each process; None where as many as usual do, or none can.
    """
    limit = machine.temp_file_limit_kb * 1024
    if method != "btree" or limit <= 0:
        return None
    workers = math.ceil(sort_bytes * _UNEVEN / limit)
    there = min(machine.parallel_workers, machine.processes) // max(1, beside)
    if sort_bytes <= limit or workers > min(there, MOST_WORKERS):
        return None
    workers = max(workers, min(most_workers(machine, beside), there))
    memory_kb = max(machine.memory_kb, MEMORY_PER_PROCESS_KB * (workers + 1))
    return Tuning(
        workers,
        memory_kb,
        shared_sort(workers, memory_kb),
        (
            f"{_told(workers)}: temp_file_limit ({limit >> 20:,} MB) holds for each process, and "
            f"the sort takes about {round(sort_bytes) >> 20:,} MB",
            _why_memory(workers, memory_kb),
            "min_parallel_table_scan_size 0: the server must not use fewer",
            "parallel_leader_participation off: while they start, its share would be the largest",
        ),
    )


def shared_sort(workers: int, memory_kb: int) -> tuple[tuple[str, str], ...]:
    """Return the parameters with which a sort is shared among so many workers, whatever the size of
    the table, and the leader sorts no share: its own would be the largest while they start.
    """
    return (
        ("max_parallel_maintenance_workers", str(workers)),
        ("maintenance_work_mem", f"{memory_kb}kB"),
        ("min_parallel_table_scan_size", "0"),
        ("parallel_leader_participation", "off"),
    )


def _told(workers: int) -> str:
    return {0: "no workers", 1: "1 worker"}.get(workers, f"{workers} workers")


def _why_memory(workers: int, memory_kb: int) -> str:
    each = memory_kb // (workers + 1) // 1024
    told = f"maintenance_work_mem {memory_kb // 1024} MB"
    if workers:
        return f"{told}: {each} MB a process, more is not faster"
    return f"{told}: enough to sort in one merge, more is not faster"
