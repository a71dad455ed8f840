"""The operations as the Python of a revision, which needs no import but Alembic's own.

An index or a foreign key is rendered as Alembic renders its plain sister, or what the project has
registered for that, under the other name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from alembic.operations import MigrateOperation
from sqlalchemy.sql.elements import conv

from outofband.revisions.autogenerate.operations import Together
from outofband.revisions.operations.constraint import (
    AddConstraintOutOfBandOp,
    CreatePrimaryKeyOutOfBandOp,
    CreateUniqueConstraintOutOfBandOp,
)
from outofband.revisions.operations.foreign_key import CreateForeignKeyOutOfBandOp
from outofband.revisions.operations.index import CreateIndexOutOfBandOp, DropIndexOutOfBandOp

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext

_CONSTRAINTS: dict[type[AddConstraintOutOfBandOp], str] = {
    CreatePrimaryKeyOutOfBandOp: "create_primary_key_out_of_band",
    CreateUniqueConstraintOutOfBandOp: "create_unique_constraint_out_of_band",
}


def register() -> None:
    """Make the operations known to Alembic's renderers."""
    # The package itself is only half there while Alembic loads its plugins.
    from alembic.autogenerate.render import renderers

    renderers.dispatch_for(Together)(_together)
    renderers.dispatch_for(CreateIndexOutOfBandOp)(_create_index)
    renderers.dispatch_for(DropIndexOutOfBandOp)(_drop_index)
    renderers.dispatch_for(CreateForeignKeyOutOfBandOp)(_foreign_key)
    for operation in _CONSTRAINTS:
        renderers.dispatch_for(operation)(_constraint)


def _together(context: AutogenContext, operation: Together) -> list[str]:
    from alembic.autogenerate.render import render_op

    return [line for each in operation.ops for line in render_op(context, each)]


def _create_index(context: AutogenContext, operation: CreateIndexOutOfBandOp) -> str:
    return _as_sister(context, operation.to_sister(), "create_index", _after(operation.after))


def _drop_index(context: AutogenContext, operation: DropIndexOutOfBandOp) -> str:
    return _as_sister(context, operation.to_sister(), "drop_index", _after(operation.after))


def _foreign_key(context: AutogenContext, operation: CreateForeignKeyOutOfBandOp) -> str:
    return _as_sister(context, operation.to_sister(), "create_foreign_key", _after(operation.after))


def _constraint(context: AutogenContext, operation: AddConstraintOutOfBandOp) -> str:
    prefix, name = context.opts["alembic_module_prefix"] or "", operation.constraint_name
    told = [
        f"{prefix}f({str(name)!r})" if isinstance(name, conv) else repr(name),
        repr(str(operation.table_name)),
        repr([str(column) for column in operation.columns]),
        f"using_index={operation.using_index!r}",
        *([f"schema={str(operation.schema)!r}"] if operation.schema else []),
    ]
    return f"{prefix}{_CONSTRAINTS[type(operation)]}({', '.join(told)})"


def _after(names: tuple[str, ...] | None) -> dict[str, Any]:
    return {"after": list(names)} if names else {}


def _as_sister(
    context: AutogenContext, sister: MigrateOperation, name: str, more: dict[str, Any]
) -> str:
    from alembic.autogenerate.render import render_op_text

    text = render_op_text(context, sister).replace(f"{name}(", f"{name}_out_of_band(", 1)
    told = "".join(f", {key}={value!r}" for key, value in more.items())
    return f"{text.removesuffix(')')}{told})"
