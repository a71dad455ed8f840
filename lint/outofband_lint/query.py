"""A query of the application, as the setting `queries` lists it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Query:
    """One named query and the place that has it; `line` counts from 1 in the file `path`."""

    name: str
    sql: str
    path: str
    line: int
