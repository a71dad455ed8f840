"""CREATE TABLE and CREATE INDEX of a tree, as the reader gives them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import postgast.pg_query_pb2 as pb

from outofband_lint.statement import (
    ColumnDefinition,
    Constraint,
    CreateIndex,
    CreateTable,
    CreateTableAs,
    DataType,
    IndexKey,
    Like,
)
from pg_tree.expressions import key
from pg_tree.names import SERIALS, data_type, named, parts, relation

_ACTIONS = {"r": "restrict", "c": "cascade", "n": "set null", "d": "set default"}
_INDEXED = {
    pb.CONSTR_PRIMARY: "primary_key",
    pb.CONSTR_UNIQUE: "unique",
    pb.CONSTR_EXCLUSION: "exclude",
}
# src/include/nodes/parsenodes.h, TableLikeOption.
_LIKE_OPTIONS = {
    "comments": 1 << 0,
    "compression": 1 << 1,
    "constraints": 1 << 2,
    "defaults": 1 << 3,
    "generated": 1 << 4,
    "identity": 1 << 5,
    "indexes": 1 << 6,
    "statistics": 1 << 7,
    "storage": 1 << 8,
}
_STRATEGIES = {
    pb.PARTITION_STRATEGY_LIST: "list",
    pb.PARTITION_STRATEGY_RANGE: "range",
    pb.PARTITION_STRATEGY_HASH: "hash",
}


def create_table(node: Any, *, foreign: bool = False) -> CreateTable:
    """Return a CreateStmt."""
    elements = [(element.WhichOneof("node"), element) for element in node.table_elts]
    parent = [relation(parent.range_var) for parent in node.inh_relations]
    is_partition = node.HasField("partbound")
    return CreateTable(
        relation(node.relation),
        tuple(column(element.column_def) for kind, element in elements if kind == "column_def"),
        tuple(table_constraint(e.constraint) for kind, e in elements if kind == "constraint"),
        tuple(_like(e.table_like_clause) for kind, e in elements if kind == "table_like_clause"),
        () if is_partition else tuple(parent),
        _STRATEGIES[node.partspec.strategy] if node.HasField("partspec") else None,
        parent[0] if is_partition else None,
        is_default=is_partition and node.partbound.is_default,
        temporary=node.relation.relpersistence == "t",
        unlogged=node.relation.relpersistence == "u",
        foreign=foreign,
        if_not_exists=node.if_not_exists,
        tablespace=node.tablespacename or None,
        of_type=named(node.of_typename.names) if node.HasField("of_typename") else None,
    )


def create_table_as(into: Any, *, if_not_exists: bool = False) -> CreateTableAs:
    """Return the IntoClause of a CREATE TABLE AS or a SELECT INTO."""
    return CreateTableAs(
        relation(into.rel),
        temporary=into.rel.relpersistence == "t",
        if_not_exists=if_not_exists,
        unlogged=into.rel.relpersistence == "u",
    )


def _like(node: Any) -> Like:
    including = frozenset(name for name, bit in _LIKE_OPTIONS.items() if node.options & bit)
    return Like(relation(node.relation), including)


def column(node: Any) -> ColumnDefinition:
    """Return a ColumnDef."""
    declared = data_type(node.type_name) if node.HasField("type_name") else DataType("")
    word = named(node.type_name.names).name if node.HasField("type_name") else ""
    found = ColumnDefinition(
        node.colname,
        declared,
        not_null=word in SERIALS,
        serial=word in SERIALS,
        collation=str(named(node.coll_clause.collname)) if node.HasField("coll_clause") else None,
    )
    for element in node.constraints:
        found = with_constraint(found, element.constraint)
    return found


def with_constraint(found: ColumnDefinition, node: Any) -> ColumnDefinition:
    """Return the column with one of the constraints that stand with it."""
    match node.contype:
        case (
            pb.CONSTR_NULL
            | pb.CONSTR_ATTR_NOT_DEFERRABLE
            | pb.CONSTR_ATTR_IMMEDIATE
            | pb.CONSTR_ATTR_ENFORCED
        ):
            return found
        case pb.CONSTR_ATTR_DEFERRABLE | pb.CONSTR_ATTR_DEFERRED:
            *others, last = found.constraints
            deferred = last.deferred or node.contype == pb.CONSTR_ATTR_DEFERRED
            last = replace(last, deferrable=True, deferred=deferred)
            return replace(found, constraints=(*others, last))
        case pb.CONSTR_ATTR_NOT_ENFORCED:
            *others, last = found.constraints
            last = replace(last, enforced=False, not_valid=True)
            return replace(found, constraints=(*others, last))
        case pb.CONSTR_NOTNULL:
            if not node.conname:
                return replace(found, not_null=True)
            named_one = Constraint("not_null", node.conname, (found.name,))
            return replace(found, not_null=True, constraints=(*found.constraints, named_one))
        case pb.CONSTR_DEFAULT:
            return replace(found, default=key(node.raw_expr))
        case pb.CONSTR_IDENTITY:
            return replace(found, identity=True, not_null=True)
        case pb.CONSTR_GENERATED:
            kind = "stored" if node.generated_kind == "s" else "virtual"
            return replace(found, default=key(node.raw_expr), generated=kind)  # type: ignore[arg-type]
    columns = () if node.contype == pb.CONSTR_CHECK else (found.name,)
    constraint = replace(table_constraint(node), columns=columns)
    return replace(found, constraints=(*found.constraints, constraint))


def table_constraint(node: Any) -> Constraint:
    """Return a Constraint node."""
    name = node.conname or None
    if node.contype == pb.CONSTR_NOTNULL:
        constraint = Constraint("not_null", name, parts(node.keys))
    elif node.contype == pb.CONSTR_CHECK:
        constraint = Constraint("check", name, expression=key(node.raw_expr))
    elif node.contype == pb.CONSTR_FOREIGN:
        constraint = _foreign_key(node, name)
    else:
        constraint = _indexed(node, name)
    weak = node.contype in (pb.CONSTR_CHECK, pb.CONSTR_FOREIGN) and not node.is_enforced
    return replace(
        constraint,
        not_valid=node.skip_validation or weak,
        no_inherit=node.is_no_inherit,
        deferrable=node.deferrable,
        deferred=node.initdeferred,
        enforced=not weak,
    )


def _foreign_key(node: Any, name: str | None) -> Constraint:
    return Constraint(
        "foreign_key",
        name,
        parts(node.fk_attrs),
        references=relation(node.pktable),
        referenced_columns=parts(node.pk_attrs),
        on_delete=_ACTIONS.get(node.fk_del_action, ""),
        on_update=_ACTIONS.get(node.fk_upd_action, ""),
        sets_some=bool(node.fk_del_set_cols),
        full=node.fk_matchtype == "f",
    )


def _indexed(node: Any, name: str | None) -> Constraint:
    keys = tuple(index_key(e.list.items[0].index_elem) for e in node.exclusions)
    excluded = tuple(k.column for k in keys if k.column is not None)
    return Constraint(
        _INDEXED[node.contype],  # type: ignore[arg-type]
        name,
        parts(node.keys) or excluded,
        parts(node.including),
        using_index=node.indexname or None,
        keys=keys,
        method=node.access_method or "btree",
        where=key(node.where_clause) if node.HasField("where_clause") else None,
        nulls_not_distinct=node.nulls_not_distinct,
        tablespace=node.indexspace or None,
    )


def create_index(node: Any) -> CreateIndex:
    """Return an IndexStmt."""
    return CreateIndex(
        node.idxname or None,
        relation(node.relation),
        index_keys(node.index_params),
        tuple(k.column or "" for k in index_keys(node.index_including_params)),
        node.access_method or "btree",
        node.unique,
        node.nulls_not_distinct,
        key(node.where_clause) if node.HasField("where_clause") else None,
        node.concurrent,
        node.if_not_exists,
        not node.relation.inh,
        node.table_space or None,
    )


def index_keys(nodes: Iterable[Any]) -> tuple[IndexKey, ...]:
    """Return a list of IndexElem nodes."""
    return tuple(index_key(node.index_elem) for node in nodes)


def index_key(node: Any) -> IndexKey:
    """Return an IndexElem."""
    nulls = {pb.SORTBY_NULLS_FIRST: True, pb.SORTBY_NULLS_LAST: False}
    return IndexKey(
        node.name or None,
        key(node.expr) if node.HasField("expr") else None,
        str(named(node.collation)) if node.collation else None,
        str(named(node.opclass)) if node.opclass else None,
        node.ordering == pb.SORTBY_DESC,
        nulls.get(node.nulls_ordering),
    )
