"""Rehearsals as values, to look at their reports without a server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from outofband.pretend.plan import Plan
from outofband.rehearse.at_size import holds
from outofband.rehearse.queries.findings import of as of_queries
from outofband.rehearse.queries.value import Fault, Planned, Suggestion
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.run import Failure, Ran
from outofband.rehearse.trace import Lock, Traced
from outofband_lint.finding import Finding
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.query import Query
from outofband_lint.source import Revision
from outofband_lint.statement import CreateIndex, IndexKey
from outofband_lint.stats import Relation, Stats

GIGABYTE = 1024**3
HOSTILE = (
    "a|b",
    "`tick`",
    "</details><script>alert(1)</script>",
    "line\n\nbreak\r\n| x |",
    "@octocat #1 [x](http://evil.example) ![y](z) *b* _u_ ~~s~~",
    "&lt;b&gt; &amp; \"q\" 'q' \\",
    "turned \u202eround\u2066 \x1b[31m\x07",
    "ünïcödé 🐘 表",
    "<!-- outofband rehearse -->",
)
"""Names that a report must show and not obey."""


def table(name: str) -> QualifiedName:
    return QualifiedName(name, "public")


def traced(sql: str = "", *tables: str, mode: str = "ACCESS_EXCLUSIVE", **more: Any) -> Traced:
    """A statement that locks some tables; what else it does goes by names of tables, too."""
    locks = tuple(Lock(table(name), LockMode[mode]) for name in tables)
    done = {k: tuple(map(table, v)) if isinstance(v, tuple) else v for k, v in more.items()}
    place = {"revision": "1", "path": "versions/1.py", "line": 7, "transaction": 1}
    told: dict[str, Any] = {"direction": "upgrade", "seconds": 0.003, **place, **done}
    return Traced(sql=sql, locks=locks, **told)


def finding(rule: str = "some-rule", severity: str = "error", **more: Any) -> Finding:
    told: dict[str, Any] = {"revision": "1", "path": "versions/1.py", "line": 7, **more}
    told = {"message": "It is bad.", "help": "Mend it", "statement": "", **told}
    return Finding(rule, severity, fingerprint=rule, **told)  # type: ignore[arg-type]


def planned(sql: str = "SELECT 1", table_name: str = "t", *, bad: bool = True) -> Planned:
    """A query whose index scan became a sequential scan, or whose plan stayed as it was."""
    name = table(table_name)
    index = Plan("Index Scan", 0.1, 8.0, 1.0, 32, name, index_name="i", details={"Index Cond": sql})
    whole = Plan("Seq Scan", 0.0, 23_478_039.0, 38.0, 32, name, filter=f"({sql})")
    limit = Plan("Limit", 0.0, 618_843.0, 1.0, 32, plans=(whole,))
    query = Query(table_name, sql, "queries/q.sql", 3)
    if not bad:
        return Planned(query, sized=True, base=index, head=index)
    wanted = CreateIndex(name="ix", table=name, keys=(IndexKey("a"),))
    fault = Fault(
        "sequential-scan",
        name,
        whole,
        whole,
        "it reads 162 GB",
        suggestion=Suggestion(wanted, index),
    )
    return Planned(query, sized=True, base=index, head=limit, faults=(fault,))


def rehearsal(
    *statements: Traced,
    sizes: dict[str, int] | None = None,
    predicted: Sequence[Finding] = (),
    seen: Sequence[Finding] = (),
    failure: Failure | None = None,
    queries: Sequence[Planned] = (),
    notes: Sequence[str] = (),
) -> Rehearsal:
    """What a run that came to its end saw, or one whose upgrade failed."""
    relations = [Relation(table(name), 1, 1.0, size) for name, size in (sizes or {}).items()]
    stats = Stats({relation.name: relation for relation in relations})
    parts = (Ran("downgrade"), Ran("again")) if failure is None else ()
    ran = (Ran("base"), Ran("upgrade", statements, failure=failure), *parts)
    ids = dict.fromkeys(["1", *(each.revision for each in statements)])
    revisions = tuple(Revision(each, f"versions/{each}.py") for each in ids)
    held = tuple(holds(statements, stats))
    found = (*seen, *of_queries(queries))
    told = (tuple(predicted), found, stats, tuple(queries), tuple(notes))
    return Rehearsal(180006, ("0",), revisions, ran, held, *told)
