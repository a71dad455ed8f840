"""The service as its users have it: steady traffic, and the plan behind it."""

from __future__ import annotations

import time
from random import Random

import psycopg

from codeintel.demo.attendant import Traffic
from codeintel.demo.dumps import Library
from codeintel.demo.failure import ActFailed
from codeintel.demo.figures import figures, of_kinds
from codeintel.demo.log import UPLOAD, Request
from codeintel.demo.questions import WEIGHTS
from codeintel.demo.scene import Scene, since
from codeintel.demo.screen import milliseconds
from codeintel.demo.stage import APP
from codeintel.demo.traffic import READERS
from codeintel.store.queries import query


def incident(scene: Scene, traffic: Traffic, library: Library, dump_id: int) -> list[Request]:
    """Measure the service without indexes, and show why; return the requests measured."""
    scene.screen.act(
        "The incident",
        f"{READERS} readers and a writer, as a role that may only SELECT and INSERT. For sixteen "
        "hours every request read whole tables, and two went by before somebody asked for a plan.",
    )
    requests = _measure(scene, traffic)
    _explain(scene, library, dump_id, "Seq Scan")
    return requests


def cured(scene: Scene, traffic: Traffic, library: Library, dump_id: int) -> list[Request]:
    """Measure the same service after the release; return the requests measured."""
    scene.screen.act("Afterwards", "The same readers and the same writer, at the same pace.")
    requests = _measure(scene, traffic)
    _explain(scene, library, dump_id, "Index Scan")
    return requests


def _measure(scene: Scene, traffic: Traffic) -> list[Request]:
    started = time.monotonic()
    with scene.screen.following(traffic.log):
        time.sleep(scene.seconds)
    requests = since(traffic, started)
    rows = []
    for kind in (*WEIGHTS, UPLOAD):
        of = figures(of_kinds(requests, kind))
        rows.append((kind, f"{of.count:,}", milliseconds(of.p50), milliseconds(of.p95)))
    scene.screen.table(("request", "number", "p50", "p95"), rows)
    return requests


def _explain(scene: Scene, library: Library, dump_id: int, node: str) -> None:
    """Show the plan of a query on definitions; raises ActFailed when it has no ``node``."""
    row = Random(dump_id).choice(library.rows(dump_id).definitions)
    statement = f"EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF, TIMING OFF) {query('definitions')}"
    scene.screen.statement(statement)
    with scene.stage.connect(APP) as app:
        cursor = psycopg.RawCursor(app)
        cursor.execute(statement, [dump_id, row.scheme, row.identifier])
        plan = [line for (line,) in cursor]
    for line in plan:
        scene.screen.output(line)
    if not any(node in line for line in plan):
        raise ActFailed(f"the plan has no {node}", why="the planner has found another way")
