"""Give every target of a fleet its turn, in threads, within what its host may bear."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from outofband.runbook.fleet import Concurrency, Hosted, due

T = TypeVar("T", bound=Hosted)
R = TypeVar("R")


def in_turns(targets: Sequence[T], most: Concurrency, work: Callable[[T], R]) -> tuple[R, ...]:
    """Return what ``work`` makes of each target, in their order.

    What it raises for one is raised after all the others have had their turn.
    """
    results: dict[int, Future[R]] = {}
    waiting = dict(enumerate(targets))
    with ThreadPoolExecutor(min(most.in_all, len(targets)) or 1, "target") as pool:
        running: dict[Future[R], T] = {}
        while waiting or running:
            for target in due(waiting.values(), tuple(running.values()), most):
                number = next(n for n, other in waiting.items() if other is target)
                del waiting[number]
                results[number] = pool.submit(work, target)
                running[results[number]] = target
            for ended in wait(running, return_when=FIRST_COMPLETED).done:
                del running[ended]
    return tuple(results[number].result() for number in range(len(targets)))
