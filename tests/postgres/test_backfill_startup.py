"""A version of the application starts where it finds all that it reads."""

from __future__ import annotations

import contextlib
from typing import Any

import psycopg
import pytest

import copying
from copying import Copying, run
from outofband.backfill import Bounds, VersionRefused, require_version

BOUNDS = Bounds(introduced=(3, 21), deprecated=(3, 30))


@pytest.fixture
def units(db: Any) -> Any:
    for statement in copying.SCHEMA:
        db.sql(statement)
    db.sql("INSERT INTO src SELECT 'u' || n % 2, n FROM generate_series(1, 10) AS n")
    return db


def starts(db: Any, *version: int) -> bool:
    with psycopg.connect(db.url) as session, contextlib.suppress(VersionRefused):
        require_version(session, "copying", BOUNDS, version)
        return True
    return False


def test_before_it_begins_the_version_without_the_old_place_must_not_start(units: Any) -> None:
    assert [starts(units, 3, n) for n in (20, 21, 30)] == [True, True, False]


def test_half_way_only_versions_that_know_both_places_start(units: Any) -> None:
    run(units.url, Copying(damaged=("u1",)))
    assert [starts(units, 3, n) for n in (20, 21, 30)] == [False, True, False]


def test_when_it_is_finished_the_versions_that_know_the_new_place_start(units: Any) -> None:
    run(units.url, Copying())
    assert [starts(units, 3, n) for n in (20, 21, 30)] == [False, True, True]
