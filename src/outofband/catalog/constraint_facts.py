"""What the catalog holds of constraints, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from outofband.model.names import QualifiedName

NOT_NULL_IS_A_CONSTRAINT = 180000
"""Since this version NOT NULL has a name, and may be NOT VALID (PostgreSQL 18, ALTER TABLE)."""
PARTITIONED_TAKES_NOT_VALID = 180000
"""Since this version a foreign key of a partitioned table may be NOT VALID (42809 before: measured
on 14 to 18).
"""


@dataclass(frozen=True, slots=True)
class ConstraintFacts:
    """One constraint as stored; ``kind`` is pg_constraint.contype. ``condition`` is a check's.

    A foreign key has ``referent``, ``referred`` and actions as pg_constraint spells them; one that
    ``sets_some`` names columns of ON DELETE SET, which no step can.
    """

    name: str
    kind: str
    validated: bool
    enforced: bool = True
    columns: tuple[str, ...] = ()
    condition: str | None = None
    no_inherit: bool = False
    referent: QualifiedName | None = None
    referred: tuple[str, ...] = ()
    on_update: str = " "
    on_delete: str = " "
    sets_some: bool = False
    full: bool = False
    deferrable: bool = False
    deferred: bool = False


@dataclass(frozen=True, slots=True)
class Constraints:
    """The constraints ``on`` tables, by the table's oid, where a wanted step is about one.

    ``forms`` maps the SQL of conditions of a table to the planner's form, None where there is none.
    """

    server_version: int = 0
    on: Mapping[int, tuple[ConstraintFacts, ...]] = field(default_factory=dict)
    forms: Mapping[tuple[int, str], str | None] = field(default_factory=dict)

    def named(self, table_oid: int, name: str) -> ConstraintFacts | None:
        """Return a table's constraint of that name."""
        return next((c for c in self.on.get(table_oid, ()) if c.name == name), None)
