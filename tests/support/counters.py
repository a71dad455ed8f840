"""What a server counts: a session tells it as it ends, which may be after its client has gone."""

from __future__ import annotations

import time

import psycopg

_PATIENCE_SECONDS = 60.0
_OTHERS = """
SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()
   AND backend_type = 'client backend'
"""


def until_counted(url: str) -> None:
    """Wait until every session of a database has ended, and so told what it has counted."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    with psycopg.connect(url, autocommit=True) as session:
        while session.execute(_OTHERS).fetchone() is not None:
            assert time.monotonic() < deadline, "a session does not end"
            time.sleep(0.01)
