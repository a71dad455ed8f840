"""Statements of a tree, as the reader gives them.

What the reader only calls understood is an Understood of no kind here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import postgast.pg_query_pb2 as pb

from outofband_lint import statement as sql
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.statement import Statement, Write
from pg_tree.actions import alter_table
from pg_tree.names import cascades, constant, data_type, named, object_name, on, relation, value
from pg_tree.tables import (
    create_index,
    create_table,
    create_table_as,
    table_constraint,
    with_constraint,
)

UNDERSTOOD = sql.Understood("")
_TABLES = (pb.OBJECT_TABLE, pb.OBJECT_FOREIGN_TABLE, pb.OBJECT_MATVIEW)
_TRANSACTION: Mapping[int, Any] = {
    pb.TRANS_STMT_BEGIN: "begin",
    pb.TRANS_STMT_START: "begin",
    pb.TRANS_STMT_COMMIT: "commit",
    pb.TRANS_STMT_ROLLBACK: "rollback",
    pb.TRANS_STMT_ROLLBACK_TO: "rollback",
    pb.TRANS_STMT_SAVEPOINT: "savepoint",
    pb.TRANS_STMT_RELEASE: "release",
}
_REINDEXED: Mapping[int, Any] = {
    pb.REINDEX_OBJECT_INDEX: "index",
    pb.REINDEX_OBJECT_TABLE: "table",
    pb.REINDEX_OBJECT_SCHEMA: "schema",
    pb.REINDEX_OBJECT_DATABASE: "database",
    pb.REINDEX_OBJECT_SYSTEM: "system",
}
_MOVED: Mapping[int, Any] = {
    pb.OBJECT_TABLE: "table",
    pb.OBJECT_INDEX: "index",
    pb.OBJECT_MATVIEW: "materialized view",
}
_DOMAIN_ACTIONS: Mapping[str, Any] = {
    "T": "set_default",
    "N": "drop_not_null",
    "O": "set_not_null",
    "C": "add_constraint",
    "X": "drop_constraint",
    "V": "validate_constraint",
}


def statement_of(tree: Any) -> Statement:
    """Return the one statement of a parse tree."""
    node = tree.stmts[0].stmt
    kind = node.WhichOneof("node")
    read = _READ.get(kind)
    return UNDERSTOOD if read is None else read(getattr(node, kind))


# --- rows


def _query(node: Any) -> Statement:
    kind: Any = type(node).__name__.removesuffix("Stmt").lower()
    into = _into(node) if kind == "select" else None
    if into is not None:
        return create_table_as(into)
    return sql.Query(kind, tuple(_writes(node)))


def _into(node: Any) -> Any | None:
    while node.op != pb.SETOP_NONE:
        node = node.larg
    return node.into_clause if node.HasField("into_clause") else None


def _writes(node: Any) -> Iterator[Write]:
    for cte in node.with_clause.ctes:
        inner = cte.common_table_expr.ctequery
        yield from _writes(getattr(inner, inner.WhichOneof("node")))
    kind: Any = type(node).__name__.removesuffix("Stmt").lower()
    if kind == "select":
        return
    columns: tuple[str, ...] = ()
    if kind in ("insert", "update"):
        targets = node.cols if kind == "insert" else node.target_list
        columns = tuple(target.res_target.name for target in targets)
    yield Write(
        kind,
        relation(node.relation),
        columns,
        kind in ("update", "delete") and node.HasField("where_clause"),
        kind == "insert" and _is_query(node.select_stmt),
    )
    if kind == "insert" and node.HasField("select_stmt"):
        yield from _writes(node.select_stmt.select_stmt)


def _is_query(node: Any) -> bool:
    return node.WhichOneof("node") == "select_stmt" and not node.select_stmt.values_lists


def _copy(node: Any) -> Statement:
    return sql.Copy(relation(node.relation) if node.HasField("relation") else None, node.is_from)


# --- objects


def _drop(node: Any) -> Statement:
    names = tuple(map(object_name, node.objects))
    flags: Any = (node.missing_ok, cascades(node.behavior))
    match node.remove_type:
        case pb.OBJECT_INDEX:
            return sql.DropIndex(names, node.concurrent, *flags)
        case pb.OBJECT_TABLE | pb.OBJECT_FOREIGN_TABLE:
            return sql.DropTable(names, *flags)
        case pb.OBJECT_MATVIEW:
            return sql.DropMaterializedView(names, *flags)
        case pb.OBJECT_VIEW:
            return sql.DropView(names, *flags)
        case pb.OBJECT_TYPE | pb.OBJECT_DOMAIN:
            return sql.DropType(names, *flags)
        case pb.OBJECT_SCHEMA:
            return sql.DropSchema(tuple(name.name for name in names), *flags)
        case pb.OBJECT_EXTENSION:
            return sql.Extension("drop", tuple(name.name for name in names), *flags)
        case pb.OBJECT_TRIGGER:
            *schema, table, trigger = [i.string.sval for i in node.objects[0].list.items]
            name = QualifiedName(table, schema[-1] if schema else None)
            return sql.DropTrigger(trigger, name, *flags)
    return UNDERSTOOD


def _rename(node: Any) -> Statement:
    table = relation(node.relation)
    match node.rename_type:
        case pb.OBJECT_TABLE | pb.OBJECT_FOREIGN_TABLE | pb.OBJECT_MATVIEW | pb.OBJECT_VIEW:
            return sql.RenameTable(table, node.newname)
        case pb.OBJECT_INDEX:
            return sql.RenameIndex(table, node.newname)
        case pb.OBJECT_COLUMN if node.relation_type in _TABLES:
            return _renamed_in(node, sql.RenameColumn(node.subname, node.newname))
        case pb.OBJECT_COLUMN:
            return UNDERSTOOD
        case pb.OBJECT_TABCONSTRAINT:
            return _renamed_in(node, sql.RenameConstraint(node.subname, node.newname))
        case pb.OBJECT_SCHEMA:
            return sql.RenameSchema(node.subname, node.newname)
        case pb.OBJECT_TYPE | pb.OBJECT_DOMAIN:
            return sql.RenameType(object_name(node.object), node.newname)
        case pb.OBJECT_DOMCONSTRAINT:
            domain = object_name(node.object)
            return sql.AlterDomain(domain, "rename_constraint", constraint_name=node.subname)
        case pb.OBJECT_ATTRIBUTE:
            return sql.AlterCompositeType(table, ("rename attribute",))
    return _renamed_object(node)


def _renamed_object(node: Any) -> Statement:
    if node.rename_type in (pb.OBJECT_OPCLASS, pb.OBJECT_OPFAMILY):
        _method, *names = node.object.list.items
        name = named(names)
    elif node.HasField("object"):
        name = object_name(node.object)
    elif node.subname:
        name = QualifiedName(node.subname)
    else:
        name = relation(node.relation)
    return sql.RenameObject("", name, node.newname)


def _renamed_in(node: Any, action: sql.RenameColumn | sql.RenameConstraint) -> Statement:
    return sql.AlterTable(
        relation(node.relation), (action,), node.missing_ok, not node.relation.inh
    )


def _set_schema(node: Any) -> Statement:
    if node.object_type in _TABLES:
        return sql.SetTableSchema(relation(node.relation), node.newschema)
    if node.object_type in (pb.OBJECT_TYPE, pb.OBJECT_DOMAIN):
        return sql.SetTypeSchema(object_name(node.object), node.newschema)
    if node.object_type == pb.OBJECT_EXTENSION:
        return sql.Extension("alter", (object_name(node.object).name,))
    return UNDERSTOOD


def _create_as(node: Any) -> Statement:
    if node.objtype == pb.OBJECT_MATVIEW:
        return sql.CreateMaterializedView(relation(node.into.rel), node.if_not_exists)
    return create_table_as(node.into, if_not_exists=node.if_not_exists)


def _create_schema(node: Any) -> Statement:
    role = node.authrole.rolename or {
        pb.ROLESPEC_CURRENT_USER: "current_user",
        pb.ROLESPEC_CURRENT_ROLE: "current_role",
        pb.ROLESPEC_SESSION_USER: "session_user",
    }.get(node.authrole.roletype, "")
    return sql.CreateSchema(node.schemaname or role, node.if_not_exists)


def _defined(node: Any) -> Statement:
    if node.kind == pb.OBJECT_TYPE:
        return sql.CreateType(named(node.defnames), "base")
    return UNDERSTOOD


def _enum_changed(node: Any) -> Statement:
    name = named(node.type_name)
    if node.old_val:
        return sql.RenameEnumValue(name, node.old_val, node.new_val)
    return sql.AddEnumValue(name, node.new_val, node.skip_if_new_val_exists)


def _create_domain(node: Any) -> Statement:
    value = sql.ColumnDefinition("value", data_type(node.type_name))
    for element in node.constraints:
        value = with_constraint(value, element.constraint)
    checks = tuple(check for check in value.constraints if check.kind != "not_null")
    return sql.CreateDomain(
        named(node.domainname), value.type, value.not_null, value.default, checks
    )


def _alter_domain(node: Any) -> Statement:
    name = named(node.type_name)
    definition = getattr(node, "def")
    action = _DOMAIN_ACTIONS[node.subtype]
    if action == "set_default" and not node.HasField("def"):
        action = "drop_default"
    if action != "add_constraint":
        return sql.AlterDomain(name, action, constraint_name=node.name or None)
    added = table_constraint(definition.constraint)
    return sql.AlterDomain(name, action, added, added.name)


def _owner(node: Any) -> Statement:
    if node.object_type == pb.OBJECT_DOMAIN:
        return sql.AlterDomain(object_name(node.object), "owner")
    return UNDERSTOOD


# --- functions and triggers


def _create_function(node: Any) -> Statement:
    options = [(o.def_elem.defname, o.def_elem.arg) for o in node.options]
    given = dict(options)
    language = given["language"].string.sval if "language" in given else None
    return sql.CreateFunction(
        named(node.funcname),
        "procedure" if node.is_procedure else "function",
        language or ("sql" if node.HasField("sql_body") else None),
        "security" in given and given["security"].boolean.boolval,
        tuple(arg.variable_set_stmt.name for name, arg in options if name == "set"),
        node.replace,
    )


def _alter_function(node: Any) -> Statement:
    actions = [(a.def_elem.defname, a.def_elem.arg) for a in node.actions]
    given = dict(actions)
    return sql.AlterFunction(
        named(node.func.objname),
        "procedure" if node.objtype == pb.OBJECT_PROCEDURE else "function",
        given["security"].boolean.boolval if "security" in given else None,
        tuple(
            arg.variable_set_stmt.name
            for name, arg in actions
            if name == "set" and arg.variable_set_stmt.kind not in (pb.VAR_RESET, pb.VAR_RESET_ALL)
        ),
    )


def _create_trigger(node: Any) -> Statement:
    table = relation(node.relation)
    return sql.CreateTrigger(node.trigname, table, node.isconstraint, node.replace)


# --- maintenance, sessions and transactions


def _vacuum(node: Any) -> Statement:
    tables = tuple(relation(r.vacuum_relation.relation) for r in node.rels)
    if not node.is_vacuumcmd:
        return sql.Analyze(tables)
    return sql.Vacuum(tables, on(node.options, "full"), on(node.options, "analyze"))


def _reindex(node: Any) -> Statement:
    target = _REINDEXED[node.kind]
    name = None
    if target == "schema":
        name = QualifiedName(node.name)
    elif target in ("index", "table"):
        name = relation(node.relation)
    spaces = [value(p.def_elem.arg) for p in node.params if p.def_elem.defname == "tablespace"]
    concurrently = on(node.params, "concurrently")
    return sql.Reindex(target, name, concurrently, spaces[-1] if spaces else None)


def _lock(node: Any) -> Statement:
    mode = list(LockMode)[node.mode - 1].value
    return sql.LockTable(tuple(relation(r.range_var) for r in node.relations), mode, node.nowait)


def _transaction(node: Any) -> Statement:
    if node.kind not in _TRANSACTION:
        return UNDERSTOOD
    return sql.TransactionControl(_TRANSACTION[node.kind], node.savepoint_name or None)


def _set(node: Any) -> Statement:
    if node.kind == pb.VAR_RESET_ALL:
        return sql.SetSearchPath(None)
    if node.kind == pb.VAR_SET_MULTI or node.name in ("role", "session_authorization"):
        return UNDERSTOOD
    values = [constant(arg.a_const) for arg in node.args if arg.WhichOneof("node") == "a_const"]
    name = node.name.lower()
    if name == "search_path":
        schemas = tuple(v for v in values if v not in ("", "$user"))
        return sql.SetSearchPath(schemas if node.args else None, node.is_local)
    return sql.SetParameter(name, "" if node.args else None, node.is_local)


_READ: Mapping[str, Callable[[Any], Statement]] = {
    "alter_domain_stmt": _alter_domain,
    "alter_enum_stmt": _enum_changed,
    "alter_extension_contents_stmt": lambda n: sql.Extension("alter", (n.extname,)),
    "alter_extension_stmt": lambda n: sql.Extension("alter", (n.extname,)),
    "alter_function_stmt": _alter_function,
    "alter_object_schema_stmt": _set_schema,
    "alter_owner_stmt": _owner,
    "alter_table_move_all_stmt": lambda n: sql.MoveAllToTablespace(
        _MOVED[n.objtype], n.orig_tablespacename, n.new_tablespacename
    ),
    "alter_table_stmt": alter_table,
    "cluster_stmt": lambda n: sql.Cluster(
        relation(n.relation) if n.HasField("relation") else None, n.indexname or None
    ),
    "composite_type_stmt": lambda n: sql.CreateType(relation(n.typevar), "composite"),
    "copy_stmt": _copy,
    "create_domain_stmt": _create_domain,
    "create_enum_stmt": lambda n: sql.CreateType(
        named(n.type_name), "enum", tuple(v.string.sval for v in n.vals)
    ),
    "create_extension_stmt": lambda n: sql.Extension(
        "create", (n.extname,), n.if_not_exists, on(n.options, "cascade")
    ),
    "create_foreign_table_stmt": lambda n: create_table(n.base_stmt, foreign=True),
    "create_function_stmt": _create_function,
    "create_range_stmt": lambda n: sql.CreateType(named(n.type_name), "range"),
    "create_schema_stmt": _create_schema,
    "create_stmt": create_table,
    "create_table_as_stmt": _create_as,
    "create_trig_stmt": _create_trigger,
    "define_stmt": _defined,
    "delete_stmt": _query,
    "discard_stmt": lambda n: sql.SetSearchPath(None) if n.target == pb.DISCARD_ALL else UNDERSTOOD,
    "drop_stmt": _drop,
    "index_stmt": create_index,
    "insert_stmt": _query,
    "lock_stmt": _lock,
    "merge_stmt": _query,
    "refresh_mat_view_stmt": lambda n: sql.RefreshMaterializedView(
        relation(n.relation), n.concurrent, not n.skip_data
    ),
    "reindex_stmt": _reindex,
    "rename_stmt": _rename,
    "select_stmt": _query,
    "transaction_stmt": _transaction,
    "truncate_stmt": lambda n: sql.Truncate(
        tuple(relation(r.range_var) for r in n.relations), cascades(n.behavior)
    ),
    "update_stmt": _query,
    "vacuum_stmt": _vacuum,
    "variable_set_stmt": _set,
    "view_stmt": lambda n: sql.CreateView(
        relation(n.view), n.replace, n.view.relpersistence == "t"
    ),
}
