"""Background data migrations: ``op.backfill_out_of_band``."""

from __future__ import annotations

from collections.abc import Sequence

from alembic.operations import MigrateOperation, Operations

from outofband.model.names import QualifiedName
from outofband.model.step import Backfill
from outofband.revisions.operations.declaration import checked
from outofband.revisions.stop import UpgradeMisused


class SpecMisnamed(UpgradeMisused):
    """A backfill names its spec in a way that no value of a module is written."""


class BackfillOutOfBandOp(MigrateOperation):
    """A background data migration that the runbook runs."""

    def __init__(
        self,
        name: str,
        table_name: str,
        spec: str,
        *,
        schema: str | None = None,
        after: Sequence[str] = (),
        from_elsewhere: bool = False,
    ) -> None:
        self.name, self.table_name, self.spec, self.schema = name, table_name, spec, schema
        self.after, self.from_elsewhere = tuple(after), from_elsewhere

    @classmethod
    def backfill_out_of_band(
        cls,
        operations: Operations,
        name: str,
        table_name: str,
        *,
        spec: str,
        schema: str | None = None,
        after: Sequence[str] = (),
        from_elsewhere: bool = False,
    ) -> None:
        """Want the rows of a table migrated as ``spec`` says, a value of the application's code
        written ``"package.module:attribute"``.

        An upgrade never does any of it, nor imports the spec: ``outofband apply`` does. Of an empty
        table nothing is to be done, unless what is done comes ``from_elsewhere``, such as files.
        ``after`` names steps that have to be done first.
        """
        operations.invoke(
            cls(
                checked(name, "backfill_out_of_band"),
                table_name,
                checked_spec(spec),
                schema=schema,
                after=after,
                from_elsewhere=from_elsewhere,
            )
        )

    def to_step(self) -> Backfill:
        """Return the step it declares."""
        table = QualifiedName(self.table_name, self.schema)
        return Backfill(self.name, table, self.spec, self.after, self.from_elsewhere)


def checked_spec(spec: str) -> str:
    """Return the name of a spec; raises SpecMisnamed. Whether it is there the runbook finds out."""
    module, _, attribute = spec.partition(":")
    if all(part.isidentifier() for part in (*module.split("."), attribute)):
        return spec
    raise SpecMisnamed(
        f"op.backfill_out_of_band with the spec {spec!r}",
        why="it names no value of a module",
        do='Write it as "package.module:attribute"',
    )
