"""Tell what the builds of a step will take, and with which settings: as lines and as JSON. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from outofband.runbook.amount import size
from outofband.runbook.rate import duration
from outofband.runbook.sizing.estimate import Forecast, total


def forecast_lines(forecasts: Sequence[Forecast]) -> list[str]:
    """Return what the builds take together, what is not known, and why the settings are chosen.

    Of the builds of many partitions, the settings of the longest sort are told.
    """
    if not forecasts:
        return []
    largest = max(forecasts, key=lambda f: f.estimate.sort_bytes or 0)
    notes = dict.fromkeys(note for f in forecasts for note in f.estimate.notes)
    reasons = "; ".join(largest.tuning.reasons)
    lines = [_taken(forecasts), *notes, f"with {reasons}" if reasons else ""]
    return [line for line in lines if line]


def _taken(forecasts: Sequence[Forecast]) -> str:
    amounts = [
        ("index", total(f.estimate.size_bytes for f in forecasts)),
        ("temporary files", _most_at_once(forecasts)),
        ("WAL", total(f.estimate.wal_bytes for f in forecasts)),
    ]
    told = [f"{size(round(amount))} of {what}" for what, amount in amounts if amount is not None]
    seconds = total(f.estimate.seconds for f in forecasts)
    told += [f"{duration(seconds)} ({_how_sure(forecasts)})"] if seconds is not None else []
    return f"takes about {', '.join(told)}" if told else ""


def _how_sure(forecasts: Sequence[Forecast]) -> str:
    """Return what the time may also be, and how it was found for the longest build."""
    least, most = (total(ends) for ends in zip(*map(_between, forecasts), strict=True))
    longest = max(forecasts, key=lambda f: f.estimate.seconds or 0)
    range_ = f"{duration(least)} to {duration(most)}" if least is not None and most else ""
    return ", ".join(part for part in (range_, longest.estimate.method) if part)


def _between(forecast: Forecast) -> tuple[float | None, float | None]:
    return forecast.estimate.between or (None, None)


def _most_at_once(forecasts: Sequence[Forecast]) -> float | None:
    """The builds of one step follow each other, and so do their temporary files."""
    amounts = [f.estimate.temp_bytes for f in forecasts]
    known = [amount for amount in amounts if amount is not None]
    return max(known) if len(known) == len(amounts) else None


def forecast_entries(forecasts: Sequence[Forecast]) -> list[dict[str, Any]]:
    """Return the same for programs, an entry a build; null is not known."""
    return [
        {
            "index": f.index.name,
            "table": str(f.index.table),
            "size_bytes": f.estimate.size_bytes,
            "temp_bytes": f.estimate.temp_bytes,
            "wal_bytes": f.estimate.wal_bytes,
            "seconds": f.estimate.seconds,
            "seconds_between": f.estimate.between,
            "method": f.estimate.method,
            "notes": list(f.estimate.notes),
            "workers": f.tuning.workers,
            "parameters": dict(f.tuning.parameters),
            "reasons": list(f.tuning.reasons),
        }
        for f in forecasts
    ]
