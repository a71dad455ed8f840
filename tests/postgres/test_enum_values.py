"""A label is added to an enum, ahead of the upgrade too."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mortal import Killed, Mortal
from outofband.model.names import QualifiedName
from outofband.model.state import State
from outofband.model.step import AddEnumValue, Wanted
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.world import Scope, World

GLAD = AddEnumValue("mood_glad", QualifiedName("mood"), "glad", before_value="ok")
LABELS = "SELECT enumlabel FROM pg_enum ORDER BY enumsortorder"
SENT = ["ALTER TYPE public.mood ADD VALUE IF NOT EXISTS 'glad' BEFORE 'ok'"]


@pytest.fixture
def moods(db: Any) -> Any:
    db.sql("CREATE TYPE mood AS ENUM ('sad', 'ok')")
    return db


def test_a_label_is_added_once(moods: Any, screen: Any) -> None:
    assert (moods.standing(GLAD).state, moods.standing(GLAD).done) == (State.ABSENT, False)
    (ending,) = moods.apply(GLAD, screen=screen)
    assert (ending.end, screen.statements) == (End.DONE, SENT)
    assert moods.sql(LABELS) == ["sad", "glad", "ok"]
    assert (moods.standing(GLAD).state, moods.standing(GLAD).done) == (State.VALID, True)
    assert moods.apply(GLAD) == ()


@pytest.mark.parametrize("died_after", [0, 1])
def test_a_run_that_dies_is_finished_by_the_next(moods: Any, steps: Any, died_after: int) -> None:
    with Session(Url(moods.url)) as session:
        mortal = Mortal(session, died_after)
        world = World(mortal, moods.recorder(), Scope(steps.wants(GLAD)))
        if died_after == 0:
            with pytest.raises(Killed):
                apply(world.look().plan, world)
        else:
            apply(world.look().plan, world)
    assert {e.end for e in moods.apply(GLAD)} <= {End.DONE}
    assert moods.sql(LABELS) == ["sad", "glad", "ok"]


def test_that_of_a_coming_revision_is_added_ahead(moods: Any, steps: Any, screen: Any) -> None:
    (wanted,) = steps.wants(GLAD).steps
    coming = Wanted((replace(wanted, ahead=True),))
    with Session(Url(moods.url)) as session:
        world = World(session, screen, Scope(coming))
        (ending,) = apply(world.look().plan, world)
    assert (ending.end, screen.statements) == (End.DONE, SENT)


def test_of_a_coming_revision_what_is_gone_meanwhile_is_not_called_done(
    moods: Any, steps: Any
) -> None:
    (wanted,) = steps.wants(GLAD).steps
    screen = moods.recorder()
    screen.meanwhile["ALTER"] = lambda: moods.sql("ALTER TYPE mood RENAME TO feeling")
    with Session(Url(moods.url)) as session:
        world = World(session, screen, Scope(Wanted((replace(wanted, ahead=True),))))
        (ending,) = apply(world.look().plan, world)
    assert (ending.end, ending.why) == (End.REFUSED, "mood is no more")


def test_a_type_that_is_still_to_come_is_not_waited_for(db: Any, steps: Any) -> None:
    (wanted,) = steps.wants(GLAD).steps
    with Session(Url(db.url)) as session:
        world = World(session, db.recorder(), Scope(Wanted((replace(wanted, ahead=True),))))
        assert world.look().plan.steps == ()
    (ending,) = db.apply(GLAD)
    assert (ending.end, "there is no" in ending.why) == (End.REFUSED, True)


def test_a_neighbour_that_is_not_there_is_said(moods: Any) -> None:
    (ending,) = moods.apply(replace(GLAD, before_value="well"))
    assert (ending.end, ending.why) == (End.REFUSED, "mood has no label 'well'")
