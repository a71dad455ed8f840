"""Which changes come out of band: the models say so themselves, or the project does, or the table
exists.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from outofband.model.names import QualifiedName
from outofband.revisions.autogenerate.compared import Compared
from outofband.revisions.project import settings_to_run_by, sizes_to_run_by
from outofband.settings import Autogenerate
from outofband_lint.settings import Settings as Sizes

if TYPE_CHECKING:
    from alembic.autogenerate.api import AutogenContext
    from sqlalchemy import Constraint, Table
    from sqlalchemy.schema import SchemaItem

OUT_OF_BAND, LARGE, SMALL = "out_of_band", "large", "small"
"""Keys of ``info`` that a model may have."""


@dataclass(frozen=True, slots=True)
class Placement:
    """``form`` is what the project wants of existing tables, ``sizes`` are the tables that it calls
    large or small.
    """

    compared: Compared
    form: Autogenerate = "out_of_band"
    sizes: Sizes = Sizes()  # noqa: RUF009 it is frozen

    @classmethod
    def of(cls, context: AutogenContext, compared: Compared) -> Placement:
        """Return what holds for a run of autogenerate. Raises SettingsStop."""
        own = settings_to_run_by(context.migration_context.config)
        return cls(compared, own.autogenerate, sizes_to_run_by(own))

    def is_out_of_band(self, schema: str | None, table: str, item: SchemaItem | None) -> bool:
        """Tell whether a change of an index or constraint on a table is written out of band.

        What the ``info`` of the item says comes first, then that of its table, then the project's
        setting and the tables that it calls small. What comes with its table is made with it.
        """
        model = self.compared.model(schema, table)
        said = _info(item).get(OUT_OF_BAND)
        if said is not None:
            return bool(said)
        if not self.compared.exists(schema, table):
            return False
        if _info(model).get(LARGE):
            return True
        if _info(model).get(SMALL) or self.form == "plain":
            return False
        return not self.sizes.is_small(QualifiedName(table, schema))

    def index(self, schema: str | None, table: str, name: str) -> SchemaItem | None:
        """Return an index of the models."""
        model = self.compared.model(schema, table)
        found = () if model is None else model.indexes
        return next((index for index in found if index.name == name), None)

    def constraint(
        self,
        kind: type[Constraint],
        schema: str | None,
        table: str,
        name: str | None,
        columns: tuple[str, ...],
    ) -> SchemaItem | None:
        """Return a constraint of the models by its name, or by its columns where it has none."""
        model: Table | None = self.compared.model(schema, table)
        for each in () if model is None else model.constraints:
            if isinstance(each, kind) and (
                each.name == name if name else tuple(_columns(each)) == columns
            ):
                return each
        return None


def _columns(constraint: Any) -> list[str]:
    return [column.name for column in getattr(constraint, "columns", ())]


def _info(item: SchemaItem | None) -> Mapping[str, Any]:
    return {} if item is None else item.info
