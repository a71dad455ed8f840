"""Plans of an empty server that pretends, beside those of the filled one that it was told of.

::

    python bench/plans.py [--scale 0.2] [--pg-bin FOLDER] [--show]

A database is filled and analysed, `stats pull` reads it, and every query is planned on it and on an
empty copy of its schema: with the values of `--with-values`, without them, and on the bare copy.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import psycopg
from verdict import verdict

from outofband import ephemeral
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.pretend import Explainer, Plan, pretended
from outofband.pretend.explain import AtSize
from outofband.stats.file import read, written
from outofband.stats.pull import pull
from outofband.stats.value import Stats
from outofband_lint.reader.split import pieces

FOLDER = Path(__file__).with_name("plans")
SETTINGS = {"autovacuum": "off", "shared_buffers": "256MB"}
DIFFERENT_AT_MOST = 5.0
Plans = Mapping[str, Plan]


def sql(name: str) -> str:
    """Return the text of a file in plans/."""
    return (FOLDER / f"{name}.sql").read_text(encoding="utf-8")


def plans(explainer: Explainer, queries: Iterable[str]) -> Plans:
    """Return the plan of each query."""
    return {query: explainer.explain(query) for query in queries}


def original(server: ephemeral.Server, queries: list[str], scale: float) -> tuple[Plans, Stats]:
    """Fill the server; return its plans and its stats, values included."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        for text in (sql("schema"), sql("rows").replace(":scale", str(scale)), "VACUUM ANALYZE"):
            connection.execute(text)
    with Session(Url(server.url())) as session:
        stats = pull(session, session.version, with_values=True).stats
        return plans(AtSize(session, ()), queries), read(written(stats))


def copies(server: ephemeral.Server, queries: list[str], stats: Stats) -> dict[str, Plans]:
    """Return the plans of an empty server: told all, told no values, and told nothing."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(sql("schema"))
    found: dict[str, Plans] = {}
    with Session(Url(server.url())) as session:
        told = {"with values": stats, "value-free": stats.without_values()}
        for name, known in told.items():
            with pretended(session, server.data_directory, known) as size:
                found[name] = plans(size, queries)
        found["told nothing"] = plans(AtSize(session, ()), queries)
    return found


def compared(name: str, found: Plans, expected: Plans, show: bool) -> float:
    """Print how many plans have another shape, and which; return their share in percent."""
    other = [query for query, plan in found.items() if plan.shape != expected[query].shape]
    print(f"{name:14} {len(found) - len(other)} of {len(found)} plans have the same shape")
    for query in other if show else ():
        print(
            f"\n{query}", *expected[query].lines(), f"-- {name}:", *found[query].lines(), sep="\n"
        )
    return 100 * len(other) / len(found)


def main() -> None:
    """Fill, pull, compare, and say whether the target is reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=float, default=0.2, help="1 fills 3.5 million rows")
    parser.add_argument("--pg-bin", type=Path, help="the bin folder of a PostgreSQL")
    parser.add_argument("--show", action="store_true", help="print the plans that differ")
    given = parser.parse_args()
    queries = [piece.text for piece in pieces(sql("queries"))]
    began = time.monotonic()
    with ephemeral.server(pg_bin=given.pg_bin, settings=SETTINGS) as server:
        print(f"PostgreSQL {server.version // 10_000}, scale {given.scale}")
        expected, stats = original(server, queries, given.scale)
    with ephemeral.server(pg_bin=given.pg_bin, settings=SETTINGS) as server:
        found = copies(server, queries, stats)
    shares = {name: compared(name, of, expected, given.show) for name, of in found.items()}
    print(f"{time.monotonic() - began:.0f} s")
    print(verdict("plans of another shape", shares["with values"], DIFFERENT_AT_MOST, "%"))


if __name__ == "__main__":
    main()
