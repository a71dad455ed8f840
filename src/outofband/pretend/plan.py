"""The tree of a plan, as EXPLAIN (FORMAT JSON) tells it. Pure.

Costs are in the planner's unit, a page read in sequence; sizes in bytes. Members are called what
PostgreSQL calls them (PostgreSQL 18, EXPLAIN).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from outofband.model.names import QualifiedName

DISABLE_COST = 1e10
"""What PostgreSQL 14 to 17 add to the cost of a node that a setting forbids (costsize.c)."""
_SEQ_SCAN = "Seq Scan"
_INDEX_SCANS = frozenset({"Index Scan", "Index Only Scan", "Bitmap Index Scan"})
_CONDITIONS = "Index Cond", "Order By", "Recheck Cond", "Hash Cond", "Merge Cond", "Join Filter"
_MEMBERS = frozenset(
    {"Node Type", "Startup Cost", "Total Cost", "Plan Rows", "Plan Width", "Schema", "Plans",
     "Relation Name", "Alias", "Index Name", "Parallel Aware", "Disabled", "Filter"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """A node with the nodes below it; ``details`` is what else EXPLAIN says of it.

    ``disabled`` is a node that the planner took although a setting forbids it: there was no other.
    """

    node_type: str
    startup_cost: float
    total_cost: float
    plan_rows: float
    plan_width: int
    relation: QualifiedName | None = None
    alias: str | None = None
    index_name: str | None = None
    filter: str | None = None
    parallel_aware: bool = False
    disabled: bool = False
    details: Mapping[str, Any] = field(default_factory=dict)
    plans: tuple[Plan, ...] = ()

    def nodes(self) -> Iterator[Plan]:
        """Yield this node and every one below it, parents first."""
        yield self
        for plan in self.plans:
            yield from plan.nodes()

    @property
    def index_cond(self) -> str | None:
        """By what an index is searched; None where none is, or all of it is read."""
        return self.details.get("Index Cond")

    @property
    def reads_whole(self) -> bool:
        """Whether this node reads a table, or an index, from its beginning to its end.

        One that stands below a LIMIT may be stopped before.
        """
        if self.node_type == _SEQ_SCAN:
            return True
        ordered = "Order By" in self.details
        return self.node_type in _INDEX_SCANS and self.index_cond is None and not ordered

    @property
    def shape(self) -> tuple[Any, ...]:
        """What two plans have in common that do the same: nodes, tables and indexes; no figure."""
        parallel = "Parallel " if self.parallel_aware else ""
        own = f"{parallel}{self.node_type}", self.relation, self.index_name
        return (own, tuple(plan.shape for plan in self.plans))

    def lines(self, depth: int = 0) -> Iterator[str]:
        """Yield the tree as text, two spaces a level, much as psql shows it."""
        indent = "  " * depth
        yield f"{indent}{self.title}  (cost={self.startup_cost:.2f}..{self.total_cost:.2f} " + (
            f"rows={self.plan_rows:.0f} width={self.plan_width})"
        )
        yield from (f"{indent}  {told}" for told in self.conditions)
        for plan in self.plans:
            yield from plan.lines(depth + 1)

    @property
    def conditions(self) -> Iterator[str]:
        """What it searches, joins, filters and sorts by, as psql shows it: ``Filter: (a = 1)``."""
        for name in (*_CONDITIONS, "Filter", "Sort Key", "Group Key"):
            value = self.filter if name == "Filter" else self.details.get(name)
            if value:
                yield f"{name}: {', '.join(value) if isinstance(value, list) else value}"

    @property
    def title(self) -> str:
        """What the node does, on what: ``Index Scan using docs_path on public.docs d``."""
        words = ["Parallel"] if self.parallel_aware else []
        words.append(self.node_type)
        if self.index_name:
            words += ["using" if self.relation else "on", self.index_name]
        if self.relation:
            words += ["on", str(self.relation)]
            words += [self.alias] if self.alias not in (None, self.relation.name) else []
        return " ".join(word for word in words if word)


def parsed(document: Sequence[Mapping[str, Any]]) -> Plan:
    """Return the tree of what EXPLAIN (FORMAT JSON) returns."""
    return _node(document[0]["Plan"])


def _node(told: Mapping[str, Any]) -> Plan:
    name = told.get("Relation Name")
    return Plan(
        node_type=told["Node Type"],
        startup_cost=told["Startup Cost"],
        total_cost=told["Total Cost"],
        plan_rows=told["Plan Rows"],
        plan_width=told["Plan Width"],
        relation=None if name is None else QualifiedName(name, told.get("Schema")),
        alias=told.get("Alias"),
        index_name=told.get("Index Name"),
        filter=told.get("Filter"),
        parallel_aware=told.get("Parallel Aware", False),
        disabled=_is_disabled(told),
        details={key: value for key, value in told.items() if key not in _MEMBERS},
        plans=tuple(_node(plan) for plan in told.get("Plans", ())),
    )


def _is_disabled(told: Mapping[str, Any]) -> bool:
    """Tell by what 18 says of every node, or else by the cost of a scan, which has no other."""
    if "Disabled" in told:
        return bool(told["Disabled"])
    is_scan = told["Node Type"] == _SEQ_SCAN
    return is_scan and bool(told["Startup Cost"] >= DISABLE_COST)
