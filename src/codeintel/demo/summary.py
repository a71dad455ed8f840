"""The end: rows are counted, figures compared, the verdict given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from codeintel.demo import census
from codeintel.demo.figures import figures, of_kinds
from codeintel.demo.log import UPLOAD, Request
from codeintel.demo.questions import WEIGHTS
from codeintel.demo.scene import Run, Scene
from codeintel.demo.screen import Screen, megabytes, milliseconds
from codeintel.demo.stage import SUPERUSER
from codeintel.demo.verdict import Tally, Verdict, judge
from codeintel.store.rows import TABLES


@dataclass(frozen=True, slots=True)
class Observed:
    """The requests of the three stretches that are compared, all there were, and the upgrade."""

    before: Sequence[Request]
    during: Sequence[Request]
    after: Sequence[Request]
    all: Sequence[Request]
    upgrade: Run


def summarize(scene: Scene, loaded: Tally, observed: Observed) -> Verdict:
    """Count what is in the tables, show the summary, and return the verdict."""
    screen = scene.screen
    screen.act("Summary", "Every request was logged, and every row is counted.")
    with scene.stage.connect(SUPERUSER) as superuser:
        found, moved = census.count(superuser), census.count_quarantine(superuser)
        sizes = [census.size(superuser, table) for table in TABLES]
    verdict = judge(observed.all, loaded, found, moved)
    screen.table(
        ("request", "p50 before", "p95", "p50 in the cure", "p95", "p50 after", "p95"),
        [_compared(kind, observed) for kind in (*WEIGHTS, UPLOAD)],
    )
    screen.pairs(
        [
            ("requests", f"{verdict.requests:,}"),
            ("rows in the tables", f"{found.total():,}"),
            ("rows in quarantine", f"{moved.total():,}"),
            ("tables", megabytes(sum(size.heap + size.toast for size in sizes))),
            ("indexes", megabytes(sum(size.indexes for size in sizes))),
            (
                "alembic upgrade head, with Python's start",
                f"{observed.upgrade.ended - observed.upgrade.started:.1f} s",
            ),
            *_acts(screen),
        ]
    )
    screen.pairs(
        [
            ("failed requests", f"{verdict.failed:,}"),
            ("wrong answers", f"{verdict.wrong:,}"),
            ("lost rows", f"{verdict.lost:,}"),
            ("doubled rows", f"{verdict.doubled:,}"),
        ],
        style="bold green" if verdict.is_clean else "bold red",
    )
    _show_failures(screen, observed.all)
    return verdict


def _compared(kind: str, observed: Observed) -> list[str]:
    cells = [kind]
    for stretch in (observed.before, observed.during, observed.after):
        of = figures(of_kinds(stretch, kind))
        cells += [milliseconds(of.p50), milliseconds(of.p95)]
    return cells


def _acts(screen: Screen) -> list[tuple[str, str]]:
    return [(f"act {n}, {name}", f"{s:.1f} s") for n, name, s in screen.seconds_of_acts()]


def _show_failures(screen: Screen, requests: Sequence[Request]) -> None:
    reasons = {f"{r.kind} {r.outcome}: {r.note}" for r in requests if r.note}
    for reason in sorted(reasons):
        screen.output(reason)
