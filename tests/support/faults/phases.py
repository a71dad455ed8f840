"""A build of ``docs_held``, the first of every run, parked in any of its phases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

import pytest

from faults.project import HELD
from faults.scene import Run, Scene

WRITERS, SCAN = "waiting for writers before build", "building index: scanning table"
MORE_WRITERS, VALIDATION = (
    "waiting for writers before validation",
    "index validation: scanning table",
)
SNAPSHOTS = "waiting for old snapshots"
PHASES = WRITERS, SCAN, MORE_WRITERS, VALIDATION, SNAPSHOTS


def phases(*on_every_version: str) -> list[Any]:
    """Return all phases as parameters of a test, some of which run on the older PostgreSQL too."""
    mark = pytest.mark.every_version
    return [pytest.param(p, marks=mark if p in on_every_version else ()) for p in PHASES]


@contextmanager
def parked(
    scene: Scene, phase: str, start: Callable[[], Run] | None = None
) -> Iterator[tuple[Run, int]]:
    """Start a run and keep its build in a phase while the block runs; give both processes.

    Scans are parked at rows whose key waits for an advisory lock, the waits by transactions.
    """
    begin = start or scene.apply
    with ExitStack() as holds:
        if phase == SNAPSHOTS:
            holds.enter_context(scene.old_snapshot())
            run = begin()
        else:
            writer = ExitStack()
            holds.enter_context(writer)
            writer.enter_context(scene.writer())
            run = begin()
            scene.in_phase(WRITERS, run)
            if phase != WRITERS:
                _on(scene, phase, holds, writer)
        yield run, scene.in_phase(phase, run)


def _on(scene: Scene, phase: str, holds: ExitStack, writer: ExitStack) -> None:
    """From the first wait to a later phase."""
    gate = ExitStack()
    holds.enter_context(gate)
    gate.enter_context(_gate(scene))
    writer.close()
    scene.in_phase(SCAN)
    if phase == SCAN:
        return
    second = holds.enter_context(
        scene.transaction("INSERT INTO docs VALUES (-2, 'p', 'k', 'second')")
    )
    gate.close()
    scene.in_phase(MORE_WRITERS)
    if phase == VALIDATION:
        holds.enter_context(_gate(scene))
        second.commit()
        scene.inserted["second"] += 1


def _gate(scene: Scene) -> AbstractContextManager[object]:
    return scene.transaction(f"SELECT pg_advisory_xact_lock({HELD})")
