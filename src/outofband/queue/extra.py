"""Whether Procrastinate is there, which not everybody has installed; imports none of it."""

from __future__ import annotations

import logging
from importlib.util import find_spec

from outofband.errors import Misuse

_LOGGERS = "procrastinate", "psycopg.pool", "asyncio"


class WorkerNotInstalled(Misuse):
    """What workers on many hosts need is not installed."""


def require() -> None:
    """Raise WorkerNotInstalled where a part of the extra is missing."""
    for module in ("procrastinate", "psycopg_pool"):
        if find_spec(module) is None:
            raise WorkerNotInstalled(
                f"outofband backfill worker needs {module}",
                do="pip install 'alembic-outofband[worker]'",
            )


def mute_loggers() -> None:
    """Keep to ourselves what they log: their texts quote errors of the driver, which hold pieces of
    passwords, and tracebacks.
    """
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        logger.addHandler(logging.NullHandler())
        logger.propagate = False
