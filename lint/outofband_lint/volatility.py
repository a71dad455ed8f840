"""Whether a default gives every row the same value, so that ADD COLUMN need not write them all.

Postgres stores a default that is not volatile once, in the catalog; a volatile one it computes for
each row, and rewrites the table. Source: PostgreSQL 18, ALTER TABLE, Notes; 36.7, Function
Volatility Categories; pg_proc. tests/lint/test_volatility.py asks a server.
"""

from __future__ import annotations

from dataclasses import dataclass

from outofband_lint.reader.expression import is_keyword
from outofband_lint.reader.tokens import Unreadable, is_name, tokenize

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
        texts = tokenize(expression).texts
    except Unreadable:
        return VolatileCall(expression, known=False)
    calls = [_call(texts, index) for index in range(len(texts)) if _opens_call(texts, index)]
    return next((call for call in calls if call is not None), None)


def is_null(expression: str | None) -> bool:
    """Tell whether a default is none, or NULL with or without a cast."""
    if expression is None:
        return True
    try:
        texts = [text for text in tokenize(expression).texts if text not in ("(", ")")]
    except Unreadable:
        return False
    return texts[:1] == ["null"] and (len(texts) == 1 or texts[1] == "::")


def _opens_call(texts: list[str], index: int) -> bool:
    return is_name(texts[index]) and texts[index + 1 : index + 2] == ["("]


def _call(texts: list[str], index: int) -> VolatileCall | None:
    if _is_type(texts, index) or is_keyword(texts[index]):
        return None  # keywords are syntax: coalesce(…), current_timestamp(3), IN (…)
    name = texts[index].removeprefix('"')
    if name in SAME_FOR_ALL:
        return None
    return VolatileCall(name, known=name in VOLATILE)


def _is_type(texts: list[str], index: int) -> bool:
    """Tell whether a name with parentheses is a type: behind `::` or, in a CAST, behind AS."""
    start = index
    while start >= 2 and texts[start - 1] == ".":
        start -= 2
    return start > 0 and texts[start - 1] in ("::", "as")
