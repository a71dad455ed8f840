"""The queue as one worker uses it, as long as its connections last."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any, cast

from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Job, Status
from psycopg_pool import PoolTimeout

from outofband.backfill.state import Name
from outofband.catalog import reader
from outofband.model.names import OUR_SCHEMA
from outofband.queue.channel import queue_of, waiting_of
from outofband.queue.due import Standing

TASK = "outofband.backfill"
BEAT_SECONDS = 10.0
STALLED_SECONDS = 30.0
_POLL_SECONDS = 2.0
_CONNECT_SECONDS = 10.0
_KEPT_HOURS = 24
_STANDING = reader.query("standing", __package__)

Parameters = Callable[[], Awaitable[Mapping[str, Any]]]
Work = Callable[[Name], Awaitable[None]]


class QueueLost(Exception):
    """The queue's server does not answer, or ended its connections."""


class Queue:
    """Calls workers of this ``place`` to backfills, and is called."""

    def __init__(self, app: App, place: str) -> None:
        self._app, self._place = app, place

    async def call(self, name: Name, place: str = "") -> bool:
        """Put a job in, and wake a worker that waits; tell whether none was waiting already."""
        where = place or self._place
        job = self._app.configure_task(
            TASK, queue=queue_of(where), queueing_lock=waiting_of(name, where)
        )
        try:
            with _translated():
                await job.defer_async(name=name.name, schema=name.schema, place=where)
        except AlreadyEnqueued:
            return False
        return True

    async def take_over(self) -> list[Name]:
        """Put in again the jobs, of whichever host, whose workers have not been heard of for 30 s;
        return what they were at.
        """
        with _translated():
            stalled = await self._app.job_manager.get_stalled_jobs(
                task_name=TASK, seconds_since_heartbeat=STALLED_SECONDS
            )
        taken = [job for job in stalled if await self._end(job)]
        for job in taken:
            await self.call(_name(job), str(job.task_kwargs["place"]))
        return [_name(job) for job in taken]

    async def _end(self, job: Job) -> bool:
        """Take a job down as failed; False where another worker has."""
        try:
            await self._app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
        except ConnectorException:  # or the connection is lost, as the next statement finds out
            return False
        return True

    async def standings(self, names: Sequence[Name]) -> Mapping[Name, Standing]:
        """Return how backfills stand for this host; those that have never run are not there."""
        given = {
            "names": [name.name for name in names],
            "schemas": [name.schema for name in names],
            "places": ["", self._place],
        }
        connector = cast(PsycopgConnector, self._app.connector)
        with _translated():
            rows = await connector.execute_query_all_async(_STANDING, **given)
        return {
            Name(row["name"], row["schema"]): Standing(row["status"], row["claimable"])
            for row in rows
        }

    async def work(self) -> None:
        """Do jobs, one at a time, until cancelled; the one that is begun is done first. Raises
        QueueLost.
        """
        with _translated():
            await self._app.job_manager.delete_old_jobs(_KEPT_HOURS, include_failed=True)
            await self._app.run_worker_async(
                queues=[queue_of(self._place)],
                name=self._place,
                delete_jobs="successful",
                install_signal_handlers=False,
                fetch_job_polling_interval=_POLL_SECONDS,
                update_heartbeat_interval=BEAT_SECONDS,
                stalled_worker_timeout=STALLED_SECONDS,
            )
        raise QueueLost  # it ends by itself when its heartbeat cannot be written


@asynccontextmanager
async def opened(parameters: Parameters, place: str, work: Work) -> AsyncIterator[Queue]:
    """Open the queue of a host; its jobs are done by ``work``. Raises QueueLost.

    ``parameters`` are asked for libpq's before each connection.
    """
    connector = PsycopgConnector(
        kwargs=parameters,
        configure=_configure,
        min_size=1,
        max_size=4,
        timeout=_CONNECT_SECONDS,
    )
    app = App(connector=connector)

    @app.task(name=TASK)
    async def called(name: str, schema: str, place: str) -> None:  # noqa: ARG001
        await work(Name(name, schema))

    with _translated():
        await app.open_async()
    try:
        yield Queue(app, place)
    finally:
        with suppress(ConnectorException, PoolTimeout):
            await app.close_async()


async def _configure(connection: Any) -> None:
    await connection.execute(f"SET search_path = {OUR_SCHEMA}")
    await connection.commit()


def _name(job: Job) -> Name:
    return Name(str(job.task_kwargs["name"]), str(job.task_kwargs["schema"]))


@contextmanager
def _translated() -> Iterator[None]:
    """Turn what Procrastinate and its pool raise into QueueLost; their texts quote the driver."""
    try:
        yield
    except (ConnectorException, PoolTimeout):
        raise QueueLost from None
