"""A worker of a host: calls to what there is to do, does what it is called to, and comes back when
the server was away.
"""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from threading import Event

from outofband.backfill.guard import described
from outofband.backfill.state import Name
from outofband.errors import OutofbandError
from outofband.queue.due import Last, back_off, is_due
from outofband.queue.extra import mute_loggers
from outofband.queue.jobs import Parameters, Queue, QueueLost, opened
from outofband.queue.port import Backfills, Ended, Pending
from outofband.runbook.hand import SessionLost

DONE, LEFT = 0, 4
_LOOK_SECONDS = 5.0
_LOOK_SHARE = 0.2  # of the time may go into looking for what there is to do
_CALM_SECONDS = 60.0
_SIGNALS = signal.SIGTERM, signal.SIGINT
_UNTOLD = "The queue was not told how a job ended; whoever is next puts it in again"


class Unfinished(Exception):
    """A run ended without having got to its end here: its job is kept as failed."""


@dataclass(frozen=True, slots=True)
class _Run:
    """The last run of a backfill by this worker: when it ended, by the monotonic clock, and how."""

    at: float
    idle: int
    ended: Ended

    def seen(self) -> Last:
        return Last(time.monotonic() - self.at, self.idle, self.ended.stuck)


class Worker:
    """One process of a host. Where it is ``until_done`` it ends when nothing is wanted any more, or
    nothing that it can do without a person; else it stays until it is stopped.
    """

    def __init__(
        self,
        place: str,
        backfills: Backfills,
        parameters: Parameters,
        say: Callable[[str], None],
        *,
        until_done: bool = False,
    ) -> None:
        self._place, self._backfills, self._parameters = place, backfills, parameters
        self._say, self._until_done = say, until_done
        self._runs: dict[Name, _Run] = {}
        self._stopped, self._status, self._told = Event(), DONE, ""

    def run(self) -> int:
        """Work until it is over or stopped; return the exit status, 4 where something is left that
        needs a person.
        """
        mute_loggers()
        return asyncio.run(self._serve())

    async def _serve(self) -> int:
        self._over, self._ran = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda *_: self._say(_UNTOLD))
        for number in _SIGNALS:
            loop.add_signal_handler(number, self._stop, number)
        losses = 0
        while not self._over.is_set():
            began = time.monotonic()
            try:
                await self._session()
            except QueueLost:
                losses = 0 if time.monotonic() - began > _CALM_SECONDS else losses
                await self._pause(losses)
                losses += 1
        return self._status

    def _stop(self, number: signal.Signals) -> None:
        """End after the batch; a second signal ends the process as any other."""
        loop = asyncio.get_running_loop()
        for one in _SIGNALS:
            loop.remove_signal_handler(one)
            signal.signal(one, signal.SIG_DFL)
        self._say(f"{number.name}: stops after the batch; once more stops at once")
        self._stopped.set()
        self._over.set()

    async def _pause(self, losses: int) -> None:
        if self._over.is_set():
            return
        seconds = back_off(losses)
        self._say(f"The queue cannot be reached; connecting again in {seconds:.0f} s")
        with suppress(TimeoutError):
            await asyncio.wait_for(self._over.wait(), seconds)

    async def _session(self) -> None:
        """Work as long as the queue's connections last. Raises QueueLost."""
        async with opened(self._parameters, self._place, self._work) as queue:
            self._say(f"{self._place} waits for work")
            await _first_of(queue.work(), self._call(queue), self._over.wait())

    async def _call(self, queue: Queue) -> None:
        """Call to what is due, and take over what stalled, again and again."""
        while not self._over.is_set():
            began = time.monotonic()
            self._ran.clear()
            for name in await queue.take_over():
                self._say(f"The worker that was at {name.name} is gone; it is called for again")
            pending = await self._pending()
            if pending is not None:
                self._conclude(pending)
                await self._call_to(queue, pending)
            took = time.monotonic() - began
            await self._rest(max(_LOOK_SECONDS, took / _LOOK_SHARE))

    async def _rest(self, seconds: float) -> None:
        """Wait for the next look, or for the end of a job since the last one."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self._ran.wait(), seconds)

    async def _pending(self) -> Sequence[Pending] | None:
        """Ask what is wanted; None where that cannot be found out, which is said once."""
        try:
            pending = await asyncio.to_thread(self._backfills.pending)
        except (OutofbandError, SessionLost) as error:
            self._say_once(str(error))
            return None
        self._say_once("")
        return pending

    async def _call_to(self, queue: Queue, pending: Sequence[Pending]) -> None:
        names = [one.name for one in pending if not one.obstacle]
        standings = await queue.standings(names) if names else {}
        for name in names:
            if is_due(standings.get(name), self._last(name)):
                await queue.call(name)

    def _last(self, name: Name) -> Last | None:
        run = self._runs.get(name)
        return run.seen() if run else None

    def _conclude(self, pending: Sequence[Pending]) -> None:
        """End where that is wanted and nothing is left, or only what needs a person."""
        if not self._until_done:
            return
        if all(one.obstacle or self._is_stuck(one.name) for one in pending):
            for one in pending:
                self._say(f"{one.name.name} is left{one.obstacle and f': {one.obstacle}'}")
            self._status = LEFT if pending else DONE
            self._over.set()

    def _is_stuck(self, name: Name) -> bool:
        run = self._runs.get(name)
        return run is not None and run.ended.stuck

    async def _work(self, name: Name) -> None:
        """Do what a job calls for. Raises Unfinished, which fails the job."""
        ended = await asyncio.to_thread(self._run, name)
        before = self._runs.get(name)
        idle = before.idle + 1 if before and not ended.acted else 0
        self._runs[name] = _Run(time.monotonic(), idle, ended)
        if ended.acted or before is None or before.ended != ended:
            self._say(_told(name, ended))
        self._ran.set()
        if ended.stuck:
            raise Unfinished(name.name)

    def _run(self, name: Name) -> Ended:
        try:
            return self._backfills.run(name, self._stopped)
        except OutofbandError as error:
            return Ended(why=str(error))
        except SessionLost:
            return Ended(why="the connection was lost, and the server stays away")
        except Exception as error:  # the application's code may raise what it likes
            return Ended(stuck=True, why=described(error))

    def _say_once(self, line: str) -> None:
        if line and line != self._told:
            self._say(line)
        self._told = line


def _told(name: Name, ended: Ended) -> str:
    what = "finished" if ended.finished else ended.why or "nothing is left here"
    return ". ".join(part for part in (f"{name.name}: {what}", ended.do) if part)


async def _first_of(*some: Awaitable[object]) -> None:
    """Run all until one ends, cancel the others, and wait for their ends. Raises what it raised."""
    tasks = [asyncio.ensure_future(one) for one in some]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
    for error in ended:
        if isinstance(error, Exception):
            raise error
