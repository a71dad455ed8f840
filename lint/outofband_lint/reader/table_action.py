"""The actions of ALTER TABLE that concern the table as a whole.

Source: PostgreSQL 18, ALTER TABLE.
"""

from __future__ import annotations

from outofband_lint.reader.cursor import Cursor
from outofband_lint.statement import (
    ClusterOn,
    ReplicaIdentity,
    RowSecurity,
    SetAccessMethod,
    SetLogged,
    SetTablespace,
    TableAction,
    TriggerState,
)


def of_the_whole_table(cursor: Cursor) -> TableAction | None:
    """Read such an action; None where another kind of action stands here."""
    if cursor.accept("set", "tablespace"):
        return SetTablespace(cursor.identifier())
    if cursor.accept("set", "logged"):
        return SetLogged(True)
    if cursor.accept("set", "unlogged"):
        return SetLogged(False)
    if cursor.accept("set", "access", "method"):
        return SetAccessMethod(cursor.identifier())
    if cursor.accept("set", "without", "cluster"):
        return ClusterOn(None)
    if cursor.accept("cluster", "on"):
        return ClusterOn(cursor.identifier())
    if cursor.accept("replica", "identity"):
        return _replica_identity(cursor)
    return _row_security(cursor) or _trigger_state(cursor)


def _replica_identity(cursor: Cursor) -> ReplicaIdentity:
    if cursor.accept("using", "index"):
        return ReplicaIdentity("index", cursor.identifier())
    if cursor.accept("full"):
        return ReplicaIdentity("full")
    if cursor.accept("nothing"):
        return ReplicaIdentity("nothing")
    cursor.expect("default")
    return ReplicaIdentity("default")


def _row_security(cursor: Cursor) -> RowSecurity | None:
    if cursor.accept("enable", "row", "level", "security"):
        return RowSecurity("enable")
    if cursor.accept("disable", "row", "level", "security"):
        return RowSecurity("disable")
    if cursor.accept("force", "row", "level", "security"):
        return RowSecurity("force")
    if cursor.accept("no", "force", "row", "level", "security"):
        return RowSecurity("no_force")
    return None


def _trigger_state(cursor: Cursor) -> TriggerState | None:
    if cursor.accept("enable", "trigger"):
        return TriggerState("enable", cursor.identifier())
    if cursor.accept("enable", "replica", "trigger"):
        return TriggerState("enable_replica", cursor.identifier())
    if cursor.accept("enable", "always", "trigger"):
        return TriggerState("enable_always", cursor.identifier())
    if cursor.accept("disable", "trigger"):
        return TriggerState("disable", cursor.identifier())
    return None
