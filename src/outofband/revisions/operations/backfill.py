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

    def __init__(self, step: Backfill) -> None:
        self.step = step

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
        step = checked(name, "backfill_out_of_band")
        table = QualifiedName(table_name, schema)
        given = checked_spec(spec), tuple(after), from_elsewhere
        operations.invoke(cls(Backfill(step, table, *given)))


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
