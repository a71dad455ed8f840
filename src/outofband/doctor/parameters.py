"""Which settings will end a build, or make it slow, or blind whoever looks at the server?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from outofband.catalog.reader import Reader, query
from outofband.doctor.finding import Finding
from outofband.model.names import quote
from outofband.runbook.amount import size
from outofband.runbook.provider import Provider
from outofband.runbook.temp_files import GiveUp, Means, answer

_ENDING = ("statement_timeout", "lock_timeout", "transaction_timeout")
_IDLE = "idle_in_transaction_session_timeout"
_LITTLE_MEMORY_KB = 32 * 1024
_OFF = "0"


@dataclass(frozen=True, slots=True)
class Parameters:
    """Settings as a new session of the ``role`` has them in this database.

    ``of_the_role`` are those that ALTER ROLE or ALTER DATABASE gave it, as they were spelled;
    ``idle_in_transaction`` is what ends sessions that keep a transaction open.
    """

    role: str
    of_the_role: Mapping[str, str]
    idle_in_transaction: str
    track_counts: bool
    track_activities: bool
    autovacuum: bool


def read_parameters(reader: Reader) -> Parameters:
    """Read the settings."""
    (row,) = reader.rows(query("parameters", __package__))
    told = [setting.partition("=") for setting in row["of_the_role"]]
    return Parameters(
        row["role"],
        {name: value for name, _, value in told},
        row["idle_in_transaction"],
        row["track_counts"],
        row["track_activities"],
        row["autovacuum"],
    )


def judge(
    found: Parameters, means: Means, largest_bytes: int, provider: Provider
) -> Iterator[Finding]:
    """Name settings that hurt; ``largest_bytes`` is the heap of the largest table to be indexed."""
    yield from _timeouts(found)
    yield from _temp_files(means, largest_bytes, provider)
    yield from _workers(means)
    yield from _blind(found)
    if found.idle_in_transaction == _OFF:
        yield Finding(
            "setting-hurts",
            "note",
            f"{_IDLE} is 0: a session may keep a transaction open for ever",
            (),
            "a build waits for each of them, and VACUUM removes nothing that they might see",
            f"Set it for the application's roles: ALTER ROLE … SET {_IDLE} = '5min';",
        )


def _timeouts(found: Parameters) -> Iterator[Finding]:
    role = quote(found.role)
    for name in _ENDING:
        value = found.of_the_role.get(name, _OFF)
        if value.rstrip("msinhd ") in (_OFF, ""):
            continue
        yield Finding(
            "setting-hurts",
            "warning",
            f"role {found.role} has {name} = {value}",
            ("given by ALTER ROLE or ALTER DATABASE",),
            f"a concurrent build that anybody but outofband apply runs as {found.role} ends after "
            "it, and leaves an INVALID index",
            f"Where builds are run by hand: SET {name} = 0; or ALTER ROLE {role} RESET {name};",
        )


def _temp_files(means: Means, largest_bytes: int, provider: Provider) -> Iterator[Finding]:
    limit = means.limit_kb * 1024
    if means.limit_kb < 0 or not largest_bytes or limit >= largest_bytes:
        return
    given_up = answer(_exhausted(means), largest_bytes, provider)
    yield Finding(
        "setting-hurts",
        "warning",
        f"temp_file_limit is {size(limit)}, and the largest table to be indexed has "
        f"{size(largest_bytes)}",
        (
            f"a build sorts in temporary files about as large as its index, shared by at most "
            f"{means.workers + 1} processes; outofband plan estimates it",
        ),
        "a build that exceeds it ends in 53400 after all its work",
        given_up.do
        if isinstance(given_up, GiveUp)
        else "outofband plan, which estimates the builds",
    )


def _exhausted(means: Means) -> Means:
    return Means(
        means.role, means.limit_kb, means.memory_kb, means.workers, means.workers,
        means.may_raise_limit, means.server_version,
    )  # fmt: skip


def _workers(means: Means) -> Iterator[Finding]:
    if means.workers == 0:
        yield Finding(
            "setting-hurts",
            "note",
            "max_parallel_workers or max_worker_processes is 0: a build runs in one process",
            (),
            "builds of large tables take about twice as long as with two workers",
            "ALTER SYSTEM SET max_parallel_workers = 8; SELECT pg_reload_conf();",
        )
    elif means.maintenance_workers == 0:
        yield Finding(
            "setting-hurts",
            "note",
            "max_parallel_maintenance_workers is 0: a build by hand runs in one process",
            ("outofband apply sets it for its own session",),
            "builds of large tables take about twice as long as with two workers",
            "SET max_parallel_maintenance_workers = 2; in the session that builds",
        )
    if means.memory_kb < _LITTLE_MEMORY_KB:
        yield Finding(
            "setting-hurts",
            "note",
            f"maintenance_work_mem is {size(means.memory_kb * 1024)}: too little for one worker",
            ("a worker takes part only where it gets 32 MB; outofband apply sets it",),
            "a build by hand sorts in one process, in many small runs",
            "SET maintenance_work_mem = '64MB'; in the session that builds",
        )


def _blind(found: Parameters) -> Iterator[Finding]:
    blind = {
        "track_counts": (found.track_counts, "nobody counts scans, and autovacuum does not work"),
        "track_activities": (found.track_activities, "nobody sees what sessions do"),
        "autovacuum": (found.autovacuum, "tables bloat, and the planner's statistics grow old"),
    }
    for name, (is_on, cost) in blind.items():
        if not is_on:
            yield Finding(
                "setting-hurts",
                "warning",
                f"{name} is off",
                (),
                cost,
                f"ALTER SYSTEM SET {name} = on; SELECT pg_reload_conf();",
            )
