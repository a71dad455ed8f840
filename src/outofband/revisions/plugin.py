"""The module that Alembic loads on any ``import alembic`` (Alembic 1.18, Plugins, entry point
``alembic.plugins``).

It is loaded while ``alembic.autogenerate`` is half-initialised, and an exception here would break
every command of Alembic: what needs more than ``alembic.operations`` is imported when it is called.
"""

from __future__ import annotations

from typing import Any


def setup(plugin: Any) -> None:
    """Register the operations, the comparator of autogenerate, and who answers the guard."""
    from outofband.attendant import attend
    from outofband.revisions import autogenerate, operations
    from outofband.revisions.attendance import RunningMigrations

    attend(RunningMigrations())
    operations.register()
    autogenerate.register(plugin)
