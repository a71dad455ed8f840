"""May an index have these expressions: do they exist, are they immutable, do their functions find
what they call?

Asked without DDL, in a read-only transaction. ``(e) IS NULL AND (e) IS NOT NULL`` is refuted by the
planner only where ``e`` calls nothing that is STABLE or VOLATILE (PostgreSQL 14 to 18,
constraint_exclusion): the very test that CREATE INDEX makes, measured to agree with it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from outofband.model.index import Index
from outofband.model.names import QualifiedName, quote
from outofband.runbook.hand import Prober, StatementFailed
from outofband.runbook.preflight.finding import Finding
from outofband.runbook.preflight.functions import Lacking, called, is_lost, lacking
from outofband.runbook.provider import SELF_HOSTED, Provider

RESTRICTING = 170000
"""The first release that runs an index's functions under a search_path of its own."""

_REFUTED = "One-Time Filter: false"
_SUBQUERY = re.compile(r"\b(?:SubPlan|InitPlan)\b")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a server says of one expression: the ``failure`` to plan it, and what an index forbids.

    ``lacking`` are privileges to call what it calls; ``lost``, functions, with their arguments,
    that do not find what they call.
    """

    text: str
    failure: str = ""
    subquery: bool = False
    mutable: bool = False
    lost: tuple[str, ...] = ()
    lacking: tuple[Lacking, ...] = ()


def expressions(index: Index) -> tuple[str, ...]:
    """Return the keys that are expressions, and the predicate."""
    texts = tuple(key.text for key in index.keys if key.column is None)
    return (*texts, index.where) if index.where else texts


def read_verdict(prober: Prober, table: QualifiedName, text: str, version: int) -> Verdict:
    """Ask the planner about one expression over a table."""
    if lacks := lacking(prober, table, text):
        return Verdict(text, lacking=lacks)
    select = f"EXPLAIN (COSTS OFF) SELECT FROM ONLY {table} WHERE ({text}) IS NULL"
    try:
        rows = prober.trial(
            f"{select} AND ({text}) IS NOT NULL", settings={"constraint_exclusion": "on"}
        )
    except StatementFailed as failed:
        return Verdict(text, failure=failed.what)
    plan = [row["QUERY PLAN"] for row in rows]
    functions = called(prober, [text]) if version >= RESTRICTING else ()
    return Verdict(
        text,
        subquery=any(_SUBQUERY.search(line) for line in plan),
        mutable=not any(_REFUTED in line for line in plan),
        lost=tuple(f.signature for f in functions if f.inlined and is_lost(prober, f)),
    )


def judge_verdict(verdict: Verdict, provider: Provider = SELF_HOSTED) -> Iterator[Finding]:
    """Refuse what CREATE INDEX refuses (42P17, 0A000, 42883, 42501), before it waits for
    anything.
    """
    shown = f"expression {verdict.text}"
    for lack in verdict.lacking:
        yield _lack(shown, lack, provider)
    if verdict.failure:
        do = "Upgrade the schema first, or correct the declaration"
        yield Finding(f"{shown} means nothing here: {verdict.failure}", do, stops=True)
    elif verdict.subquery:
        do = "Index what the row alone tells"
        yield Finding(f"{shown} has a subquery, which no index may have", do, stops=True)
    elif verdict.mutable:
        yield Finding(
            f"{shown} is not immutable, which that of an index has to be (42P17)",
            "Call only what is IMMUTABLE: of a timestamptz, (at AT TIME ZONE 'UTC')::date is",
            stops=True,
        )
    for signature in verdict.lost:
        yield Finding(
            f"{shown} calls {signature}, which does not find what it calls: since PostgreSQL 17 "
            "an index's functions run with the search_path pg_catalog, pg_temp",
            path_remedy(signature),
            stops=True,
        )


def _lack(shown: str, lack: Lacking, provider: Provider) -> Finding:
    what = f"{lack.owner}, who owns the table, may not execute {lack.signature}"
    grant = f"GRANT EXECUTE ON FUNCTION {lack.signature} TO {quote(lack.owner)};"
    do = f"Let {provider.administrator} run {grant}"
    return Finding(f"{shown} calls what it may not: {what}", do, stops=True)


def path_remedy(signature: str) -> str:
    """Return what makes a function find what it calls."""
    schema = signature.partition("(")[0].rpartition(".")[0] or "public"
    return (
        f"Qualify the names in its body, or run ALTER FUNCTION {signature} "
        f"SET search_path = {schema}, pg_temp;"
    )
