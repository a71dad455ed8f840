"""Nothing is finished before every host that may hold units has listed its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

import copying
from copying import NAME, Copying, run
from outofband.backfill.orders import Orders
from outofband.backfill.outcome import Verdict
from outofband.errors import NothingChanged
from outofband.postgres.session import Session
from outofband.postgres.source import Url

LISTED = "hosts that have not listed what they hold: "


@dataclass
class OfHosts(Copying):
    """Sees everything from everywhere, and knows of these hosts."""

    known: tuple[str, ...] = ("far", "near")

    def hosts(self, connection: Any) -> Iterable[str]:  # noqa: ARG002
        return self.known


@pytest.fixture
def units(db: Any) -> Any:
    """Two units of ten rows."""
    for statement in copying.SCHEMA:
        db.sql(statement)
    db.sql("INSERT INTO src SELECT 'u' || n % 2, n FROM generate_series(1, 20) AS n")
    return db


@pytest.fixture
def orders(units: Any) -> Iterator[Orders]:
    """What an operator orders of it."""
    with Session(Url(units.url)) as session:
        yield Orders(session, NAME, "tests:spec")


def finished(db: Any) -> bool:
    return bool(db.sql("SELECT finished_at IS NOT NULL FROM outofband.backfill")[0])


def test_a_host_that_never_listed_its_units_keeps_it_from_being_finished(units: Any) -> None:
    outcome = run(units.url, OfHosts(), places=("near",))
    assert (outcome.verdict, outcome.why) == (Verdict.ELSEWHERE, f"{LISTED}far")
    assert outcome.do.startswith("Run it there; outofband backfill abandon copying --place HOST")
    assert units.sql("SELECT count(*) FROM dst") == [20]
    assert not finished(units)
    assert run(units.url, OfHosts(), places=("far",)).verdict is Verdict.FINISHED
    assert finished(units)


def test_a_host_that_was_seen_once_is_awaited_though_it_is_gone(units: Any) -> None:
    run(units.url, OfHosts(), places=("near",))
    outcome = run(units.url, OfHosts(known=("near",)), places=("near",))
    assert outcome.why == f"{LISTED}far"


def test_a_host_that_comes_after_the_others_have_listed_theirs_is_awaited(units: Any) -> None:
    run(units.url, OfHosts(), places=("near",))
    outcome = run(units.url, OfHosts(known=("far", "late", "near")), places=("far",))
    assert outcome.why == f"{LISTED}late"


def test_a_host_that_is_given_up_is_awaited_no_more_until_that_is_taken_back(
    units: Any, orders: Orders
) -> None:
    spec = OfHosts(places={"u1": "far"})
    assert run(units.url, spec, places=("near",)).why == (
        "what is left is bound to other hosts: 1 units"
    )
    assert orders.abandon("place", "far", "its disk has burnt") == 2
    assert run(units.url, spec, places=("near",)).verdict is Verdict.STUCK  # its rows are left
    assert orders.reclaim("place", "far") == 2
    assert run(units.url, spec, places=("near",)).verdict is Verdict.ELSEWHERE
    assert run(units.url, spec, places=("far",)).verdict is Verdict.FINISHED
    assert orders.abandon("place", "nobody", "x") == 0


def test_who_asks_again_asks_every_host(units: Any, orders: Orders) -> None:
    for place in ("near", "far"):
        run(units.url, OfHosts(), places=(place,))
    assert finished(units)
    orders.resume(quarantined=False)
    assert run(units.url, OfHosts(), places=("near",)).why == f"{LISTED}far"


def test_a_host_that_nobody_expected_is_not_awaited_when_it_is_gone(
    units: Any, orders: Orders
) -> None:
    assert run(units.url, Copying(), places=("pod-1",)).verdict is Verdict.FINISHED
    orders.resume(quarantined=False)
    assert run(units.url, Copying(), places=("pod-2",)).verdict is Verdict.FINISHED


Connect = Callable[[], AbstractContextManager[Any]]


def test_a_spec_surrounds_a_run_with_what_it_needs(units: Any) -> None:
    told: list[object] = []

    class Surrounded(Copying):
        @contextmanager
        def at_work(self, connect: Connect) -> Iterator[None]:
            with connect() as connection:
                told.append(connection.execute("SELECT 1").fetchone())
            yield
            told.append(len(self.settles))

    assert run(units.url, Surrounded()).verdict is Verdict.FINISHED
    assert told == [(1,), 2]


class NotNow(NothingChanged):
    """Somebody is in the way."""


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (NotNow("moving is refused", why="a reader is old"), "moving is refused: a reader is old"),
        (ValueError("a secret"), "the spec raises an exception: ValueError at test_backfill_hosts"),
    ],
)
def test_what_a_spec_cannot_be_surrounded_with_keeps_the_run_from_beginning(
    units: Any, error: Exception, why: str
) -> None:
    class Refusing(Copying):
        @contextmanager
        def at_work(self, connect: Connect) -> Iterator[None]:  # noqa: ARG002
            raise error
            yield

    outcome = run(units.url, Refusing())
    assert outcome.verdict is Verdict.STUCK
    assert outcome.why.startswith(why)
    assert "secret" not in outcome.why
    assert units.sql("SELECT count(*) FROM dst") == [0]
