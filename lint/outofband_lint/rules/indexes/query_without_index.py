"""query-without-index."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.access import Fault, faults, index_for, keys_for
from outofband_lint.context import Context
from outofband_lint.example import Example
from outofband_lint.finding import Place
from outofband_lint.query import Query
from outofband_lint.reader.select import scopes_of
from outofband_lint.reader.tokens import Unreadable
from outofband_lint.rule import Violation, head_rule
from outofband_lint.schema import Schema
from outofband_lint.settings import Settings
from outofband_lint.spelling import create_index, shown

_PATH = "versions/2_example.py"


def _asked(sql: str) -> tuple[Query, ...]:
    return (Query("get", sql, _PATH, 9),)


_DOCUMENT = _asked("SELECT data FROM documents WHERE dump_id = $1 AND path = $2 LIMIT 1")
_TABLE = "CREATE TABLE documents (id bigserial PRIMARY KEY, dump_id int, path text, data bytea)"
_INDEX = f"{_TABLE}; CREATE INDEX ix ON documents"


@head_rule(
    failure="the query reads the whole table, each time it is asked",
    bad=(
        Example(_TABLE, queries=_DOCUMENT),
        Example(f"{_INDEX} (data, dump_id, path)", queries=_DOCUMENT),
        Example(f"{_INDEX} (dump_id, path) WHERE data IS NULL", queries=_DOCUMENT),
        Example(f"{_INDEX} USING brin (id)", queries=_DOCUMENT),
        Example(f"{_INDEX} (dump_id); DROP INDEX ix", queries=_DOCUMENT),
        Example(
            'CREATE SCHEMA app; CREATE TABLE app."Orders" (id int PRIMARY KEY, "customerId" int)',
            queries=_asked(
                'SELECT o.id FROM app."Orders" AS o WHERE o."customerId" = %(customer)s'
            ),
        ),
        Example(
            "CREATE TABLE users (id int PRIMARY KEY, email text); CREATE INDEX ON users (email)",
            queries=_asked("SELECT id FROM users WHERE lower(email) = :email"),
        ),
        Example(
            "CREATE TABLE a (id int PRIMARY KEY, k int); CREATE INDEX ON a (k);"
            "CREATE TABLE b (id int PRIMARY KEY, a_id int)",
            queries=_asked("SELECT b.id FROM a JOIN b ON b.a_id = a.id WHERE a.k = ?"),
        ),
        Example(
            "CREATE TABLE jobs (id int PRIMARY KEY, state text, run_at timestamptz)",
            queries=_asked(
                "UPDATE jobs SET state = 'run' WHERE id = (SELECT id FROM jobs"
                " WHERE state = 'due' ORDER BY run_at LIMIT 1 FOR UPDATE SKIP LOCKED)"
            ),
        ),
        Example(
            "CREATE TABLE logs (id int PRIMARY KEY, at timestamptz)",
            queries=_asked("SELECT * FROM logs ORDER BY at DESC LIMIT 50"),
        ),
        Example(
            f"{_INDEX} (dump_id)",
            queries=_asked("SELECT id FROM documents WHERE dump_id = $1 OR path = $2"),
        ),
        Example(_TABLE, queries=_asked("SELECT id FROM created_by_hand WHERE a = 1")),
        Example(
            _TABLE,
            queries=(Query("pairs_of_documents", "SELECT 1 FROM a NATURAL JOIN b", _PATH, 9),),
        ),
        Example(
            _TABLE,
            queries=_asked("WITH d AS (SELECT * FROM documents) SELECT 1 FROM d WHERE path = $1"),
        ),
    ),
    good=(
        Example(f"{_INDEX} (dump_id, path)", queries=_DOCUMENT),
        Example(f"{_INDEX} (path)", queries=_DOCUMENT),
        Example(f"{_INDEX} (dump_id, path)", out_of_band=True, queries=_DOCUMENT),
        Example(f"{_INDEX} (dump_id, path) WHERE path IS NOT NULL", queries=_DOCUMENT),
        Example(_TABLE, settings=Settings(small=("documents",)), queries=_DOCUMENT),
        Example(_TABLE, queries=_asked("SELECT count(*) FROM documents")),
        Example(_TABLE, queries=_asked("SELECT id FROM documents WHERE id = ANY($1::bigint[])")),
        Example(_TABLE, queries=_asked("INSERT INTO documents (id, path) VALUES ($1, $2)")),
        Example(
            f"{_INDEX} (dump_id)",
            queries=_asked(
                "SELECT id FROM documents WHERE ($1 IS NULL OR path = $1) AND dump_id=2"
            ),
        ),
        Example(
            "CREATE TABLE users (id int PRIMARY KEY, email text);"
            "CREATE UNIQUE INDEX ON users (lower(email))",
            queries=_asked("SELECT u.id FROM users AS u WHERE lower(u.email) = lower(%s)"),
        ),
        Example(
            "CREATE TABLE jobs (id int PRIMARY KEY, state text);"
            "CREATE INDEX ON jobs (id) WHERE state = 'due'",
            queries=_asked("SELECT id FROM jobs WHERE state = 'due' ORDER BY id LIMIT 1"),
        ),
        Example(
            "CREATE TABLE a (id int PRIMARY KEY, k int); CREATE INDEX ON a (k);"
            "CREATE TABLE b (id int PRIMARY KEY, a_id int); CREATE INDEX ON b (a_id)",
            queries=_asked("SELECT b.id FROM b JOIN a ON b.a_id = a.id WHERE a.k = ?"),
        ),
        Example(
            "CREATE TABLE p (day date, k int) PARTITION BY RANGE (day); CREATE INDEX ON p (k);"
            "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM ('2026-01-01') TO ('2026-02-01')",
            queries=_asked("SELECT day FROM p WHERE k = $1; SELECT day FROM p1 WHERE k = $1"),
        ),
        Example(
            "CREATE TABLE t (id int PRIMARY KEY, tags text[]); CREATE INDEX ON t USING gin (tags)",
            queries=_asked("SELECT id FROM t WHERE tags @> $1"),
        ),
    ),
)
def query_without_index(schema: Schema, context: Context) -> Iterator[Violation]:
    """A query of the application has no index at head for the columns it filters by.

    Cost: each call reads a whole large table. This is how the incident went on for sixteen hours: a
    table may well have an index and a primary key, and still none that begins with what the query
    asks for. A surrogate key does not help, nor does another leading column, nor a partial index
    whose predicate the query does not imply (what a parameter decides implies nothing).

    Instead: declare the index: `op.create_index_out_of_band(…)` on the filtered columns, equalities
    first. In plain Alembic, in a revision of its own: `with op.get_context().autocommit_block():`
    around `op.create_index(…, postgresql_concurrently=True)`.

    Allowed when: the table is small (say so in `small`), or the query filters by nothing. The
    queries are those that the setting `queries` lists. Joins are served in any order that reaches
    each table by an index; how many rows an index finds is not asked, `outofband rehearse` shows
    plans.

    Source: PostgreSQL 18, chapters 11.3 (multicolumn indexes) and 11.8 (partial indexes).
    """
    found = schema.new_session()
    for query in context.queries:
        try:
            scopes = scopes_of(query.sql)
        except Unreadable as reason:
            yield _not_understood(query, str(reason))
            continue
        seen = set()
        for fault in faults(scopes, found, context.is_large):
            if (fault.name, fault.terms) not in seen:
                seen.add((fault.name, fault.terms))
                yield _violation(query, fault)


def _violation(query: Query, fault: Fault) -> Violation:
    name = shown(fault.name)
    if fault.unknown:
        return Violation(
            f"Nobody can tell which index serves the query {query.name} on {name}: "
            f"{fault.unknown}.",
            f"Say in the revisions what {name} has, with op.create_table(…) or "
            "op.create_index_out_of_band(…), or name it in `small`",
            severity="warning" if fault.table is None else None,
            place=Place(query.path, query.line),
            subject=f"{query.name} {name} unknown",
        )
    keys = keys_for(fault)
    what = "orders" if fault.order else "filters"
    listed = ", ".join(keys)
    index = index_for(fault)
    return Violation(
        f"The query {query.name} {what} {name} by {listed}, and no index at head begins with that: "
        f"it reads all of {name}.",
        f"Declare the index: {create_index('create_index_out_of_band', index)}. "
        "Without outofband, in a revision of its own under an autocommit_block(): "
        f"{create_index('create_index', index, 'postgresql_concurrently=True')}",
        place=Place(query.path, query.line),
        subject=f"{query.name} {name} {listed}",
    )


def _not_understood(query: Query, reason: str) -> Violation:
    return Violation(
        f"The query {query.name} was not understood, so nobody can tell which index it needs: "
        f"{reason}.",
        "Write it in a plainer form, one statement at a time",
        place=Place(query.path, query.line),
        subject=f"{query.name} not understood",
    )
