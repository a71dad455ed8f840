"""Labels of enums: ``op.add_enum_value_out_of_band``."""

from __future__ import annotations

from alembic.operations import Operations

from outofband.model.names import QualifiedName
from outofband.model.step import AddEnumValue
from outofband.revisions.operations.declaration import StepOutOfBandOp, checked
from outofband.revisions.stop import UpgradeMisused


class LabelMisplaced(UpgradeMisused):
    """A label is to stand before one other and after another."""


class AddEnumValueOutOfBandOp(StepOutOfBandOp[AddEnumValue]):
    """A label that an enum is to have."""

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
        enum = QualifiedName(enum_name, schema)
        operations.invoke(cls(AddEnumValue(step, enum, value, before, after_value)))
