"""Whether a default gives every row the same value, so that ADD COLUMN need not write them all.

Postgres stores a default that is not volatile once, in the catalog; a volatile one it computes for
each row, and rewrites the table. Source: PostgreSQL 18, ALTER TABLE, Notes; 36.7, Function
Volatility Categories; pg_proc. tests/lint/test_volatility.py asks a server.
"""

from __future__ import annotations

from dataclasses import dataclass

from outofband_lint.names import quote
from outofband_lint.reader.tokens import Kind, Token, Unreadable, tokenize

# Of pg_catalog, what a default may plausibly call, and of uuid-ossp and pgcrypto.
_VOLATILE_LIST = """
    array_sample array_shuffle clock_timestamp currval gen_random_bytes gen_random_uuid gen_salt
    lastval nextval pg_sleep pg_sleep_for random random_normal set_config setval timeofday
    uuid_generate_v1 uuid_generate_v1mc uuid_generate_v4 uuid_generate_v7 uuidv4 uuidv7
"""
_SAME_FOR_ALL_LIST = """
    abs acos age array_append array_cat array_fill array_length array_lower array_position
    array_prepend array_remove array_replace array_reverse array_sort array_to_json array_to_string
    array_upper ascii asin atan atan2 bit_count bit_length btrim cardinality cbrt ceil ceiling
    char_length character_length chr concat concat_ws convert_from convert_to cos crypt
    current_database current_schema current_schemas current_setting date date_add date_bin
    date_part date_subtract date_trunc daterange decode degrees digest div encode exp factorial
    floor format get_bit get_byte hmac hstore inet_client_addr inet_client_port inet_server_addr
    inet_server_port initcap int4range int8range json_build_array json_build_object json_object
    json_typeof jsonb_build_array jsonb_build_object jsonb_insert jsonb_object jsonb_set
    jsonb_strip_nulls jsonb_typeof justify_days justify_hours justify_interval length ln log lower
    lpad ltrim make_date make_interval make_time make_timestamp make_timestamptz md5 mod
    num_nonnulls num_nulls numrange octet_length pg_backend_pid pg_current_xact_id pi point power
    quote_ident quote_literal quote_nullable radians range_merge regexp_replace
    regexp_split_to_array repeat replace reverse round rpad rtrim scale sha224 sha256 sha384 sha512
    sign sin split_part sqrt statement_timestamp string_to_array strpos substr tan text
    timestamptz timezone to_char to_date to_hex to_json to_jsonb to_number to_timestamp to_tsquery
    to_tsvector transaction_timestamp translate trim_scale trunc tsrange tstzrange
    txid_current upper uuid_extract_timestamp uuid_extract_version uuid_generate_v3
    uuid_generate_v5 uuid_nil uuid_ns_dns uuid_ns_url version width_bucket now
"""
VOLATILE = frozenset(_VOLATILE_LIST.split())
"""Functions that give each row a value of its own."""
SAME_FOR_ALL = frozenset(_SAME_FOR_ALL_LIST.split())
"""Functions that give all rows of a statement the same value."""


@dataclass(frozen=True, slots=True)
class VolatileCall:
    """A call that may give each row another value; `known` is False where nobody here knows it."""

    function: str
    known: bool


def volatile_call(expression: str) -> VolatileCall | None:
    """Return the first call in a default that is volatile, or that nobody here knows.

    A function of the project's own is volatile unless it was declared otherwise, and so is what
    cannot be read.
    """
    try:
        tokens = tokenize(expression)
    except Unreadable:
        return VolatileCall(expression, known=False)
    calls = [_call(tokens, index) for index in range(len(tokens)) if _opens_call(tokens, index)]
    return next((call for call in calls if call is not None), None)


def is_null(expression: str | None) -> bool:
    """Tell whether a default is none, or NULL with or without a cast."""
    if expression is None:
        return True
    try:
        tokens = [token for token in tokenize(expression) if token.text not in "()"]
    except Unreadable:
        return False
    if not tokens or tokens[0].kind is not Kind.WORD or tokens[0].text != "null":
        return False
    return len(tokens) == 1 or tokens[1].text == "::"


def _opens_call(tokens: tuple[Token, ...], index: int) -> bool:
    following = tokens[index + 1] if index + 1 < len(tokens) else None
    return (
        tokens[index].kind in (Kind.WORD, Kind.QUOTED)
        and following is not None
        and following.kind is Kind.SYMBOL
        and following.text == "("
    )


def _call(tokens: tuple[Token, ...], index: int) -> VolatileCall | None:
    name = tokens[index]
    if _is_type(tokens, index) or (name.kind is Kind.WORD and quote(name.text) != name.text):
        return None  # keywords are syntax: coalesce(…), current_timestamp(3), IN (…)
    if name.text in SAME_FOR_ALL:
        return None
    return VolatileCall(name.text, known=name.text in VOLATILE)


def _is_type(tokens: tuple[Token, ...], index: int) -> bool:
    """Tell whether a name with parentheses is a type: behind `::` or, in a CAST, behind AS."""
    start = index
    while start >= 2 and tokens[start - 1].text == ".":
        start -= 2
    return start > 0 and tokens[start - 1].text in ("::", "as")
