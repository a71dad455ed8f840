"""What is left to do for a partition that is to be detached, and what the catalog shows of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from outofband.catalog.classify import classify
from outofband.catalog.facts import AttachmentFacts
from outofband.model.action import Detach, FinishDetach
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import DetachPartition
from outofband.runbook.plan import plan

DOCS, PART = QualifiedName("docs", "public"), QualifiedName("docs_1", "public")
STEP = DetachPartition("goes", QualifiedName("docs"), QualifiedName("docs_1"))
ATTACHED = AttachmentFacts(PART, pending=False)


def seen(world: Any, found: AttachmentFacts | None) -> Any:
    attachments = {(STEP.table, STEP.partition): found} if found else {}
    return replace(world.seen(partitioned=True), attachments=attachments)


@pytest.mark.parametrize(
    ("found", "state", "actions"),
    [
        (ATTACHED, State.VALID, (Detach(DOCS, PART),)),
        (replace(ATTACHED, pending=True), State.DETACH_PENDING, (FinishDetach(DOCS, PART),)),
        (replace(ATTACHED, default="d"), State.VALID, (Detach(DOCS, PART, concurrent=False),)),
        (replace(ATTACHED, other_pending="p"), State.VALID, ()),
        (None, State.ABSENT, ()),
    ],
)
def test_what_is_left_follows_from_what_is_attached(
    world: Any, found: AttachmentFacts | None, state: State, actions: tuple[Any, ...]
) -> None:
    world_now = seen(world, found)
    sight = classify(STEP, world_now)
    given = {name: getattr(sight, name) for name in ("reason", "attachment")}
    (planned,) = plan([world.standing(STEP, sight.state, **given)], world_now).steps
    assert (sight.state, planned.actions) == (state, actions)
    assert bool(planned.obstacle) is bool(found and found.other_pending)


def test_only_what_waits_without_a_lock_is_not_bounded() -> None:
    concurrent = Detach(DOCS, PART).statement
    assert concurrent is not None
    assert (concurrent.bounded, concurrent.in_parts) == (False, True)
    for action in (Detach(DOCS, PART, concurrent=False), FinishDetach(DOCS, PART)):
        sent = action.statement
        assert sent is not None
        assert (sent.bounded, sent.unhurried) == (True, False)
