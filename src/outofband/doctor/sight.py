"""Who answers, and what of the database is not looked at. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.names import QualifiedName


@dataclass(frozen=True, slots=True)
class Server:
    """Who answers. ``counted_since`` is a day, None where nobody ever reset the counters;
    ``statements_schema`` has pg_stat_statements, None where the database lacks it.
    """

    role: str
    standby: bool
    today: str
    counted_since: str | None
    statements_schema: str | None
    reads_all_stats: bool


@dataclass(frozen=True, slots=True)
class OutOfSight:
    """What is not looked at: tables that somebody has locked, and schemas that are closed to the
    role.
    """

    locked: tuple[QualifiedName, ...] = ()
    closed: tuple[str, ...] = ()

    def __contains__(self, name: object) -> bool:
        """Tell whether a table, named with its schema or without, is out of sight."""
        if not isinstance(name, QualifiedName):
            return False
        bare = name.schema is None
        locked = any(name == n or (bare and name.name == n.name) for n in self.locked)
        return locked or name.schema in self.closed
