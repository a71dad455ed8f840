"""Our advisory locks: pairs of int4 keys, polled for with try-locks and never waited for inside
SQL.

A session that waits in ``pg_advisory_lock`` holds a snapshot that a concurrent build in turn waits
for: a deadlock, or, across two connections of one client, a hang that Postgres cannot see
(PostgreSQL 18, Building Indexes Concurrently).
"""

from __future__ import annotations

LOCK_CLASS = 0x6F6F6200
"""The first key of every lock of ours."""

UPGRADE_LOCK = 0
"""The second key while an upgrade runs; a table's oid, never 0, while something is built on it."""

REHEARSAL_CLASS = LOCK_CLASS + 1
"""The first key while a rehearsal has a database on somebody's server; the second is in its name.
"""
