"""ALTER TABLE of a tree, as the reader gives it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import postgast.pg_query_pb2 as pb

from outofband_lint import statement as sql
from outofband_lint.statement import TableAction
from pg_tree.expressions import key
from pg_tree.names import cascades, data_type, named, relation
from pg_tree.tables import column, table_constraint

_IDENTITIES = {"d": "default", "f": "full", "n": "nothing", "i": "index"}


def _definition(cmd: Any) -> Any:
    return getattr(cmd, "def")


def _default(cmd: Any) -> TableAction:
    if cmd.HasField("def"):
        return sql.SetDefault(cmd.name, key(_definition(cmd)))
    return sql.DropDefault(cmd.name)


def _column_type(cmd: Any) -> TableAction:
    node = _definition(cmd).column_def
    collation = str(named(node.coll_clause.collname)) if node.HasField("coll_clause") else None
    using = key(node.raw_default) if node.HasField("raw_default") else None
    return sql.AlterColumnType(cmd.name, data_type(node.type_name), using, collation)


def _attach(cmd: Any) -> TableAction:
    node = _definition(cmd).partition_cmd
    return sql.AttachPartition(relation(node.name), "", node.bound.is_default)


def _detach(cmd: Any) -> TableAction:
    node = _definition(cmd).partition_cmd
    finalize = cmd.subtype == pb.AT_DetachPartitionFinalize
    return sql.DetachPartition(relation(node.name), node.concurrent, finalize)


def _alter_constraint(cmd: Any) -> TableAction:
    node = _definition(cmd).atalter_constraint
    return sql.AlterConstraint(
        node.conname, bool(node.is_enforced) if node.alter_enforceability else None
    )


def _replica_identity(cmd: Any) -> TableAction:
    node = _definition(cmd).replica_identity_stmt
    mode: Any = _IDENTITIES[node.identity_type]
    return sql.ReplicaIdentity(mode, node.name or None)


_READ: Mapping[int, Callable[[Any], TableAction]] = {
    pb.AT_AddColumn: lambda c: sql.AddColumn(column(_definition(c).column_def), c.missing_ok),
    pb.AT_AddConstraint: lambda c: sql.AddConstraint(table_constraint(_definition(c).constraint)),
    pb.AT_AddIdentity: lambda c: sql.AddIdentity(c.name),
    pb.AT_AddInherit: lambda c: sql.SetInheritance(relation(_definition(c).range_var), True),
    pb.AT_AlterColumnType: _column_type,
    pb.AT_AlterConstraint: _alter_constraint,
    pb.AT_AttachPartition: _attach,
    pb.AT_ClusterOn: lambda c: sql.ClusterOn(c.name),
    pb.AT_ColumnDefault: _default,
    pb.AT_DetachPartition: _detach,
    pb.AT_DetachPartitionFinalize: _detach,
    pb.AT_DisableRowSecurity: lambda _: sql.RowSecurity("disable"),
    pb.AT_DisableTrig: lambda c: sql.TriggerState("disable", c.name),
    pb.AT_DisableTrigAll: lambda _: sql.TriggerState("disable", "all"),
    pb.AT_DisableTrigUser: lambda _: sql.TriggerState("disable", "user"),
    pb.AT_DropCluster: lambda _: sql.ClusterOn(None),
    pb.AT_DropColumn: lambda c: sql.DropColumn(c.name, c.missing_ok, cascades(c.behavior)),
    pb.AT_DropConstraint: lambda c: sql.DropConstraint(c.name, c.missing_ok, cascades(c.behavior)),
    pb.AT_DropExpression: lambda c: sql.DropExpression(c.name, c.missing_ok),
    pb.AT_DropIdentity: lambda c: sql.DropIdentity(c.name, c.missing_ok),
    pb.AT_DropInherit: lambda c: sql.SetInheritance(relation(_definition(c).range_var), False),
    pb.AT_DropNotNull: lambda c: sql.DropNotNull(c.name),
    pb.AT_EnableAlwaysTrig: lambda c: sql.TriggerState("enable_always", c.name),
    pb.AT_EnableReplicaTrig: lambda c: sql.TriggerState("enable_replica", c.name),
    pb.AT_EnableRowSecurity: lambda _: sql.RowSecurity("enable"),
    pb.AT_EnableTrig: lambda c: sql.TriggerState("enable", c.name),
    pb.AT_EnableTrigAll: lambda _: sql.TriggerState("enable", "all"),
    pb.AT_EnableTrigUser: lambda _: sql.TriggerState("enable", "user"),
    pb.AT_ForceRowSecurity: lambda _: sql.RowSecurity("force"),
    pb.AT_NoForceRowSecurity: lambda _: sql.RowSecurity("no_force"),
    pb.AT_ReplicaIdentity: _replica_identity,
    pb.AT_SetAccessMethod: lambda c: sql.SetAccessMethod(c.name or "default"),
    pb.AT_SetExpression: lambda c: sql.SetExpression(c.name, key(_definition(c))),
    pb.AT_SetLogged: lambda _: sql.SetLogged(True),
    pb.AT_SetNotNull: lambda c: sql.SetNotNull(c.name),
    pb.AT_SetTableSpace: lambda c: sql.SetTablespace(c.name),
    pb.AT_SetUnLogged: lambda _: sql.SetLogged(False),
    pb.AT_ValidateConstraint: lambda c: sql.ValidateConstraint(c.name),
}
_ATTRIBUTE_ACTIONS = {
    pb.AT_AddColumn: "add attribute",
    pb.AT_DropColumn: "drop attribute",
    pb.AT_AlterColumnType: "alter attribute",
}


def alter_table(node: Any) -> sql.Statement:
    """Return an AlterTableStmt, whatever kind of relation it names."""
    commands = [cmd.alter_table_cmd for cmd in node.cmds]
    name = relation(node.relation)
    if node.objtype == pb.OBJECT_TYPE:
        actions = tuple(_ATTRIBUTE_ACTIONS[cmd.subtype] for cmd in commands)
        return sql.AlterCompositeType(name, actions)
    if node.objtype == pb.OBJECT_INDEX:
        return _alter_index(commands[0], name)
    if node.objtype in (pb.OBJECT_VIEW, pb.OBJECT_SEQUENCE):
        return sql.Understood("")
    return sql.AlterTable(
        name,
        tuple(_READ.get(cmd.subtype, lambda _: sql.OtherAction(""))(cmd) for cmd in commands),
        node.missing_ok,
        not node.relation.inh,
    )


def _alter_index(cmd: Any, name: Any) -> sql.Statement:
    if cmd.subtype == pb.AT_AttachPartition:
        return sql.AttachIndex(name, relation(_definition(cmd).partition_cmd.name))
    if cmd.subtype == pb.AT_SetTableSpace:
        return sql.SetIndexTablespace(name, cmd.name)
    return sql.Understood("")
