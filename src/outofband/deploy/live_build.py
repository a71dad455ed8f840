"""Before a statement of a revision waits for a live build, and everybody behind it: stop, and name
the build.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event

from outofband.catalog.facts import APPLICATION_PREFIX
from outofband.catalog.reader import Row, query
from outofband.deploy.connection import OURS, DeployConnection
from outofband.deploy.failing import begun
from outofband.deploy.locked import locked_by
from outofband.deploy.refusal import DeployRefused
from outofband_lint.locks import LockMode

_BUILD = LockMode.SHARE_UPDATE_EXCLUSIVE


class BuildIsLive(DeployRefused):
    """A revision wants a lock on a table that an index is being built on."""


@contextmanager
def refusing(connection: Connection) -> Iterator[None]:
    """Look, before each statement within, whether a build holds the table that it locks.

    The build would hold it for hours, and until ``lock_timeout`` every query on the table would
    wait behind the statement (PostgreSQL 18, table 13.2). Raises BuildIsLive. What our own
    operations send gives way by itself.
    """

    def before(
        _on: Connection, _cursor: object, sql: str, _parameters: object, context: Any, _many: bool
    ) -> None:
        if context is None or not context.execution_options.get(OURS):
            _look(connection, sql)

    event.listen(connection, "before_cursor_execute", before)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", before)


def _look(connection: Connection, sql: str) -> None:
    names = [str(table) for table, mode in locked_by(sql) if mode.conflicts_with(_BUILD)]
    if names:
        hand = DeployConnection(connection)
        _refuse(sql, hand.rows(query("live_builds"), {"names": names}))


def _refuse(sql: str, builds: Sequence[Row]) -> None:
    for build in builds:
        index, name = build["index_name"], build["application_name"]
        work = f"builds or repairs index {index} of" if index else "works on an index or check of"
        phase = f", phase {build['phase']}" if build["phase"] else ""
        whose = " (outofband's)" if name.startswith(APPLICATION_PREFIX) else ""
        raise BuildIsLive(
            f"{begun(sql)} was not sent",
            why=f"process {build['pid']}{whose} {work} {build['table_name']}{phase}, and every"
            " query on the table would wait behind a statement that waits for it",
            do="Upgrade again when it is done (outofband status); to give it up, "
            f"SELECT pg_cancel_backend({build['pid']});",
            state="The open transaction is rolled back",
        )
