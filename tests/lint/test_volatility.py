"""Which defaults give every row a value of its own, as a server knows it."""

from __future__ import annotations

import psycopg
import pytest
from psycopg.rows import scalar_row

from outofband_lint.volatility import SAME_FOR_ALL, VOLATILE, is_null, volatile_call

# Of extensions that a test server need not have: uuid-ossp, pgcrypto, hstore, pg_uuidv7.
OF_EXTENSIONS = {
    *("crypt", "digest", "gen_random_bytes", "gen_salt", "hmac", "hstore"),
    *("uuid_generate_v1", "uuid_generate_v1mc", "uuid_generate_v3", "uuid_generate_v4"),
    *("uuid_generate_v5", "uuid_generate_v7", "uuid_nil", "uuid_ns_dns", "uuid_ns_url"),
}
PER_ROW = [
    "random()",
    "clock_timestamp()",
    "gen_random_uuid()",
    "public.uuid_generate_v4()",
    "(md5(random()::text))",
    "nextval('s'::regclass)",
    "CASE WHEN true THEN timeofday() END",
    "pg_catalog.now() + random() * interval '1 day'",
    "own()",
    'app."Own"(1)',
]
ONE_FOR_ALL = [
    "5",
    "'random()'",
    "'{}'::jsonb",
    "now()",
    "current_timestamp(3)",
    "timezone('utc', now())",
    "(now() AT TIME ZONE 'utc')",
    "coalesce(NULL, 1)",
    "'a'::varchar(20)",
    "CAST(1 AS numeric(10,2))",
    "'x'::public.geometry(Point,4326)",
    "ARRAY[]::text[]",
    "(1 IN (1, 2))",
    "lower('A')",
    "jsonb_build_object('a', 1)",
    "current_setting('app.tenant')::uuid",
]


@pytest.mark.parametrize("default", PER_ROW)
def test_a_default_that_may_differ_by_row_is_volatile(default: str) -> None:
    assert volatile_call(default) is not None


@pytest.mark.parametrize("default", ONE_FOR_ALL)
def test_a_default_that_all_rows_share_is_not(default: str) -> None:
    assert volatile_call(default) is None


def test_a_function_that_nobody_knows_is_told_apart() -> None:
    own, known = volatile_call("own()"), volatile_call("random()")
    assert own is not None
    assert known is not None
    assert (own.function, own.known, known.known) == ("own", False, True)


@pytest.mark.parametrize(
    ("default", "null"),
    [
        (None, True),
        ("NULL", True),
        ("(null)::text", True),
        ("'null'", False),
        ("NULL || 'a'", False),
    ],
)
def test_a_default_of_null_is_none(default: str | None, null: bool) -> None:
    assert is_null(default) is null


def test_the_server_agrees_on_every_function(database: str) -> None:
    sql = """
        SELECT DISTINCT proname FROM pg_proc
         WHERE pronamespace = 'pg_catalog'::regnamespace AND (provolatile = 'v') = %s
    """
    with psycopg.connect(database, row_factory=scalar_row) as connection:
        volatile = set(connection.execute(sql, (True,)))
        not_volatile = set(connection.execute(sql, (False,)))
        newest = connection.info.server_version >= 180_000
    assert not SAME_FOR_ALL & volatile
    assert not VOLATILE & not_volatile
    if newest:
        assert not (SAME_FOR_ALL | VOLATILE) - volatile - not_volatile - OF_EXTENSIONS
