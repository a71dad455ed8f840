"""Labels of enums: ``op.add_enum_value_out_of_band``."""

from __future__ import annotations

from alembic.operations import MigrateOperation, Operations
from alembic.operations.ops import ExecuteSQLOp

from outofband.model.names import QualifiedName
from outofband.model.step import AddEnumValue
from outofband.revisions.operations.declaration import checked
from outofband.revisions.stop import UpgradeMisused


class LabelMisplaced(UpgradeMisused):
    """A label is to stand before one other and after another."""


class AddEnumValueOutOfBandOp(MigrateOperation):
    """A label that an enum is to have."""

    def __init__(
        self,
        name: str,
        enum_name: str,
        value: str,
        *,
        before: str | None = None,
        after_value: str | None = None,
        schema: str | None = None,
    ) -> None:
        self.name, self.enum_name, self.value, self.schema = name, enum_name, value, schema
        self.before, self.after_value = before, after_value

    @classmethod
    def add_enum_value_out_of_band(
        cls,
        operations: Operations,
        name: str,
        enum_name: str,
        value: str,
        *,
        before: str | None = None,
        after_value: str | None = None,
        schema: str | None = None,
    ) -> None:
        """Want an enum to have a label, ``before`` or ``after_value`` another one, else the last.

        ``name`` is the step's. It is quick: the upgrade adds it, and what its transaction adds
        can be used once that is over. ``outofband apply --to head`` adds it ahead of the upgrade,
        which may then use it at once.
        """
        if before is not None and after_value is not None:
            raise LabelMisplaced(
                f"op.add_enum_value_out_of_band for the label {value!r}",
                why="it is to stand before one label and after another",
                do="Give before or after_value, not both",
            )
        step = checked(name, "add_enum_value_out_of_band")
        operations.invoke(
            cls(step, enum_name, value, before=before, after_value=after_value, schema=schema)
        )

    def to_sister(self) -> MigrateOperation:
        """Return the plain operation."""
        return ExecuteSQLOp(self.to_step().plain_sql)

    def to_step(self) -> AddEnumValue:
        """Return the step it declares."""
        enum = QualifiedName(self.enum_name, self.schema)
        return AddEnumValue(self.name, enum, self.value, self.before, self.after_value)
