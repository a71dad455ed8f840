"""Whether a table is small enough for an upgrade to work on it. Pure."""

from __future__ import annotations

from outofband.catalog.facts import TableFacts
from outofband.settings import Settings


def is_small(table: TableFacts, settings: Settings) -> bool:
    """Tell whether an index on the table is built in the deploy: by the heap over all leaves
    alone.
    """
    return table.heap_bytes <= settings.inline_max_bytes


def over(table: TableFacts, settings: Settings) -> str:
    """Say how large a table is that is not small, and what the limit is."""
    limit = _megabytes(settings.inline_max_bytes)
    return f"{table.name} has {_megabytes(table.heap_bytes)}, over the {limit} of inline_max_bytes"


def _megabytes(count: int) -> str:
    return f"{count / 1024 / 1024:,.0f} MB"
