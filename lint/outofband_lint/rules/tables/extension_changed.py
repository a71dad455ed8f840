"""extension-changed."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import StatementContext
from outofband_lint.names import quote
from outofband_lint.rule import Violation, statement_rule
from outofband_lint.schema import Schema
from outofband_lint.statement import Extension

# Whoever may CREATE in the database may create these (trusted, in the contrib of PostgreSQL 14-18).
_TRUSTED_LIST = """
    bool_plperl btree_gin btree_gist citext cube dict_int fuzzystrmatch hstore intarray isn
    jsonb_plperl lo ltree pg_trgm pgcrypto plpgsql seg tablefunc tcn tsm_system_rows tsm_system_time
    unaccent uuid-ossp
"""
_TRUSTED = frozenset(_TRUSTED_LIST.split())


@statement_rule(
    severity="warning",
    aliases=("ban-alter-extension", "ban-drop-extension", "ST001", "ExtensionWhitelist"),
    failure="42501 insufficient_privilege where the deploy's role is no superuser",
    given="CREATE EXTENSION IF NOT EXISTS pg_trgm",
    bad=(
        "CREATE EXTENSION postgres_fdw",
        'create extension if not exists "vector"',
        "ALTER EXTENSION pg_trgm UPDATE",
        "DROP EXTENSION IF EXISTS pg_trgm",
    ),
    good=(
        "CREATE EXTENSION IF NOT EXISTS citext",
        'CREATE EXTENSION IF NOT EXISTS "uuid-ossp" WITH SCHEMA public',
        "COMMENT ON EXTENSION pg_trgm IS 'trigrams'",
    ),
)
def extension_changed(
    statement: Extension, _schema: Schema, _context: StatementContext
) -> Iterator[Violation]:
    """An extension is created, updated or dropped by the deploy.

    Cost: an extension that is not trusted can only be created by a superuser: the upgrade fails
    with 42501 where the deploy's role is none, often in production alone. An update may lock and
    rewrite what depends on the extension; a drop takes its types and operators away.

    Instead: let whoever administers the server do it, and check in the revision with
    `op.execute("SELECT … FROM pg_extension …")` that it is there. In plain Alembic it is the same.

    Allowed when: a trusted extension of PostgreSQL's own is created.

    Source: PostgreSQL 18, CREATE EXTENSION, "trusted"; appendix F.
    """
    if statement.verb == "create" and _TRUSTED.issuperset(statement.names):
        return
    named = ", ".join(map(quote, statement.names))
    needs = {
        "create": f"Creating the extension {named} needs a superuser, or a provider's permission",
        "alter": f"Updating the extension {named} needs its owner and may lock what depends on it",
        "drop": f"Dropping the extension {named} takes its types, functions and operators away",
    }
    yield Violation(
        f"{needs[statement.verb]}.",
        "Let the administrator of the server do it before the deploy, and keep the revision to a "
        "check of pg_extension. Without outofband it is the same",
    )
