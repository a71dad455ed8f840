"""Background data migrations: what an application says of one, and the engine that runs it.

A spec is a value of the application's code, named by a revision
(``op.backfill_out_of_band("name", "table", spec="package.module:attribute")``) and run by
``outofband apply``. An application needs :class:`Keyset` to fill columns of a table, or a
:class:`Spec` of its own.
"""

from outofband.backfill.bounds import Bounds
from outofband.backfill.here import here
from outofband.backfill.keyset import Keyset
from outofband.backfill.limits import Limits
from outofband.backfill.spec import Abandoned, Batch, Cursor, Damaged, Quarantined, Size, Spec, Unit
from outofband.backfill.startup import VersionRefused, require_version
from outofband.model.progress import Progress

__all__ = [
    "Abandoned",
    "Batch",
    "Bounds",
    "Cursor",
    "Damaged",
    "Keyset",
    "Limits",
    "Progress",
    "Quarantined",
    "Size",
    "Spec",
    "Unit",
    "VersionRefused",
    "here",
    "require_version",
]
