"""The tables of the benchmarks: five million rows, the incident's five, and one with traffic."""

from __future__ import annotations

from build_builds import Database, index

BIG = index("big", "dump_id", "scheme", "identifier")
TRAFFIC = index("accounts", "branch", "note")
SMALL = index("accounts", "note")

INCIDENT = (
    index("lsif_data_metadata", "dump_id"),
    index("lsif_data_documents", "dump_id", "path"),
    index("lsif_data_result_chunks", "dump_id", "idx"),
    index("lsif_data_definitions", "dump_id", "scheme", "identifier"),
    index("lsif_data_references", "dump_id", "scheme", "identifier"),
)
ESTIMATED = (
    *INCIDENT,
    BIG,
    index("big", "dump_id"),
    index("big", "identifier"),
    index("big", "lower(identifier)"),
    index("big", "identifier", where="scheme = 'npm'"),
    SMALL,
    TRAFFIC,
)

_MONIKERS = (
    "n / 2500, (ARRAY['gomod', 'npm', 'tsc'])[1 + n % 3],"
    " 'github.com/' || md5((n / 7)::text) || ':' || n % 2500"
)
_BLOB = "decode(repeat(md5(n::text), 60), 'hex')"


def fill(database: Database, rows: int) -> None:
    """Make the tables; ``rows`` is how many the largest has."""
    run, monikers = database.run, rows // 4
    run(
        "CREATE TABLE big (dump_id int NOT NULL, scheme text NOT NULL, identifier text NOT NULL,"
        " data int)",
        f"INSERT INTO big SELECT {_MONIKERS}, n FROM generate_series(1, {rows}) AS n",
        "CREATE TABLE accounts (id int PRIMARY KEY, branch int, balance int, note text)",
        "INSERT INTO accounts SELECT n, n % 100, 0, md5(n::text)"
        f" FROM generate_series(1, {rows // 4}) AS n",
        "CREATE TABLE lsif_data_metadata (dump_id int NOT NULL, num_result_chunks int)",
        f"INSERT INTO lsif_data_metadata SELECT n, 1 FROM generate_series(1, {rows // 500}) AS n",
        "CREATE TABLE lsif_data_documents (dump_id int NOT NULL, path text NOT NULL, data bytea)",
        "CREATE TABLE lsif_data_result_chunks (dump_id int NOT NULL, idx int NOT NULL, data bytea)",
        "INSERT INTO lsif_data_documents SELECT n / 200, 'cmd/frontend/' || md5((n % 200)::text)"
        f" || '.go', {_BLOB} FROM generate_series(1, {rows // 20}) AS n",
        f"INSERT INTO lsif_data_result_chunks SELECT n / 50, n % 50, {_BLOB}"
        f" FROM generate_series(1, {rows // 40}) AS n",
    )
    for name, count in (("definitions", monikers), ("references", 2 * monikers)):
        run(
            f"CREATE TABLE lsif_data_{name} (dump_id int NOT NULL, scheme text NOT NULL,"
            " identifier text NOT NULL, data bytea)",
            f"INSERT INTO lsif_data_{name} SELECT {_MONIKERS}, substr({_BLOB}, 1, 40)"
            f" FROM generate_series(1, {count}) AS n",
        )
    run("VACUUM ANALYZE", "CHECKPOINT")
