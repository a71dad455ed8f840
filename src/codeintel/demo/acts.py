"""What happens in each act. An act does its part, shows it, and fails when it went otherwise."""

from __future__ import annotations

import shutil
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

import psycopg
from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from codeintel.demo import census, dumps, temp_files
from codeintel.demo.attendant import Traffic
from codeintel.demo.dumps import Dump, Library
from codeintel.demo.figures import between, figures, reads
from codeintel.demo.load import WORKERS, load, uploads
from codeintel.demo.log import Reader, Request, Writer
from codeintel.demo.questions import WEIGHTS
from codeintel.demo.screen import Screen, megabytes, milliseconds, told_figures
from codeintel.demo.stage import APP, CHECKOUT, DEPLOYER, Stage
from codeintel.demo.verdict import Rows, written
from codeintel.store.queries import query
from codeintel.store.rows import DEFINITIONS, METADATA, REFERENCES, TABLES
from outofband.errors import OutofbandError

MONIKER_ROWS = 1_500_000
"""Rows of definitions and references at scale 1."""

_KEY = ("dump_id", "scheme", "identifier")


class ActFailed(OutofbandError):
    """Something came out otherwise than the demonstration promises."""

    default_state = "Nothing of the demonstration is left"


@dataclass(frozen=True, slots=True)
class Scene:
    """What every act works with; ``seconds`` is how long steady traffic is measured."""

    stage: Stage
    screen: Screen
    seconds: float

    def run(self, *words: str, expected: int, folder: Path = CHECKOUT) -> tuple[list[str], float]:
        """Run a command, show it, and return its lines and its seconds.

        Raises ActFailed when its exit status is another than expected.
        """
        lines: list[str] = []

        def show(line: str) -> None:
            lines.append(line)
            self.screen.output(line)

        self.screen.command(words)
        started = time.monotonic()
        status = self.stage.run(words, folder, show)
        seconds = time.monotonic() - started
        if status != expected:
            raise ActFailed(
                f"{' '.join(words)} ended with exit status {status}",
                why=f"the demonstration expects {expected}",
                do="Read what it says above",
            )
        self.screen.say(f"exit status {status}, {seconds:.1f} s", style="dim")
        return lines, seconds


def tables_without_indexes(scene: Scene) -> None:
    """Make the incident's schema: the first revision and no other."""
    scene.screen.act(
        "The tables go live",
        "The revision that made them had lost its indexes on the way from a branch. "
        "On empty tables nobody noticed.",
    )
    scene.run("alembic", "upgrade", _first_revision().revision, expected=0)


def upload(scene: Scene, packages: Sequence[str], scale: float) -> tuple[Library, Rows]:
    """Index packages and upload their dumps many times over; return them and what was written."""
    scene.screen.act(
        "Data comes in",
        "Real LSIF dumps of the packages in this environment, uploaded under many ids by two "
        f"uploaders. One dump in ten comes by the old inserter, whose {WORKERS} workers each "
        "write the one row of metadata.",
    )
    library = _library(scene, packages)
    chosen = uploads(library, round(MONIKER_ROWS * scale))
    ledger = scene.stage.folder / "loaded.jsonl"
    total = sum(len(library.rows(one.dump_id)) for one in chosen)
    started = time.monotonic()
    with scene.screen.counting("uploading", total, "rows") as done:
        load(library, chosen, scene.stage.url(APP), Writer(ledger), done)
    seconds = time.monotonic() - started
    rows = written(Reader(ledger).requests())
    scene.screen.say(
        f"{len(chosen):,} dumps with {rows.total():,} rows in {seconds:.1f} s "
        f"({rows.total() / seconds:,.0f} rows/s)"
    )
    _show_sizes(scene)
    return library, rows


def _library(scene: Scene, packages: Sequence[str]) -> Library:
    indexed: list[Dump] = []
    with scene.screen.counting("indexing", len(packages), "packages") as done:

        def tell(dump: Dump) -> None:
            indexed.append(dump)
            done(1)

        library = dumps.make(packages, scene.stage.folder, tell)
    scene.screen.table(
        ("package", "documents", "definitions", "references", "seconds"),
        [
            (
                dump.package,
                f"{len(dump.rows.documents):,}",
                f"{len(dump.rows.definitions):,}",
                f"{len(dump.rows.references):,}",
                f"{dump.seconds:.1f}",
            )
            for dump in indexed
        ],
    )
    return library


def _show_sizes(scene: Scene) -> None:
    with scene.stage.connect(DEPLOYER) as deployer:
        deployer.execute("ANALYZE")
        sizes = {table: census.size(deployer, table) for table in TABLES}
    scene.screen.table(
        ("table", "rows", "heap", "TOAST", "indexes"),
        [
            (table, f"{s.rows:,}", megabytes(s.heap), megabytes(s.toast), megabytes(s.indexes))
            for table, s in sizes.items()
        ],
    )


def incident(scene: Scene, traffic: Traffic) -> list[Request]:
    """Measure the traffic on tables without indexes; return its requests."""
    scene.screen.act(
        "The incident",
        "Readers and a writer, as a role that may SELECT and INSERT. For sixteen hours every "
        "request read a whole table.",
    )
    return _measured(scene, traffic)


def cured(scene: Scene, traffic: Traffic) -> list[Request]:
    """Measure the same traffic after the release; return its requests."""
    scene.screen.act("Afterwards", "The same readers and the same writer, at the same pace.")
    return _measured(scene, traffic)


def _measured(scene: Scene, traffic: Traffic) -> list[Request]:
    started = time.monotonic()
    with scene.screen.following(traffic.log):
        time.sleep(scene.seconds)
    _require_life(traffic)
    requests = between(traffic.log.requests(), started, time.monotonic())
    scene.screen.table(
        ("request", "number", "p50", "p95"),
        [
            (kind, f"{f.count}", milliseconds(f.p50), milliseconds(f.p95))
            for kind in WEIGHTS
            for f in [figures(reads(requests, kind))]
        ],
    )
    return requests


def explain(scene: Scene, library: Library, node: str) -> None:
    """Show the plan of a reader's query on definitions, which has to have a ``node``."""
    row = Random(0).choice(library.rows(1).definitions)
    scene.screen.command(["EXPLAIN ANALYZE", query("definitions")])
    options = "ANALYZE, BUFFERS OFF, TIMING OFF"
    with scene.stage.connect(APP) as app:
        cursor = psycopg.RawCursor(app)
        cursor.execute(
            f"EXPLAIN ({options}) {query('definitions')}", [1, row.scheme, row.identifier]
        )
        plan = [line for (line,) in cursor]
    for line in plan:
        scene.screen.output(line)
    if not any(node in line for line in plan):
        raise ActFailed(f"the plan has no {node}", why="the planner chose another way")


def lint(scene: Scene) -> None:
    """Judge the incident's revision alone, as CI would have."""
    scene.screen.act(
        "What would have stopped it",
        "The revision alone, as it stood in the pull request. The linter needs no database.",
    )
    folder = scene.stage.folder / "pull-request"
    versions = folder / "alembic" / "versions"
    versions.mkdir(parents=True)
    for file in ("alembic.ini", "alembic/env.py"):
        shutil.copy(CHECKOUT / file, folder / file)
    shutil.copy(_first_revision().path, versions)
    scene.run("outofband", "lint", expected=1, folder=folder)


def release(scene: Scene, traffic: Traffic) -> list[Request]:
    """Build what the new revisions want, before they are applied, while the traffic goes on."""
    scene.screen.act(
        "The cure, out of band",
        "Indexes are built before any revision is applied, and nobody waits for them. Two things "
        "are in the way, as they were then: a small temp_file_limit, and the duplicated metadata.",
    )
    started = time.monotonic()
    limited = _limit_temp_files(scene)
    with scene.screen.following(traffic.log):
        lines, _ = scene.run("outofband", "apply", "--to", "head", "--yes", expected=4)
    _require_obstacles(lines, limited)
    _require_life(traffic)
    recent = between(traffic.log.requests(), time.monotonic() - 3, time.monotonic())
    scene.screen.say(
        f"Service is restored: {told_figures(figures(reads(recent)))} in the last 3 s."
    )
    scene.screen.act(
        "The duplicates",
        "Rows that equal another row in every column are moved into a quarantine table, and "
        "the last index can be unique.",
    )
    with scene.screen.following(traffic.log):
        words = ("outofband", "apply", "--to", "head", "--dedupe", "identical", "--yes")
        scene.run(*words, expected=0)
    return between(traffic.log.requests(), started, time.monotonic())


def _limit_temp_files(scene: Scene) -> bool:
    """Set a limit that a stock build breaks; answer whether the tables are large enough for it."""
    tables = (DEFINITIONS, REFERENCES)
    with scene.stage.connect(DEPLOYER) as deployer:
        heap = min(census.size(deployer, table).heap for table in tables)
        sort = min(temp_files.sort_bytes(deployer, table, _KEY) for table in tables)
    if heap < temp_files.PARALLEL_FROM:
        scene.screen.say(
            f"No temp_file_limit this time: at this scale a table has {megabytes(heap)}, and a "
            "build sorts it in memory."
        )
        return False
    limit_kb = temp_files.limit_kb(sort)
    scene.stage.limit_temp_files(limit_kb)
    scene.screen.say(
        f"The sort of an index on definitions needs about {megabytes(sort)} of temporary files; "
        f"the role {DEPLOYER} gets {megabytes(limit_kb * 1024)} a process."
    )
    return True


def _require_obstacles(lines: Sequence[str], limited: bool) -> None:
    met = {"duplicates": any("duplicate" in line for line in lines)}
    if limited:
        met["temp_file_limit"] = any("temp_file_limit" in line for line in lines)
    for obstacle, was_met in met.items():
        if not was_met:
            raise ActFailed(
                f"apply never met the {obstacle}", why="the obstacle was not there or not told"
            )


def _require_life(traffic: Traffic) -> None:
    if not traffic.runs:
        raise ActFailed("the traffic has ended early", why="its process died; see above")


def deploy(scene: Scene, traffic: Traffic) -> float:
    """Apply the revisions and let the judge judge; return the seconds of the upgrade."""
    scene.screen.act(
        "The deploy",
        "The upgrade finds the indexes valid and equal and adopts them; it never builds, and it "
        "holds its locks for milliseconds.",
    )
    with scene.screen.following(traffic.log):
        _, seconds = scene.run("alembic", "upgrade", "head", expected=0)
        scene.run("outofband", "check", expected=0)
    with scene.stage.connect(DEPLOYER) as deployer:
        found = {table: census.valid_indexes(deployer, table) for table in TABLES}
    wanted = {table: [f"{table}_pkey"] for table in TABLES}
    if found != wanted:
        raise ActFailed("the tables have other indexes than their keys", why=str(found))
    return seconds


def _first_revision() -> Script:
    script = ScriptDirectory.from_config(Config(CHECKOUT / "alembic.ini"))
    first = script.get_revision(script.get_base())
    assert first is not None
    return first
