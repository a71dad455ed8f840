"""The question ``op.require_step`` asks: is the step done?"""

from __future__ import annotations

from sqlalchemy import Connection

from outofband.catalog.observe import observe
from outofband.catalog.standing import Standing, standings
from outofband.deploy.connection import DeployConnection
from outofband.model.step import Wanted


def standing_of(connection: Connection, name: str, wanted: Wanted) -> Standing | None:
    """Return where the last wanted step of that name stands, None when no revision applied declares
    one.
    """
    seen = observe(DeployConnection(connection), [w.step for w in wanted.steps])
    named = [s for s in standings(wanted, seen) if s.step.name == name]
    return named[-1] if named else None
