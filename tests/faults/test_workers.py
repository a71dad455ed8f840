"""Workers on several hosts move every dump once, whatever becomes of them and of the server."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import pytest

from codeintel.store.folder import BundleFolder
from fleet import Fleet, Worker, amiss, declare, kept, until, upgrade, write_bundles
from matrix.servers import folder_of, releases
from outofband import ephemeral
from proxy import proxy

REPOSITORY = Path(__file__).parents[2]
ALL = 1 << 31
GONE = "The worker that was at bundles is gone; it is called for again"
LOST = "the connection was lost"


@dataclass
class Estate:
    """A server, hosts with bundles, and workers on them."""

    server: ephemeral.Server
    folder: Path
    fleet: Fleet
    hosts: dict[str, BundleFolder] = field(default_factory=dict)
    dumps: list[int] = field(default_factory=list)

    def host(self, place: str, dumps: int) -> None:
        ids = range(len(self.dumps) + 1, len(self.dumps) + dumps + 1)
        self.hosts[place] = write_bundles(self.folder / place, ids)
        self.dumps += ids

    def start(self, place: str, url: str = "", dies: str = "") -> Worker:
        return self.fleet.start(place, self.hosts[place].root, url, dies)

    def moved(self, place: str) -> int:
        return len(self.hosts[place].backups(limit=ALL))

    def under_way(self, place: str) -> None:
        """Wait until a host has moved a tenth of what it will have."""
        folder = self.hosts[place]
        all_of_it = len(folder.bundles(limit=ALL)) + self.moved(place)
        until(lambda: self.moved(place) > all_of_it // 10, f"{place} does not get on")

    def sql(self, statement: str) -> None:
        with psycopg.connect(self.fleet.url, autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type]

    def thirty_seconds_later(self) -> None:
        """Have passed what leases and heartbeats last."""
        self.sql("UPDATE outofband.backfill_unit SET lease_until = lease_until - interval '31 s'")
        self.sql(
            "UPDATE outofband.procrastinate_workers"
            " SET last_heartbeat = last_heartbeat - interval '31 s'"
        )

    def assert_each_was_moved_once(self) -> None:
        assert list(amiss(self.fleet.url, self.hosts.values(), self.dumps)) == []
        settled = len(self.dumps)
        assert kept(self.fleet.url) == {"open": 0, "leased": 0, "settled": settled, "doing": 0}


@pytest.fixture
def estate(major: int, tmp_path: Path) -> Iterator[Estate]:
    folder = None if major == max(releases()) else folder_of(major)
    with ephemeral.server(pg_bin=folder) as server:
        url = server.url()
        upgrade(REPOSITORY, url)
        fleet = Fleet(declare(tmp_path / "project", url), url)
        yield Estate(server, tmp_path, fleet)
        fleet.close()


def test_one_is_killed_and_one_is_cut_off(estate: Estate) -> None:
    for place, dumps in (("a", 200), ("b", 150), ("c", 100)):
        estate.host(place, dumps)
    with proxy(estate.fleet.url) as network:
        with estate.fleet.half_way():
            cut = estate.start("b", url=network.url)
            killed, *others = (estate.start(place) for place in "aac")
            estate.under_way("a")
            killed.process.kill()
            estate.under_way("b")
            network.cut()
        assert [worker.status() for worker in (cut, *others)] == [0, 0, 0]
    # Killed between two units, it held none that the others would have had to wait for.
    estate.thirty_seconds_later()
    following = estate.start("c")
    assert following.status() == 0
    estate.assert_each_was_moved_once()
    assert LOST in cut.said
    assert any(GONE in worker.said for worker in (cut, *others, following))


@pytest.mark.parametrize("dies", ["with its rows written", "after the commit", "after the rename"])
def test_the_next_of_the_host_goes_on_where_one_died(estate: Estate, dies: str) -> None:
    estate.host("a", 5)
    assert estate.start("a", dies=dies).status() == -signal.SIGKILL
    estate.thirty_seconds_later()
    following = estate.start("a")
    assert following.status() == 0, following.said
    assert GONE in following.said
    estate.assert_each_was_moved_once()


def test_units_of_a_host_wait_for_a_worker_of_that_host(estate: Estate) -> None:
    estate.host("a", 200)
    estate.host("b", 5)
    with estate.fleet.half_way():
        killed = estate.start("a")
        estate.under_way("a")
        killed.process.kill()
    estate.thirty_seconds_later()
    other = estate.start("b")
    until(lambda: "bound to other hosts" in other.said, "b does not say what it waits for")
    assert estate.moved("a") < 200
    assert estate.start("a").status() == 0
    assert other.status() == 0
    estate.assert_each_was_moved_once()


def test_one_that_is_told_to_stop_gives_its_unit_back(estate: Estate) -> None:
    estate.host("a", 200)
    with estate.fleet.half_way():
        stopped = estate.start("a")
        estate.under_way("a")
        stopped.process.terminate()
    assert stopped.status() == 0
    assert 0 < estate.moved("a") < 200
    assert kept(estate.fleet.url)["leased"] == 0
    assert estate.start("a").status() == 0
    estate.assert_each_was_moved_once()


def test_they_come_back_when_the_server_was_away(estate: Estate) -> None:
    estate.host("a", 200)
    estate.host("b", 200)
    with estate.fleet.half_way():
        workers = [estate.start("a"), estate.start("b")]
        for place in "ab":
            estate.under_way(place)
        estate.server.restart(immediate=True)
    assert [worker.status() for worker in workers] == [0, 0]
    assert all(LOST in worker.said for worker in workers)
    assert "Traceback" not in "".join(worker.said for worker in workers)
    estate.assert_each_was_moved_once()
