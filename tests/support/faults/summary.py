"""The figures of a whole run, whatever processes its scenes were played in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from faults.scene import Tally


def lines(tallies: Sequence[Tally]) -> Iterator[str]:
    """Tell the faults by kind, then all of them; a wait counts for every fault of its scene."""
    kinds = sorted({kind for tally in tallies for kind in tally.injected})
    width = max(map(len, kinds), default=0)
    yield f"{'':{width}}  injected  survived  longest wait"
    for kind in kinds:
        met = [tally for tally in tallies if kind in tally.injected]
        injected, survived = _counted(met, kind)
        longest = max(tally.longest for tally in met)
        yield f"{kind:{width}}  {injected:8}  {survived:8}  {longest:10.2f} s"
    injected, survived = _counted(tallies)
    majors = ", ".join(map(str, sorted({tally.major for tally in tallies})))
    yield (
        f"{injected} faults injected on PostgreSQL {majors}, {survived} survived; of "
        f"{sum(t.statements for t in tallies):,} statements of the application beside them the one "
        "that waited longest on or behind a lock of outofband's waited "
        f"{max(t.longest for t in tallies):.2f} s"
    )


def _counted(tallies: Sequence[Tally], kind: str | None = None) -> tuple[int, int]:
    """Return how many faults were injected, and how many of them were survived."""
    each = [(t.injected.count(kind) if kind else len(t.injected), t.survived) for t in tallies]
    return sum(count for count, _ in each), sum(count for count, survived in each if survived)
