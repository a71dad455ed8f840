"""set-session-setting."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.example import Example
from outofband_lint.fix import Fix
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.source import Revision, Source
from outofband_lint.spelling import execute
from outofband_lint.statement import SetParameter, SetSearchPath

_FILE = "versions/2_example.sql"


@statement_rule(
    severity="warning",
    aliases=("set-without-local", "session-setting", "set-local"),
    failure="the setting stays for the revisions behind and, through a pooler, for other clients",
    given="CREATE SCHEMA app",
    bad=(
        "SET lock_timeout = '2s'",
        'set session "statement_timeout" to 0',
        "SET search_path TO app, public",
        "SELECT pg_catalog.set_config('search_path', '', false)",
        Example("SET lock_timeout = 0", autocommit=True),
        "SET session_replication_role = replica",
    ),
    good=(
        "SET LOCAL lock_timeout = '2s'",
        "SELECT set_config('lock_timeout', '2s', true)",
        "SET lock_timeout = '2s'; CREATE TABLE app.t (a int); RESET lock_timeout",
        "SET search_path TO app; CREATE TABLE t (a int); SET search_path TO DEFAULT",
        "RESET ALL",
        "SET TRANSACTION ISOLATION LEVEL SERIALIZABLE",
        Example(
            chain=(Revision(_FILE, _FILE, sources=(Source("SET lock_timeout = 0", _FILE, 8),)),)
        ),
    ),
)
def set_session_setting(
    statement: SetParameter | SetSearchPath, _schema: Schema, context: StatementContext
) -> Iterator[Violation]:
    """A revision sets a parameter for the whole session.

    Cost: SET outlives the transaction: the revisions behind run under it, and with a pooler in
    transaction mode so does whichever client gets the server connection next. A search_path without
    the schema of alembic_version makes Alembic fail to stamp the revision.

    Instead: write `op.execute("SET LOCAL …")`, which ends with the transaction; in plain Alembic it
    is the same. In an autocommit block, where SET LOCAL does nothing, RESET it at the end.

    Allowed when: the same revision resets the parameter, or it is a file of SQL, whose session ends
    with it.

    Source: PostgreSQL 18, SET.
    """
    value = statement.schemas if isinstance(statement, SetSearchPath) else statement.value
    if statement.local or value is None or context.revision.is_sql_file:
        return
    name = _name(statement)
    if any(_restores(later, name) for _, later in context.later):
        return
    in_transaction = context.source.in_transaction
    local = execute(f"SET LOCAL {name} = {_spelled(statement)}")
    again = execute(f"RESET {name}")
    what = local if in_transaction else f"at the end of the block, {again}"
    yield Violation(
        f"SET {name} outlives the transaction: later revisions run under it and, through a pooler, "
        "other clients.",
        f"Use {what}. Without outofband it is the same",
        fix=Fix((local,)) if in_transaction else None,
    )


def _name(statement: SetParameter | SetSearchPath) -> str:
    return "search_path" if isinstance(statement, SetSearchPath) else statement.name


def _spelled(statement: SetParameter | SetSearchPath) -> str:
    """Return the value as SQL, names as strings: an empty search_path is the empty string."""
    if isinstance(statement, SetSearchPath):
        return ", ".join(map(_string, statement.schemas or ("",)))
    return _string(statement.value or "")


def _string(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _restores(statement: object, name: str) -> bool:
    match statement:
        case SetSearchPath(schemas=None):
            return name == "search_path" or "all" in statement.sql.lower()
        case SetParameter(name=other, value=None):
            return other in (name, "all")
    return False
