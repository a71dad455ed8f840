"""The application's question when it starts: is this version's place to read the right one?"""

from __future__ import annotations

from typing import Any

from outofband.backfill.bounds import Bounds, Version
from outofband.errors import NothingChanged
from outofband.model.names import QualifiedName
from outofband.readiness import ENGINE_HAS_RUN, ask, schemas_looked_in, sql_name


class VersionRefused(NothingChanged):
    """A version of the application must not start: where it reads, not everything is."""


def require_version(
    connection: Any, name: str, bounds: Bounds, version: Version, *, schema: str | None = None
) -> None:
    """Refuse to start a ``version`` outside of the bounds of a backfill. Raises VersionRefused.

    ``connection`` is one of the DB-API or SQLAlchemy's; without ``schema`` the search_path decides.
    By the verdict that ``outofband apply`` has written: of a backfill that it has never seen, none
    is begun.
    """
    told = None
    if ask(connection, ENGINE_HAS_RUN) is not None:
        told = ask(connection, _sql(QualifiedName(name, schema)))
    begun, finished = (False, False) if told is None else tuple(told)
    if why := bounds.refusal(version, begun=begun, finished=finished):
        raise VersionRefused(
            f"the backfill {name} stands in the way of this start",
            why=why,
            do=f"Run outofband apply --only {name}, or the version before"
            if not finished
            else f"Run outofband backfill reverse {name}, or the version after",
        )


def _sql(name: QualifiedName) -> str:
    return f"""
        SELECT EXISTS (SELECT FROM outofband.backfill_unit AS u
                        WHERE u.backfill = b.id AND (u.rows > 0 OR u.done_at IS NOT NULL)),
               b.finished_at IS NOT NULL
          FROM outofband.backfill AS b
         WHERE NOT b.reverse AND b.name = {sql_name(name.name)}
           AND b.schema = ANY ({schemas_looked_in(name)})
    """
