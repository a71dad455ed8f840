"""What each operation of ours is in plain Alembic: the one table that ``outofband eject`` reads.

A plain form leaves an empty database as ours leaves it. An operation that is not in the table is
left for a person, as is one whose arguments its plain form has to know and cannot.
"""

from __future__ import annotations

from collections.abc import Mapping

from outofband.model.names import QualifiedName
from outofband.model.step import AddEnumValue, DetachPartition
from outofband.revisions.rewrite.plain import (
    Calls,
    Gone,
    Plain,
    Written,
    calling,
    executing,
    renamed,
)
from outofband.revisions.rewrite.source import function_of, with_keyword


def _create_index(written: Written) -> Calls:
    if written.name("index_name") in written.declared.merged:
        return ()
    return renamed("create_index", "after")(written)


def _drop_index(written: Written) -> Calls:
    """Drop the constraint that the index became, if it did; what became one is not there itself."""
    name = written.name("index_name")
    kind = written.declared.constraints.get(name)
    if kind is not None:
        arguments = "index_name", "table_name", f'type_="{kind}"', "schema="
        return calling("drop_constraint", *arguments)(written)
    if name in written.declared.consumed:
        arguments = "index_name", "table_name", "schema=", "if_exists=True"
        return calling("drop_index", *arguments)(written)
    return renamed("drop_index", "after")(written)


def _add_constraint(written: Written) -> Calls:
    """The constraint makes its own index; one of an earlier revision makes way for it."""
    function = function_of(written.call).removesuffix("_out_of_band")
    (call,) = renamed(function, "using_index")(written)
    index = written.name("using_index")
    for option, value in written.declared.consumed.get(index, {}).items():
        call = with_keyword(call, option, value)
    if index in written.declared.merged:
        return (call,)
    return (*calling("drop_index", "using_index", "table_name", "schema=")(written), call)


def _backfill(_: Written) -> Gone:
    return Gone("no plain operation moves data")


def _require_step(_: Written) -> Calls:
    return ()


def _detach_partition(
    *,
    table_name: str,
    partition_name: str,
    schema: str | None = None,
    partition_schema: str | None = None,
    **_: object,
) -> str:
    table = QualifiedName(table_name, schema)
    partition = QualifiedName(partition_name, partition_schema or schema)
    return DetachPartition("", table, partition).plain_sql


def _reindex(*, index_name: str, schema: str | None = None, **_: object) -> str:
    return f"REINDEX INDEX {QualifiedName(index_name, schema)}"


def _refresh(*, view_name: str, schema: str | None = None, **_: object) -> str:
    return f"REFRESH MATERIALIZED VIEW {QualifiedName(view_name, schema)}"


def _add_enum_value(
    *,
    enum_name: str,
    value: str,
    before: str | None = None,
    after_value: str | None = None,
    schema: str | None = None,
    **_: object,
) -> str:
    return AddEnumValue("", QualifiedName(enum_name, schema), value, before, after_value).plain_sql


PLAIN: Mapping[str, Plain] = {
    "create_index_out_of_band": _create_index,
    "drop_index_out_of_band": _drop_index,
    "create_primary_key_out_of_band": _add_constraint,
    "create_unique_constraint_out_of_band": _add_constraint,
    "create_foreign_key_out_of_band": renamed("create_foreign_key", "after"),
    "create_check_constraint_out_of_band": renamed("create_check_constraint", "after"),
    "set_not_null_out_of_band": calling(
        "alter_column", "table_name", "column_name", "schema=", "nullable=False"
    ),
    "backfill_out_of_band": _backfill,
    "detach_partition_out_of_band": executing(_detach_partition),
    "add_enum_value_out_of_band": executing(_add_enum_value),
    "reindex_out_of_band": executing(_reindex),
    "refresh_materialized_view_out_of_band": executing(_refresh),
    "drop_table_out_of_band": calling("drop_table", "table_name", "schema="),
    "drop_column_out_of_band": calling("drop_column", "table_name", "column_name", "schema="),
    "require_step": _require_step,
}
