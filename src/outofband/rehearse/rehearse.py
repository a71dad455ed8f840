"""Run a project's new revisions on a server of their own, and say what came of it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

from outofband.gate.judge import judge, lint_settings
from outofband.gate.past import known_findings, suppressions_of
from outofband.gate.request import Request
from outofband.gate.subject import Subject, subject_of
from outofband.pretend import Plan
from outofband.rehearse import allowed, findings, running
from outofband.rehearse.at_size import holds
from outofband.rehearse.predicted import schema_of, surprises
from outofband.rehearse.queries.findings import SEQUENTIAL_SCAN
from outofband.rehearse.queries.gate import gate_for
from outofband.rehearse.queries.value import Planned
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.run import Call, Part, Ran, Watch, unwatched
from outofband_lint import baseline, suppress
from outofband_lint.engine import Progress, judged_of
from outofband_lint.finding import Finding
from outofband_lint.rehearsed import REHEARSED
from outofband_lint.source import Revision
from outofband_lint.spelling import shown
from outofband_lint.stats import Stats

PARTS: tuple[Part, ...] = ("base", "upgrade", "downgrade", "again")


def rehearse(
    request: Request,
    *,
    stats: str | None,
    limit: float,
    queries: Sequence[str] = (),
    pg_bin: Path | None = None,
    elsewhere: str | None = None,
    with_baseline: bool = True,
    watch: Watch = unwatched,
) -> Rehearsal:
    """Run what a project's branch adds, or all of it, up, down and up again.

    ``stats`` is a stats file, or that of the settings; ``queries`` name more files of queries than
    these do. ``limit`` is in seconds, for each part. The server is one made from ``pg_bin``, or the
    one that the URL ``elsewhere`` leads to. Findings that the baseline has are left out, unless not
    ``with_baseline``. ``watch`` is told how far it is.
    """
    with subject_of(request) as found:
        subject = _with(found, queries, request.since)
        revisions = tuple(subject.revisions)
        progress = Progress() if request.since is not None else None
        judged = judge(subject, stats=stats, with_baseline=with_baseline, progress=progress)
        settings = lint_settings(subject, stats)
        known = known_findings(subject.settings) if with_baseline else {}
        gate = gate_for(subject, settings, stats or subject.settings.stats)
        comments = suppress.dated(suppressions_of(subject.files), date.today())
    affected = _affected(revisions, judged_of(revisions, settings, subject.judged))
    before = [revision for revision in revisions if revision.id not in affected]
    base = _heads(before)
    wanted, notes = PARTS, []
    if len(base) > 1:
        wanted = ("base", "upgrade")
        notes.append(f"not run down and up again: there are {len(base)} heads to go down to")
    rehearsed = tuple(revision for revision in revisions if revision.id in affected)
    call = Call(request.configs, request.name, request.x, base, request.since is None, limit, watch)
    if elsewhere is None:
        came = running.on_ours(call, wanted, before, rehearsed, gate, pg_bin)
    else:
        came = running.on_theirs(call, wanted, gate, elsewhere)
    upgraded = next((each.statements for each in came.ran if each.part == "upgrade"), ())
    rehearsal = Rehearsal(
        came.server_version,
        base,
        rehearsed,
        tuple(came.ran),
        tuple(holds(upgraded, settings.stats)),
        judged.findings,
        (),
        settings.stats,
        came.planned,
        (*notes, *came.notes, *_stale(settings.stats, came.ran)),
    )
    began = progress.began if progress and revisions[: len(before)] == (*before,) else None
    seen = [*findings.of(rehearsal, surprises(schema_of(before, began), upgraded))]
    told = allowed.told(seen, settings, comments, _looked_for(rehearsal))
    new = baseline.compare([*told], known).new
    return replace(rehearsal, seen=new, predicted=tuple(_but(judged.new, seen, came.planned)))


def _looked_for(rehearsal: Rehearsal) -> frozenset[str]:
    """Return of which findings it would be known if there were any."""
    if len(rehearsal.ran) < len(PARTS) or any(ran.failure for ran in rehearsal.ran):
        return frozenset()
    of_queries = {name for name in REHEARSED if name.startswith("query-")}
    sized = bool(rehearsal.planned) and all(planned.sized for planned in rehearsal.planned)
    unknown = set() if sized else of_queries
    return REHEARSED - unknown - (set() if rehearsal.stats.relations else {"lock-held-long"})


def _stale(stats: Stats, ran: Iterable[Ran]) -> Iterator[str]:
    """Say which tables of the stats file no part of the run has had."""
    up = [each for each in ran if each.part in ("base", "upgrade") and not each.failure]
    there = {name for each in up for kind, name in each.schema if kind in _SIZED}
    own = {each.version_table for each in up}
    missing = (n for n in stats.relations if str(n) not in there and n.name not in own)
    gone = [str(shown(name)) for name in missing]
    if gone and len(up) == 2:
        more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
        yield (
            f"The stats file has tables that no revision makes: {', '.join(gone[:_NAMED])}{more}. "
            "Where they are no longer in production, pull it again."
        )


_SIZED = ("table", "materialized view", "foreign table")
_NAMED = 5


def _but(
    predicted: Iterable[Finding], seen: Iterable[Finding], planned: Iterable[Planned]
) -> Iterator[Finding]:
    """Leave out what the linter predicts of a query whose plan was seen to be wrong, or was seen at
    production's size: then that is what there is to say.
    """
    said = {(f.path, f.line) for f in seen if f.rule == SEQUENTIAL_SCAN}
    queries = [each.query for each in planned if each.sized and isinstance(each.head, Plan)]
    known = [(os.path.relpath(q.path), q.line, f" query {q.name} ") for q in queries]
    for finding in predicted:
        place = finding.path, finding.line
        of_known = any(k[:2] == place and k[2] in finding.message for k in known)
        if finding.rule != _PREDICTS or not (place in said or of_known):
            yield finding


_PREDICTS = "query-without-index"


def _with(subject: Subject, named: Sequence[str], since: str | None) -> Subject:
    """Return the subject with these files' queries beside its own."""
    if not named:
        return subject
    from outofband.revisions.queries import read, read_at_base

    folder, base = Path.cwd(), subject.base
    more = read(named, folder)
    if base is not None and since is not None:
        before = read_at_base(named, folder, since, more)
        base = replace(base, queries=(*base.queries, *before))
    return replace(subject, base=base, queries=(*subject.queries, *more))


def _affected(revisions: Iterable[Revision], changed: Collection[str]) -> set[str]:
    """Return the revisions that are changed, and those that build on them, in any distance."""
    found: set[str] = set()
    for revision in revisions:
        if revision.id in changed or not found.isdisjoint(revision.parents):
            found.add(revision.id)
    return found


def _heads(revisions: Sequence[Revision]) -> tuple[str, ...]:
    built_on = {parent for revision in revisions for parent in revision.parents}
    return tuple(revision.id for revision in revisions if revision.id not in built_on)
