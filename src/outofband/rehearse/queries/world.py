"""What there is of production, as far as it decides what is wrong with a plan."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from outofband.pretend.plan import Plan
from outofband.stats.value import Stats
from outofband_lint.names import QualifiedName, quote
from outofband_lint.settings import INLINE_MAX_BYTES

_WORK_MEM = 4 * 2**20
_UNITS = {"kB": 2**10, "MB": 2**20, "GB": 2**30, "": 2**10}


@dataclass(frozen=True, slots=True)
class World:
    """What there is: which tables are ``large``, how large by the ``stats``, and what each
    partition is at last a partition of (``roots``), and by which columns (``keys``). What reads no
    more than ``few`` bytes is short. ``partial`` are the indexes that have a predicate. ``fetched``
    tells how many rows an index finds for a scan, None where nobody knows.
    """

    large: Callable[[QualifiedName], bool]
    stats: Stats = field(default_factory=Stats)
    roots: Mapping[QualifiedName, QualifiedName] = field(default_factory=dict)
    keys: Mapping[QualifiedName, frozenset[str]] = field(default_factory=dict)
    few: int = INLINE_MAX_BYTES
    partial: frozenset[QualifiedName] = frozenset()
    fetched: Callable[[Plan], float | None] = lambda _: None

    def root(self, table: QualifiedName) -> QualifiedName:
        """Return the table that queries name for it."""
        return self.roots.get(table, table)

    def is_large(self, table: QualifiedName | None) -> bool:
        """Tell whether the table counts as large, or what it is a partition of does."""
        return table is not None and (self.large(table) or self.large(self.root(table)))

    def is_sized(self, plan: Plan) -> bool:
        """Tell whether the size of every large table in a plan is known.

        A partition that production does not have, of a table that it has, is to be made, and empty.
        """
        tables = {node.relation for node in plan.nodes() if node.relation is not None}
        known = self.stats.tables.keys()
        large = (table for table in tables if self.is_large(table))
        return all(table in known or self.root(table) in known for table in large)

    def may_be_ruled_out(self, node: Plan) -> bool:
        """Tell whether a partition may not be read at all when the query runs, by a parameter."""
        keys = self.keys.get(node.relation, ()) if node.relation is not None else ()
        return any(f"{quote(node.alias or '')}.{quote(key)}" in (node.filter or "") for key in keys)

    def estimates(self, table: QualifiedName) -> bool:
        """Tell whether the planner knows how many rows a table has, and what is in its columns."""
        of_columns = self.stats.columns_of
        return table in self.stats.tables and (
            table in of_columns or self.root(table) in of_columns
        )

    @property
    def work_mem(self) -> int:
        """The bytes that a sort may take before it goes to disk, in production."""
        told = {setting.name: setting.value for setting in self.stats.settings}
        match = re.fullmatch(r"(\d+) ?(kB|MB|GB|)", told.get("work_mem", ""))
        return int(match[1]) * _UNITS[match[2]] if match else _WORK_MEM
