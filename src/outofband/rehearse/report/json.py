"""A rehearsal for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from outofband.pretend.plan import Plan
from outofband.rehearse.at_size import Duration, Hold, duration
from outofband.rehearse.queries.value import Outcome, Planned
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report import words
from outofband.rehearse.report.waits import Waits, by_statement, waits
from outofband.rehearse.trace import Traced
from outofband_lint.report.json import as_json
from outofband_lint.stats import Stats

FORMAT, VERSION = "outofband-rehearsal", 1


def report(rehearsal: Rehearsal) -> str:
    """Return the report as a JSON object; times are in seconds, sizes in bytes."""
    upgraded = rehearsal.part("upgrade")
    statements = upgraded.statements if upgraded else ()
    held = by_statement(rehearsal.holds)
    told = {
        "format": FORMAT,
        "version": VERSION,
        "server_version": words.version(rehearsal.server_version),
        "base": [*rehearsal.base],
        "revisions": [revision.id for revision in rehearsal.revisions],
        "parts": {ran.part: "failed" if ran.failure else "ran" for ran in rehearsal.ran},
        "notes": [*rehearsal.notes],
        "waits": [_waits(each, rehearsal.stats) for each in waits(rehearsal.holds)],
        "queries": [_query(each) for each in rehearsal.planned],
        "statements": [
            _statement(traced, held.get(id(traced), ()), rehearsal.stats) for traced in statements
        ],
        "predicted": [as_json(finding) for finding in rehearsal.predicted],
        "seen": [as_json(finding) for finding in rehearsal.seen],
    }
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _waits(found: Waits, stats: Stats) -> dict[str, Any]:
    relation, worst = stats.of(found.table), found.worst
    return {
        "table": words.name(found.table),
        "bytes": relation.bytes if relation else None,
        "what": words.who(worst),
        "for": _duration(worst.duration),
        "path": words.relative(worst.statement.path),
        "line": worst.statement.line,
    }


def _query(planned: Planned) -> dict[str, Any]:
    query = planned.query
    return {
        "name": query.name,
        "path": words.relative(query.path),
        "line": query.line,
        "query": query.sql,
        "before": _plan(planned.base),
        "until_apply": _plan(planned.deferred),
        "after": _plan(planned.head),
        "faults": [{"kind": fault.kind, "why": fault.why} for fault in planned.faults],
        "suggestions": [*words.suggestions(planned)],
    }


def _plan(outcome: Outcome | None) -> dict[str, Any] | None:
    if isinstance(outcome, Plan):
        return {"cost": round(outcome.total_cost, 2), "lines": [*outcome.lines()]}
    return None if outcome is None else {"error": outcome.why}


def _statement(traced: Traced, held: Sequence[Hold], stats: Stats) -> dict[str, Any]:
    names = ("rewritten", "scanned", "rebuilt", "created", "dropped", "invalid")
    return {
        "revision": traced.revision,
        "path": words.relative(traced.path),
        "line": traced.line,
        "statement": traced.sql,
        "transaction": traced.transaction,
        "out_of_band": traced.out_of_band,
        "locks_seen": traced.seeing,
        "locks": [
            {
                "table": words.name(hold.lock.table),
                "mode": hold.lock.mode.value,
                "blocks": hold.lock.mode.blocks,
                "held": _duration(hold.duration),
            }
            for hold in held
        ],
        **{field: [words.name(n) for n in getattr(traced, field)] for field in names},
        "seconds": round(traced.seconds, 6),
        "in_production": _duration(duration(traced, stats)),
    }


def _duration(known: Duration | None) -> dict[str, Any] | None:
    if known is None:
        return None
    return {"at_least_seconds": round(known.seconds, 3), "method": words.method(known)}
