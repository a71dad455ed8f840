"""``--targets``: one command over many databases, whatever becomes of one of them."""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jsonschema
import psycopg
import pytest
from alembic import command
from alembic.config import Config

import suites
from commands import OUTOFBAND, Command
from outofband.postgres.session import Session

DOCS = Path(__file__).parents[2] / "docs"
SCHEMA = json.loads((DOCS / "events.schema.json").read_text())
NOBODY = "postgresql://app:Zq9%40Xw7@127.0.0.1:1/shop"


class Fleet:
    """A project, and as many databases or schemas as a test wants, each at revision 2."""

    def __init__(self, project: Any, make_database: Callable[[], str]) -> None:
        self.project, self._make = project, make_database
        self.run = project.run
        self.urls: dict[str, str] = {}
        self.listed: list[str] = []

    def list(self, name: str, defaults: str = "", **keys: str) -> None:
        told = "".join(f'{key} = "{value}"\n' for key, value in keys.items())
        self.listed.append(f'[[targets]]\nname = "{name}"\n{told}')
        text = f"[defaults]\n{defaults}\n" + "\n".join(self.listed)
        (self.project.folder / "targets.toml").write_text(text)

    def shard(self, name: str, rows: int = 100, **keys: str) -> str:
        url = self.urls[name] = self._make()
        self.upgrade(url, "1")
        self.sql(name, f"INSERT INTO docs SELECT n, 'p' || n FROM generate_series(1, {rows}) n")
        self.sql(name, "INSERT INTO pages SELECT n FROM generate_series(1, 10) AS n")
        self.upgrade(url, "2")
        self.list(name, url=url, **keys)
        return url

    def upgrade(self, url: str, to: str) -> None:
        self.project.configure(url)
        command.upgrade(Config(self.project.folder / "alembic.ini"), to)
        self.project.configure(self.project.url)

    def sql(self, name: str, text: str) -> list[Any]:
        with psycopg.connect(self.urls[name], autocommit=True) as session:
            cursor = session.execute(text)
            return cursor.fetchall() if cursor.description is not None else []

    def indexes(self, name: str) -> list[str]:
        rows = self.sql(name, "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'")
        return sorted(n for (n,) in rows if n != "alembic_version_pkc")

    def states(self, *words: str) -> dict[str, str]:
        told = json.loads(
            self.run("status", "--targets", "targets.toml", *words, "--format", "json").out
        )
        return {t["target"]: t["state"] for t in told["targets"]}


@pytest.fixture
def fleet(project: Any, make_database: Callable[[], str]) -> Fleet:
    return Fleet(project, make_database)


@pytest.fixture
def shards(fleet: Fleet) -> Fleet:
    """One that is fine, one with a duplicate, one that nobody reaches."""
    fleet.shard("fine")
    fleet.shard("twice")
    fleet.sql("twice", "INSERT INTO docs SELECT * FROM docs WHERE id = 1")
    fleet.list("away", url=NOBODY)
    return fleet


T = ("--targets", "targets.toml")


def test_status_tells_of_each_and_5_where_one_is_not_reached(shards: Fleet) -> None:
    ran = shards.run("status", *T)
    assert ran.status == 5
    lines = [line.split() for line in ran.out.splitlines()]
    assert [line[0] for line in lines] == ["TARGET", "fine", "twice", "away"]
    assert "docs_temp absent, docs_unique absent, docs_pkey absent and 1 more" in ran.out
    assert "database shop at 127.0.0.1:1: nothing listens there" in ran.out
    assert "3 targets: 2 pending, 1 unknown" in ran.err
    assert "Zq9" not in ran.out + ran.err
    assert "Xw7" not in ran.out + ran.err


def test_status_of_all_that_are_reached_is_0_and_json_has_the_steps(fleet: Fleet) -> None:
    fleet.shard("a")
    ran = fleet.run("status", *T, "--format", "json")
    (told,) = json.loads(ran.out)["targets"]
    assert (ran.status, told["target"], told["state"], told["schema"]) == (0, "a", "pending", None)
    assert [s["name"] for s in told["steps"]][:2] == ["docs_temp", "docs_unique"]


def test_check_judges_all_and_lists_what_fails(shards: Fleet) -> None:
    ran = shards.run("check", *T)
    assert (ran.status, ran.out.count("pending")) == (5, 2)
    fine = shards.run("check", *T, "--only", "nope")
    assert (fine.status, "no step is called 'nope'" in fine.err) == (2, True)


def test_check_tells_wrong_from_pending_over_all(fleet: Fleet) -> None:
    fleet.shard("a")
    assert fleet.run("check", *T).status == 1
    fleet.shard("b")
    fleet.sql("b", "CREATE INDEX docs_unique ON docs (path)")
    ran = fleet.run("check", *T)
    assert ran.status == 6
    assert "b " in ran.out


def test_plan_shows_every_target(shards: Fleet) -> None:
    ran = shards.run("plan", *T)
    assert ran.status == 5
    assert ran.out.count("CREATE UNIQUE INDEX CONCURRENTLY") == 2
    assert "fine (database" in ran.out
    assert "away (database shop at 127.0.0.1:1):\n  cannot connect" in ran.out
    told = json.loads(shards.run("plan", *T, "--format", "json").out)["targets"]
    assert [len(t.get("steps", ())) for t in told] == [4, 4, 0]
    assert told[2]["error"]["id"] == "database-not-reached"


def test_a_script_is_for_one_database(shards: Fleet) -> None:
    assert shards.run("plan", *T, "--sql").status == 2


def tenants(fleet: Fleet, *names: str) -> None:
    """Tenants by schema in the project's own database, each with its own version table."""
    fleet.urls["own"] = fleet.project.url
    for name in names:
        fleet.sql("own", f'CREATE SCHEMA "{name}"')
        there = fleet.project.url + ("&" if "?" in fleet.project.url else "?")
        there += f"options=-csearch_path%3D{name}"
        fleet.upgrade(there, "1")
        fleet.sql("own", f'INSERT INTO "{name}".docs SELECT n FROM generate_series(1, 9) AS n')
        fleet.upgrade(there, "2")
        fleet.list(name, schema=name)


def test_tenants_have_each_their_schema_and_version_table(fleet: Fleet) -> None:
    tenants(fleet, "acme", "globex")
    fleet.sql("own", "UPDATE acme.alembic_version SET version_num = '1'")
    assert fleet.states() == {"acme": "done", "globex": "pending"}


def test_a_schema_that_is_not_there_is_not_taken_for_done(fleet: Fleet) -> None:
    tenants(fleet, "acme")
    fleet.list("typo", schema="acmee")
    ran = fleet.run("status", *T)
    assert ran.status == 5
    assert "there is no schema acmee" in ran.out


def test_a_target_without_a_version_table_is_not_taken_for_done(
    fleet: Fleet, make_database: Callable[[], str]
) -> None:
    fleet.list("new", url=make_database())
    ran = fleet.run("check", *T)
    assert ran.status == 5
    assert "has no version table alembic_version" in ran.out


def test_two_targets_that_are_one_are_refused(fleet: Fleet) -> None:
    url = fleet.shard("a")
    fleet.list("b", url=url)
    ran = fleet.run("status", *T)
    assert (ran.status, ran.out) == (2, "")
    assert "targets 'a' and 'b' are the same database and schema" in ran.err


def test_two_names_of_one_database_are_found_out(fleet: Fleet) -> None:
    url = fleet.shard("a")
    fleet.list("b", url=url, schema="public")
    ran = fleet.run("status", *T)
    assert ran.status == 2
    assert "the same database and schema" in ran.err


def test_a_url_that_cannot_be_read_is_2_and_names_its_target(fleet: Fleet) -> None:
    fleet.list("broken", url="postgresql://app:Zq9@Xw7@db/shop")
    ran = fleet.run("status", *T)
    assert ran.status == 2
    assert "url of target 'broken' in targets.toml" in ran.err
    assert "Zq9" not in ran.err


FILLS = """
from outofband.backfill import Keyset

kinds = Keyset(table="docs", key=["id"], set={"kind": "'k'"}, where="kind IS NULL")
"""


@pytest.fixture
def filling(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> Iterator[Fleet]:
    """A fleet whose project fills a column; the spec lies in a folder of prepend_sys_path."""
    folder = fleet.project.folder
    configure = fleet.project.configure

    def configured(url: str) -> None:
        configure(url)
        with (folder / "alembic.ini").open("a") as ini:
            ini.write(f"path_separator = os\nprepend_sys_path = {folder / 'app'}\n")

    monkeypatch.setattr(fleet.project, "configure", configured)
    configured(fleet.project.url)
    (folder / "app").mkdir()
    (folder / "app" / "fleet_fills.py").write_text(FILLS)
    monkeypatch.setattr(sys, "path", [*sys.path])
    importlib.invalidate_caches()
    fleet.project.revise(
        "1",
        None,
        'op.execute("CREATE TABLE docs (id int PRIMARY KEY, path text, kind text)")\n'
        '    op.execute("CREATE TABLE pages (id int)")',
    )
    declare(fleet)
    yield fleet
    sys.modules.pop("fleet_fills", None)


def declare(fleet: Fleet, more: str = "") -> None:
    declared = f'op.backfill_out_of_band("fill", "docs", spec="fleet_fills:kinds"{more})'
    fleet.project.revise("2", "1", declared)


def test_a_backfill_is_run_at_every_target(filling: Fleet) -> None:
    for name in ("a", "b"):
        filling.shard(name)
    tenants(filling, "acme")
    told = json.loads(filling.run("status", *T, "--format", "json").out)["targets"]
    assert [t["steps"][0]["progress"]["total"] for t in told] == [100, 100, 9]
    ran = filling.run("apply", *T, "--yes")
    assert ran.status == 0, ran.err
    for name, rows in (("a", 100), ("b", 100)):
        assert filling.sql(name, "SELECT count(*) FROM docs WHERE kind = 'k'") == [(rows,)]
    assert filling.sql("own", "SELECT count(*) FROM acme.docs WHERE kind = 'k'") == [(9,)]
    assert filling.run("check", *T).status == 0


def test_what_comes_from_elsewhere_is_run_at_no_target_since_none_is_known_to_be_meant(
    filling: Fleet,
) -> None:
    declare(filling, ", from_elsewhere=True")
    filling.shard("a")
    status = filling.run("status", *T, "--format", "json").out
    (step,) = json.loads(status)["targets"][0]["steps"]
    assert (step["state"], step["done"]) == ("absent", False)
    elsewhere = "it comes from elsewhere, and nobody has said to which of the targets it belongs"
    assert step["reason"] == elsewhere
    ran = filling.run("apply", *T, "--yes")
    assert ran.status == 3
    assert elsewhere in ran.err
    assert "Run outofband apply --only fill --database-url URL" in ran.err
    assert filling.sql("a", "SELECT count(kind) FROM docs") == [(0,)]


CURED = ["docs_pkey"]
BUILDING = "SELECT pid FROM pg_stat_progress_create_index WHERE datname = current_database()"


def test_a_failure_on_one_stops_no_other_and_the_same_command_goes_on(
    shards: Fleet,
) -> None:
    ran = shards.run("apply", *T, "--yes")
    assert ran.status == 5
    assert shards.indexes("fine") == CURED
    assert shards.indexes("twice") == ["docs_temp"]
    assert "twice: failed   create index docs_unique: public.docs has duplicate rows" in ran.err
    assert "3 targets: 1 done, 1 partly done, 1 unknown" in ran.err
    assert ran.err.endswith("Next: outofband apply --targets targets.toml --dedupe identical\n")
    assert "Zq9" not in ran.err
    assert shards.states() == {"fine": "done", "twice": "pending", "away": "unknown"}

    shards.listed.pop()
    shards.shard("away")
    ran = shards.run("apply", *T, "--yes", "--dedupe", "identical")
    assert ran.status == 0
    assert {name: shards.indexes(name) for name in shards.urls} == dict.fromkeys(
        ("fine", "twice", "away"), CURED
    )
    assert "fine: " not in ran.err
    again = shards.run("apply", *T)
    assert (again.status, "3 targets: 3 done" in again.err) == (0, True)


def test_4_where_one_is_partly_done_and_3_where_nothing_was_changed(fleet: Fleet) -> None:
    fleet.shard("fine")
    fleet.shard("twice")
    fleet.sql("twice", "INSERT INTO docs SELECT * FROM docs WHERE id = 1")
    ran = fleet.run("apply", *T)
    assert (ran.status, fleet.indexes("fine")) == (3, [])
    assert "the plan was not confirmed" in ran.err
    assert fleet.run("apply", *T, "--accept", "blocks-vacuum").status == 3
    assert fleet.run("apply", *T, "--yes").status == 4
    ran = fleet.run("apply", *T, "--yes")
    assert ran.status == 3
    assert "nothing was changed. Next:" in ran.err


def test_tenants_are_built_in_their_own_schemas_alone(fleet: Fleet) -> None:
    tenants(fleet, "acme", "globex")
    assert fleet.run("apply", *T, "--yes", "--only", "docs_pkey").status == 0
    rows = fleet.sql(
        "own", "SELECT schemaname, indexname FROM pg_indexes WHERE tablename = 'docs' ORDER BY 1"
    )
    assert rows == [("acme", "docs_pkey"), ("globex", "docs_pkey")]


def test_events_are_those_of_each_target_and_one_end_of_all(shards: Fleet) -> None:
    ran = shards.run("apply", *T, "--yes", "--format", "json")
    told = [json.loads(line) for line in ran.out.splitlines()]
    for event in told:
        jsonschema.Draft202012Validator(SCHEMA).validate(event)
    runs = {event["run"] for event in told if event["event"] == "run_started"}
    assert len(runs) == 2
    ended = told[-1]
    assert (ended["event"], ended["exit_status"]) == ("fleet_ended", 5)
    assert [t["state"] for t in ended["targets"]] == ["done", "partly_done", "unknown"]
    assert "Zq9" not in ran.out


def test_the_end_is_notified_once(shards: Fleet, tmp_path: Any) -> None:
    sink = tmp_path / "notified"
    ran = shards.run("apply", *T, "--yes", "--notify", f"tee -a {sink}")
    assert ran.status == 5
    assert json.loads(sink.read_text())["event"] == "fleet_ended"


def test_rows_go_back_in_one_database_at_a_time(shards: Fleet) -> None:
    assert shards.run("apply", *T, "--undo-dedupe", "docs_unique").status == 2


def started(fleet: Fleet, *words: str) -> Command:
    return Command([OUTOFBAND, "apply", *T, "--yes", *words], fleet.project.folder)


def parked(fleet: Fleet, name: str) -> bool:
    return bool(fleet.sql(name, BUILDING))


def eventually(happens: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@suites.FAULTS
def test_killed_in_the_middle_the_same_command_finishes(shards: Fleet) -> None:
    shards.listed.pop()
    shards.shard("last")
    with psycopg.connect(shards.urls["twice"]) as writer:
        writer.execute("LOCK TABLE docs IN ROW EXCLUSIVE MODE")
        run = started(shards)
        eventually(lambda: parked(shards, "twice"))
        assert shards.indexes("fine") == CURED
        assert shards.indexes("last") == []
        run.kill()
    ran = shards.run("apply", *T, "--yes", "--dedupe", "identical")
    assert ran.status == 0
    assert {shards.indexes(name)[0] for name in shards.urls} == {"docs_pkey"}


@suites.FAULTS
def test_sigterm_leaves_every_build_to_its_server(fleet: Fleet) -> None:
    fleet.shard("a")
    fleet.shard("b")
    path = fleet.project.folder / "targets.toml"
    path.write_text(path.read_text().replace("[defaults]", "[defaults]\nconcurrency_per_host = 2"))
    lock = "LOCK TABLE docs IN ROW EXCLUSIVE MODE"
    with psycopg.connect(fleet.urls["a"]) as one, psycopg.connect(fleet.urls["b"]) as two:
        one.execute(lock)
        two.execute(lock)
        run = started(fleet, "--format", "json")
        eventually(lambda: parked(fleet, "a") and parked(fleet, "b"))
        run.terminate()
        out, err = run.communicate(timeout=60)
        assert run.returncode == 4
        assert err.count("the server goes on with: CREATE INDEX") == 2
        assert "run: outofband apply --targets targets.toml" in err
        ends = [json.loads(line) for line in out.splitlines()]
        assert [e["event"] for e in ends if "ended" in e["event"]][-3:] == [
            "run_ended", "run_ended", "fleet_ended",
        ]  # fmt: skip
        assert parked(fleet, "a")
        assert parked(fleet, "b")
    assert fleet.run("apply", *T, "--yes").status == 0
    assert fleet.indexes("a") == fleet.indexes("b") == CURED


def test_one_of_a_host_is_worked_on_at_a_time_by_default(fleet: Fleet) -> None:
    for name in ("a", "b", "c"):
        fleet.shard(name)
    with ExitStack() as writers:
        for url in fleet.urls.values():
            writer = writers.enter_context(psycopg.connect(url))
            writer.execute("LOCK TABLE docs IN ROW EXCLUSIVE MODE")
        run = started(fleet)
        eventually(lambda: parked(fleet, "a"))
        sessions = "SELECT datname FROM pg_stat_activity WHERE application_name LIKE 'outofband%'"
        # Those that have looked at the others end; one that worked there would stay.
        eventually(lambda: len({name for (name,) in fleet.sql("a", sessions)}) == 1)
        run.kill()


def test_a_host_that_is_away_is_asked_once_for_all_its_targets(
    fleet: Fleet, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def opened(source: Any) -> Session:
        asked.append(source.target().host)
        return Session(source)

    monkeypatch.setattr("outofband.cli.fleet.looks.Session", opened)
    fleet.shard("fine")
    for n in range(3):
        fleet.list(f"away-{n}", url=f"postgresql://app@nowhere.invalid/shop{n}")
    ran = fleet.run("plan", *T)
    assert (ran.status, asked.count("nowhere.invalid")) == (5, 1)
    assert ran.out.count("the host name is unknown") == 3
    assert "database shop2 at nowhere.invalid" in ran.out
    assert "4 targets: 1 pending, 3 unknown" in ran.err
