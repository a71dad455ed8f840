"""The order of a release: build, upgrade, check; only then would the code go live."""

from __future__ import annotations

import time

from codeintel.demo import census, temp_files
from codeintel.demo.attendant import Traffic
from codeintel.demo.failure import ActFailed
from codeintel.demo.figures import figures, reads
from codeintel.demo.log import Request
from codeintel.demo.scene import Run, Scene, since
from codeintel.demo.screen import megabytes, milliseconds, told
from codeintel.demo.stage import DEPLOYER
from codeintel.store.rows import DEFINITIONS, DOCUMENTS, REFERENCES, TABLES

_APPLY = ("outofband", "apply", "--to", "head", "--yes")
_DONE, _PARTLY = 0, 4
_RUNS = 4
_KEY = ("dump_id", "scheme", "identifier")
_RECENT = 3.0
_VERSIONED = (DOCUMENTS, DEFINITIONS, REFERENCES)


def build(scene: Scene, traffic: Traffic) -> list[Request]:
    """Build what coming revisions want, and meet both obstacles; return the requests meanwhile."""
    scene.screen.act(
        "The cure, out of band",
        "Indexes are built before the revisions that want them are applied, and nobody waits. "
        "Two things are in the way, as they were then: a small temp_file_limit, and rows of "
        "metadata that a unique index cannot have.",
    )
    limited = _limit_temp_files(scene)
    started = time.monotonic()
    with scene.screen.following(traffic.log):
        run = scene.run(*_APPLY, expected=[_PARTLY])
    _require(run, "duplicate")
    if limited:
        _require(run, "temp_file_limit")
    recent = figures(reads(since(traffic, time.monotonic() - _RECENT)))
    scene.screen.say(f"In the last {_RECENT:.0f} s: {told(recent)}.")
    return since(traffic, started)


def deduplicate(scene: Scene, traffic: Traffic) -> list[Request]:
    """Move the duplicates away and finish; return the requests meanwhile."""
    scene.screen.act(
        "The duplicates",
        "Rows that equal another row in every column move into a quarantine table. Rows that "
        "differ would be left for a person.",
    )
    started = time.monotonic()
    with scene.screen.following(traffic.log):
        _finish(scene)
    return since(traffic, started)


def _finish(scene: Scene) -> None:
    """Apply until it is done, as an operator does: a build that failed is begun anew.

    The processes of a build take blocks of the table as they come, so on a busy machine one of them
    may get more of the sort than the limit allows.
    """
    for attempt in range(1, _RUNS + 1):
        expected = [_DONE] if attempt == _RUNS else [_DONE, _PARTLY]
        run = scene.run(*_APPLY, "--dedupe", "identical", expected=expected)
        if run.status == _DONE:
            return
        _require(run, "temp_file_limit")
        scene.screen.say("The processes of a build have shared its sort unevenly. Once more:")


def upgrade(scene: Scene, traffic: Traffic) -> tuple[Run, list[Request]]:
    """Apply the revisions and have them judged; return the upgrade and the requests meanwhile."""
    scene.screen.act(
        "The deploy",
        "The upgrade finds the keys there, valid and equal, and adopts them. It builds nothing "
        "on a large table, waits for no lock longer than 2 s, and holds one for milliseconds.",
    )
    with scene.screen.following(traffic.log):
        run = scene.run("alembic", "upgrade", "head", expected=[_DONE])
        requests = since(traffic, run.started)
        scene.screen.say("What is indexed on the columns that have just come is built now.")
        _finish(scene)
        scene.run("outofband", "check", expected=[_DONE])
    slowest = max((request.seconds for request in requests), default=0.0)
    scene.screen.say(f"The slowest request during the upgrade took {milliseconds(slowest)}.")
    _require_indexes(scene)
    return run, requests


def _limit_temp_files(scene: Scene) -> bool:
    """Set a limit that a stock build breaks; answer whether the tables are large enough for it."""
    tables = (DEFINITIONS, REFERENCES)
    with scene.stage.connect(DEPLOYER) as deployer:
        heap = min(census.size(deployer, table).heap for table in tables)
        sort = min(temp_files.sort_bytes(deployer, table, _KEY) for table in tables)
    if heap < temp_files.LEAST_HEAP:
        scene.screen.say(
            f"At this scale there is no temp_file_limit: a table of {megabytes(heap)} is too small "
            "to share out."
        )
        return False
    limit_kb = temp_files.limit_kb(sort)
    scene.stage.limit_temp_files(limit_kb)
    scene.screen.say(
        f"To sort an index of definitions takes about {megabytes(sort)} of temporary files. The "
        f"role {DEPLOYER} may have {megabytes(limit_kb * 1024)} in a process."
    )
    return True


def _require(run: Run, obstacle: str) -> None:
    if not run.tells(obstacle):
        raise ActFailed(
            f"outofband apply says nothing of a {obstacle}",
            why="it was not in the way, or it is told in other words",
        )


def _require_indexes(scene: Scene) -> None:
    with scene.stage.connect(DEPLOYER) as deployer:
        for table in TABLES:
            found = census.valid_indexes(deployer, table)
            wanted = {f"{table}_pkey"}
            if table in _VERSIONED:
                wanted.add(f"{table}_dump_id_schema_version")
            if set(found) != wanted:
                raise ActFailed(
                    f"{table} has other indexes than it should", why=", ".join(found) or "none"
                )
