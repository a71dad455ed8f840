"""Tell how far a backfill is, in words and as JSON. Pure."""

from __future__ import annotations

from typing import Any

from outofband.catalog.facts import BackfillFacts
from outofband.model.progress import Progress
from outofband.runbook.amount import size
from outofband.runbook.rate import duration

_BAR_WIDTH = 12


def progress_of(facts: BackfillFacts) -> Progress | None:
    """Return what the data said, else what was kept of its last answer."""
    return facts.truth if isinstance(facts.truth, Progress) else facts.progress


def seconds_left(facts: BackfillFacts) -> float | None:
    """Return how long what is left takes at the rate of those at work; None while nobody knows."""
    told = progress_of(facts)
    left = max(0, told.total - told.done) if told else 0
    if told and told.unit == "rows" and facts.rows_per_second:
        return left / facts.rows_per_second
    if told and told.unit == "bytes" and facts.bytes_per_second:
        return left / facts.bytes_per_second
    if facts.open_bytes > 0 and facts.bytes_per_second:
        return facts.open_bytes / facts.bytes_per_second
    return None


def words(facts: BackfillFacts) -> str:
    """Return progress as a bar and a share, rate and time left; empty where nothing is known."""
    told = progress_of(facts)
    parts = [f"{_bar(told.fraction)} {_done(told)}"] if told else []
    if told and told.unit == "rows" and facts.rows_per_second:
        parts.append(f"{facts.rows_per_second:,.0f} rows/s")
    elif facts.bytes_per_second:
        parts.append(f"{size(int(facts.bytes_per_second))}/s")
    if (left := seconds_left(facts)) is not None:
        parts.append(f"{duration(left)} left")
    return ", ".join(parts)


def entry(facts: BackfillFacts) -> dict[str, Any]:
    """Return the same as ``--format json`` prints it; what nobody knows is left out."""
    told = progress_of(facts)
    left = seconds_left(facts)
    known = {
        "done": told and told.done,
        "total": told and told.total,
        "unit": told and told.unit,
        "rows_per_second": facts.rows_per_second,
        "bytes_per_second": facts.bytes_per_second,
        "seconds_left": left,
        "waits": facts.waits or None,
    }
    counted = {"units_open": facts.open, "units_running": facts.running}
    aside = {"units_quarantined": facts.quarantined, "rows_left_out": facts.left_out}
    told_of = {"abandoned": facts.abandoned, "hosts_unheard": list(facts.unheard)}
    more = {name: value for name, value in told_of.items() if value}
    return {**{k: v for k, v in known.items() if v is not None}, **counted, **aside, **more}


def _bar(fraction: float) -> str:
    full = int(fraction * _BAR_WIDTH)
    return "█" * full + "░" * (_BAR_WIDTH - full)


def _done(told: Progress) -> str:
    if told.unit == "bytes":
        return f"{told.fraction:.0%} of {size(told.total)}"
    return f"{told.fraction:.0%} of {told.total:,} {told.unit}"
