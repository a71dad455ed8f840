"""How long a backfill takes and how large what it writes becomes, from a few batches. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from outofband.backfill.spec import Unit
from outofband.model.progress import Progress


@dataclass(frozen=True, slots=True)
class Sample:
    """One batch that was rolled back: what it took, by how much tables grew, and the WAL that the
    whole server wrote meanwhile, in bytes.
    """

    rows: int
    bytes: int
    seconds: float
    grown: int
    wal: int


@dataclass(frozen=True, slots=True)
class Amount:
    """What there is to do: ``count`` of ``unit``, rows or bytes."""

    count: int
    unit: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """What it comes to, without pauses, with one runner. ``shortest`` and ``longest`` are by the
    fastest and the slowest sample; sizes are in bytes.
    """

    amount: Amount
    seconds: float
    shortest: float
    longest: float
    per_second: float
    grown: int
    wal: int
    samples: int


def amount(progress: Progress | None, units: Iterable[Unit]) -> Amount | None:
    """Return what is left: by the bytes of the units where they tell them, else by rows; None where
    neither is known.
    """
    listed = list(units)
    if total := sum(unit.bytes for unit in listed):
        share = 1 - progress.fraction if progress and progress.unit != "bytes" else 1.0
        left = progress.total - progress.done if progress and progress.unit == "bytes" else total
        return Amount(round(left * share), "bytes")
    if progress and progress.unit == "rows":
        return Amount(max(0, progress.total - progress.done), "rows")
    rows = sum(unit.rows for unit in listed)
    return Amount(rows, "rows") if rows else None


def spread(units: Sequence[Unit], count: int) -> tuple[Unit, ...]:
    """Return so many units over the whole range of sizes, smallest and largest among them."""
    ordered = sorted(units, key=lambda unit: (unit.bytes, unit.rows, unit.key))
    if len(ordered) <= count:
        return tuple(ordered)
    last = len(ordered) - 1
    return tuple(ordered[round(n * last / (count - 1))] for n in range(count))


def estimate(left: Amount, samples: Sequence[Sample]) -> Estimate | None:
    """Extrapolate; None where the samples did nothing. What takes time is taken as the sum of all
    samples, so that a small unit counts for little.
    """

    def done(sample: Sample) -> int:
        return sample.bytes if left.unit == "bytes" else sample.rows

    useful = [s for s in samples if done(s) > 0 and s.seconds > 0]
    if not useful:
        return None
    whole, seconds = sum(map(done, useful)), sum(s.seconds for s in useful)
    times = [left.count * s.seconds / done(s) for s in useful]
    share = left.count / whole
    return Estimate(
        left,
        seconds * share,
        min(times),
        max(times),
        whole / seconds,
        round(sum(s.grown for s in useful) * share),
        round(sum(s.wal for s in useful) * share),
        len(useful),
    )
