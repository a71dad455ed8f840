"""When during a deploy each table is locked, for a picture: pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from outofband.rehearse.at_size import Hold, duration
from outofband.rehearse.report.waits import is_short
from outofband.rehearse.trace import Traced
from outofband_lint.stats import Stats

_NARROW, _NARROW_IN_ALL = 0.01, 0.4
"""The least of the picture's width that a statement has, and all of them together."""


@dataclass(frozen=True, slots=True)
class Span:
    """A lock from ``start`` to ``end``, of a deploy that lasts from 0 to 1."""

    hold: Hold
    start: float
    end: float


def spans(statements: Sequence[Traced], holds: Sequence[Hold], stats: Stats) -> Iterator[Span]:
    """Yield when each lock begins and ends.

    What is short beside the others is drawn wider than it is, so that it is seen and in its order.
    A statement of which nobody knows how long it lasts, or that lasts no longer than anybody would
    notice, is as short as that, so that the picture is the same in every run.
    """
    deploy = [traced for traced in statements if traced.did_something and not traced.out_of_band]
    known = (duration(traced, stats) for traced in deploy)
    noticed = [0.0 if each is None or is_short(each) else each.seconds for each in known]
    ends = [*accumulate(_widths(noticed))]
    begins: Mapping[int, float] = dict(zip(map(id, deploy), [0.0, *ends], strict=False))
    over = {traced.transaction: end for traced, end in zip(deploy, ends, strict=True)}
    for hold in holds:
        yield Span(hold, begins[id(hold.statement)], over[hold.statement.transaction])


def _widths(seconds: Sequence[float]) -> list[float]:
    """Return shares of the whole, which add up to 1."""
    least = min(_NARROW, _NARROW_IN_ALL / max(len(seconds), 1))
    total = sum(seconds)
    if not total:
        return [1 / len(seconds)] * len(seconds) if seconds else []
    rest = 1 - least * len(seconds)
    return [least + rest * each / total for each in seconds]
