"""Is there room for what the builds write: on the disks, and under temp_file_limit?

How full a disk is no SQL tells. Where the server is on this machine, by its socket, and says where
its files are (pg_read_all_settings), the system is asked; elsewhere it is said how much is needed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from outofband.catalog.reader import Reader, query
from outofband.runbook.amount import size
from outofband.runbook.plan import PlannedStep
from outofband.runbook.preflight.finding import Finding
from outofband.runbook.provider import Provider
from outofband.runbook.temp_files import GiveUp, Means, answer

WORTH_SAYING = 1 << 30
"""Below this much, a disk that cannot be looked at is not worth a warning, in bytes."""

_SURE = 1.5  # an estimate that is over a limit by less may be wrong


@dataclass(frozen=True, slots=True)
class Need:
    """What a build writes, in bytes: ``sort_bytes`` of the temporary files by each process."""

    index_bytes: int
    temp_bytes: int
    wal_bytes: int
    sort_bytes: int


def needs(planned: PlannedStep) -> tuple[Need, ...]:
    """Return what the builds of a step need, as far as their forecasts know."""
    return tuple(
        Need(
            f.estimate.size_bytes,
            f.estimate.temp_bytes or 0,
            f.estimate.wal_bytes or 0,
            max(
                (f.estimate.sort_bytes or 0) // max(1, f.tuning.workers),
                f.estimate.check_bytes or 0,
            ),
        )
        for f in planned.forecasts
        if f.estimate.size_bytes is not None
    )


def read_free(reader: Reader) -> int | None:
    """Return the bytes free where the server's data are; None where that cannot be known."""
    (row,) = reader.rows(query("data_directory"))
    if row["folder"] is None:
        return None
    try:
        there = os.statvfs(row["folder"])
    except OSError:
        return None
    return there.f_bavail * there.f_frsize


def judge_disk(wanted: Sequence[Need], free: int | None, provider: Provider) -> Iterator[Finding]:
    """Refuse to fill a disk, which stops the server for everybody; warn where nobody can look.

    The indexes stay; of temporary files and WAL only the largest build's count.
    """
    if not wanted:
        return
    index = sum(need.index_bytes for need in wanted)
    temp = max(need.temp_bytes for need in wanted)
    wal = max(need.wal_bytes for need in wanted)
    total = index + temp + wal
    told = (
        f"the builds need about {size(total)} of disk: {size(index)} for indexes, {size(temp)} for "
        f"temporary files, {size(wal)} for WAL"
    )
    if free is None:
        if total >= WORTH_SAYING:
            yield Finding(f"{told}; how much is free the server does not tell", provider.disk)
    elif total > free:
        yield Finding(f"{told}, and {size(free)} are free", provider.disk, stops=index > free)


def judge_temp_files(planned: PlannedStep, means: Means, provider: Provider) -> Iterator[Finding]:
    """Tell what temp_file_limit, which holds for each process, will do to the builds of a step.

    More workers or a raised limit are tried by themselves; it stops where neither can help.
    """
    limit = means.limit_kb * 1024
    most = max((need.sort_bytes for need in needs(planned)), default=0)
    if means.limit_kb < 0 or most <= limit:
        return
    what = (
        f"each process of the build will write about {size(most)} of temporary files, over "
        f"temp_file_limit ({size(limit)})"
    )
    temp = max(need.temp_bytes for need in needs(planned))
    if not means.may_raise_limit and temp > limit * max(1, means.workers) * _SURE:
        exhausted = replace(means, maintenance_workers=means.workers)
        given_up = answer(exhausted, planned.heap_bytes, provider)
        assert isinstance(given_up, GiveUp)
        yield Finding(what, given_up.do, stops=True, step=planned.step)
    else:
        yield Finding(f"{what}; more workers or a higher limit are tried then", step=planned.step)
