"""The acts in their order, and what is said in the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from codeintel.demo import acts, census, dumps
from codeintel.demo.acts import Scene
from codeintel.demo.attendant import Traffic, traffic
from codeintel.demo.dumps import Library
from codeintel.demo.figures import figures, reads
from codeintel.demo.log import UPLOAD, Request
from codeintel.demo.questions import WEIGHTS
from codeintel.demo.screen import Screen, milliseconds
from codeintel.demo.stage import APP, SUPERUSER, Stage, stage
from codeintel.demo.verdict import Rows, Verdict, judge


@dataclass(frozen=True, slots=True)
class Requests:
    """The requests of the three stretches that are compared, and all there were."""

    before: Sequence[Request]
    during: Sequence[Request]
    after: Sequence[Request]
    all: Sequence[Request]


def play(
    screen: Screen,
    *,
    scale: float,
    seconds: float,
    packages: Sequence[str],
    pg_bin: Path | None = None,
) -> Verdict:
    """Play the incident and its cure, and judge what became of requests and rows.

    ``scale`` multiplies the rows, ``seconds`` is how long steady traffic is measured before and
    after. Raises ActFailed, and what ephemeral.server and the indexer raise.
    """
    with stage(pg_bin) as prepared:
        version = prepared.server.version
        screen.title(f"PostgreSQL {version // 10_000}.{version % 10_000}, scale {scale:g}")
        scene = Scene(prepared, screen, seconds)
        acts.tables_without_indexes(scene)
        library, loaded = acts.upload(scene, packages, scale)
        requests, upgrade = _under_traffic(scene, library, loaded)
        return _close(scene, loaded, requests, upgrade)


def _under_traffic(scene: Scene, library: Library, loaded: Rows) -> tuple[Requests, float]:
    folder = scene.stage.folder
    saved = folder / "library.pickle"
    dumps.save(library, saved)
    highest = max(dump_id for dump_id, _ in loaded)
    with traffic(saved, highest, scene.stage.url(APP), folder / "requests.jsonl") as running:
        before = acts.incident(scene, running)
        acts.explain(scene, library, "Seq Scan")
        acts.lint(scene)
        during = acts.release(scene, running)
        upgrade = acts.deploy(scene, running)
        after = acts.cured(scene, running)
        acts.explain(scene, library, "Index Scan")
        running.end()
        return Requests(before, during, after, running.log.requests()), upgrade


def _close(scene: Scene, loaded: Rows, requests: Requests, upgrade: float) -> Verdict:
    """Count what is there, show the summary, and return the verdict."""
    screen = scene.screen
    screen.act("Summary", "Of every request that was made, and of every row that was written.")
    with scene.stage.connect(SUPERUSER) as superuser:
        found, moved = census.count(superuser), census.count_quarantine(superuser)
    verdict = judge(requests.all, loaded, found, moved)
    screen.table(
        ("request", "p50 before", "p95", "p50 in the release", "p95", "p50 after", "p95"),
        [_compared(kind, requests) for kind in (*WEIGHTS, UPLOAD)],
    )
    screen.table(("", ""), _counts(screen, verdict, found, moved, upgrade))
    return verdict


def _compared(kind: str, requests: Requests) -> list[str]:
    cells = [kind]
    for stretch in (requests.before, requests.during, requests.after):
        of = figures(reads(stretch, kind))
        cells += [milliseconds(of.p50), milliseconds(of.p95)]
    return cells


def _counts(
    screen: Screen, verdict: Verdict, found: Rows, moved: Rows, upgrade: float
) -> list[tuple[str, str]]:
    return [
        ("requests", f"{verdict.requests:,}"),
        ("failed requests", f"{verdict.failed:,}"),
        ("wrong answers", f"{verdict.wrong:,}"),
        ("rows in the tables", f"{found.total():,}"),
        ("duplicates in quarantine", f"{moved.total():,}"),
        ("lost rows", f"{verdict.lost:,}"),
        ("surplus rows", f"{verdict.surplus:,}"),
        ("alembic upgrade head", f"{upgrade:.1f} s"),
        *((f"act {n}, {heading}", f"{s:.1f} s") for n, heading, s in screen.seconds_of_acts()),
    ]
