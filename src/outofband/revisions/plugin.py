"""The module that Alembic loads on any ``import alembic`` (Alembic 1.18, Plugins, entry point
``alembic.plugins``).

It is loaded while ``alembic.autogenerate`` is half-initialised, and an exception here would break
every command of Alembic: what needs more than ``alembic.operations`` is imported when it is called.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any


def setup(plugin: Any) -> None:
    """Register the operations, the comparator of autogenerate, and who answers the guard."""
    from outofband.attendant import attend
    from outofband.revisions import autogenerate, operations
    from outofband.revisions.attendance import RunningMigrations

    attend(RunningMigrations())
    operations.register()
    autogenerate.register(plugin)


class _Plugin(ModuleType):
    """This module, as Alembic 1.18.0 to 1.20.0 want it: they iterate over what the entry point is.

    1.20.1 takes a module for what it is (Alembic, issue 1873). Without this the oldest release that
    works would be that one.
    """

    def __iter__(self) -> Iterator[ModuleType]:
        yield self


sys.modules[__name__].__class__ = _Plugin
