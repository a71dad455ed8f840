"""What is done about data."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.step import Backfill


@dataclass(frozen=True, slots=True)
class RunBackfill:
    """Run a background data migration, batch by batch. What its batches send is the spec's own."""

    step: Backfill

    statement = None
