"""Look at the server before a batch: adapters of clocks and of the catalog to pure decisions."""

from __future__ import annotations

import time
from dataclasses import replace

from outofband.backfill.desk import Desk
from outofband.backfill.pace import Signals
from outofband.backfill.state import query
from outofband.runbook.conditions import lags
from outofband.runbook.hand import Lag

_LOOK_SECONDS = 1.0


class Look:
    """Asks about the table before each batch, and about the server once a second.

    The first is what makes a concurrent build wait, and costs one query of pg_locks.
    """

    def __init__(self, desk: Desk, table_oid: int) -> None:
        self._desk, self._table = desk, table_oid
        self._lags, self._looked_at = lags(desk), time.monotonic()
        self._cpu, self._cpu_at = time.process_time(), time.monotonic()

    def signals(self, own_lock_waits: int = 0) -> Signals:
        """Return what is seen now."""
        (row,) = self._desk.rows(query("signals"), {"table": self._table})
        return replace(Signals(**row), lags=self._lagging(), own_lock_waits=own_lock_waits)

    def _lagging(self) -> tuple[Lag, ...]:
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            self._lags, self._looked_at = lags(self._desk), time.monotonic()
        return self._lags

    def cpu(self) -> float | None:
        """Return the share of a core that this process has had since it was asked last."""
        cpu, now = time.process_time(), time.monotonic()
        used, passed = cpu - self._cpu, now - self._cpu_at
        self._cpu, self._cpu_at = cpu, now
        return used / passed if passed > 0 else None
