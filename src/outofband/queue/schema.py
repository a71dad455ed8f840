"""Procrastinate's tables, made in our schema, which autogenerate overlooks, and by a worker alone.

Its statements name nothing of a schema (3.10), so that they are made, and found, by search_path.
"""

from __future__ import annotations

import hashlib
from importlib.metadata import version

from procrastinate.schema import SchemaManager

from outofband.backfill import state
from outofband.backfill.desk import Desk
from outofband.errors import NothingChanged
from outofband.model.names import OUR_SCHEMA, literal
from outofband.runbook.hand import StatementFailed
from outofband.runbook.our_tables import MADE_MEANWHILE

_THERE = f"""
    SELECT obj_description(to_regclass('{OUR_SCHEMA}.procrastinate_jobs'), 'pg_class') AS made_by
     WHERE to_regclass('{OUR_SCHEMA}.procrastinate_jobs') IS NOT NULL
"""
_SET = f"SET LOCAL search_path = {OUR_SCHEMA}; SET LOCAL lock_timeout = '30s'"


class QueueOfAnotherRelease(NothingChanged):
    """The queue's tables are those of a release of Procrastinate that has others."""


def prepare(desk: Desk) -> None:
    """Make the engine's tables and the queue's where they are not there yet. Raises
    QueueOfAnotherRelease and StatementFailed.
    """
    state.prepare(desk)
    script = SchemaManager.get_schema()
    if not _is_there(desk, _digest(script)):
        _make(desk, script)


def _make(desk: Desk, script: str) -> None:
    made_by = literal(f"procrastinate {version('procrastinate')}, {_digest(script)}")
    try:
        with desk.transaction():
            desk.write(_SET)
            desk.write(script)
            desk.write(f"COMMENT ON TABLE {OUR_SCHEMA}.procrastinate_jobs IS {made_by}")
    except StatementFailed as failed:
        if failed.sqlstate not in MADE_MEANWHILE:  # by another worker
            raise


def _is_there(desk: Desk, digest: str) -> bool:
    found = desk.rows(_THERE)
    made_by = str(found[0]["made_by"] or "somebody else") if found else ""
    if found and not made_by.endswith(digest):
        raise QueueOfAnotherRelease(
            f"the queue in the schema {OUR_SCHEMA} was made by {made_by.partition(',')[0]}",
            why=f"procrastinate {version('procrastinate')}, which is installed, has other tables",
            do="Install that release, or apply Procrastinate's migrations since then with "
            f"search_path = {OUR_SCHEMA}, and let the comment on procrastinate_jobs end with "
            f"{digest}",
        )
    return bool(found)


def _digest(script: str) -> str:
    return hashlib.sha256(script.encode()).hexdigest()[:8]
