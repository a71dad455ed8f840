"""Steps that migrate data."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.names import QualifiedName, literal


@dataclass(frozen=True, slots=True)
class Backfill:
    """Wanted: the background data migration that ``spec`` names, finished. Nothing of it is done by
    an upgrade, which does not import it.

    ``spec`` is ``package.module:attribute`` in the application's code. Of an empty table nothing is
    to be done, unless what is done comes ``from_elsewhere``: files, another database.
    """

    name: str
    table: QualifiedName
    spec: str
    after: tuple[str, ...] = ()
    from_elsewhere: bool = False

    kind = "backfill"

    @property
    def plain_sql(self) -> str:
        """What stands for it in a script: it is no SQL."""
        return f"SELECT {literal(f'backfill {self.name} by {self.spec}').strip()}"
