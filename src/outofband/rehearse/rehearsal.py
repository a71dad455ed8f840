"""A project's new revisions on a server of their own: what came of it, as one value."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from outofband.ephemeral import server
from outofband.gate import past
from outofband.gate.judge import judge
from outofband.gate.request import Request
from outofband.gate.subject import subject_of
from outofband.inputs.trace import tracing
from outofband.rehearse import findings
from outofband.rehearse.at_size import Hold, holds
from outofband.rehearse.base import Base
from outofband.rehearse.predicted import surprises
from outofband.rehearse.run import Call, Part, Ran, Site, Watch, parts, unwatched
from outofband_lint.finding import Finding
from outofband_lint.source import Revision
from outofband_lint.stats import Stats

PARTS: tuple[Part, ...] = ("base", "upgrade", "downgrade", "again")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal saw.

    ``server_version`` is a number: 180006 is 18.6. ``revisions`` are those that were traced, in
    upgrade order, on top of ``base``. ``predicted`` is what the linter finds in them, ``seen`` what
    only showed itself here. ``holds`` are the locks that they take on the way up. ``notes`` say
    what was left out, and why.
    """

    server_version: int
    base: tuple[str, ...]
    revisions: tuple[Revision, ...]
    ran: tuple[Ran, ...]
    holds: tuple[Hold, ...]
    predicted: tuple[Finding, ...]
    seen: tuple[Finding, ...]
    stats: Stats
    notes: tuple[str, ...] = ()

    @property
    def findings(self) -> tuple[Finding, ...]:
        """All findings, in upgrade order."""
        order = {revision.id: number for number, revision in enumerate(self.revisions)}
        both = (*self.predicted, *self.seen)
        return tuple(sorted(both, key=lambda f: (order.get(f.revision, len(order)), f.line)))

    def part(self, wanted: Part) -> Ran | None:
        """Return a part of the run, None where it was not come to."""
        return next((ran for ran in self.ran if ran.part == wanted), None)


def rehearse(
    request: Request,
    *,
    stats: str | None,
    limit: float,
    pg_bin: Path | None = None,
    watch: Watch = unwatched,
) -> Rehearsal:
    """Run what a project's branch adds, or all of it, up, down and up again.

    ``stats`` is a stats file, or that of the settings. ``limit`` is in seconds, for each part.
    ``watch`` is told how far it is.
    """
    with subject_of(request) as subject:
        revisions = tuple(subject.revisions)
        judged = judge(subject, stats=stats)
        ids = {r.id for r in revisions} if subject.judged is None else {*subject.judged}
        settings = subject.settings
        sizes = past.stats_of(stats or settings.stats) or Stats()
    new = _affected(revisions, ids)
    before = [revision for revision in revisions if revision.id not in new]
    base = _heads(before)
    wanted, notes = PARTS, []
    if len(base) > 1:
        wanted = ("base", "upgrade")
        notes.append(f"not run down and up again: there are {len(base)} heads to go down to")
    rehearsed = tuple(revision for revision in revisions if revision.id in new)
    call = Call(request.configs, request.name, request.x, base, request.since is None, limit, watch)
    ran, version = _ran(call, wanted, before, rehearsed, pg_bin)
    upgraded = next((each.statements for each in ran if each.part == "upgrade"), ())
    held = tuple(holds(upgraded, sizes))
    rehearsal = Rehearsal(version, base, rehearsed, ran, held, judged.new, (), sizes, tuple(notes))
    seen = findings.of(rehearsal, surprises(before, upgraded))
    return replace(rehearsal, seen=tuple(seen))


def _ran(
    call: Call,
    wanted: Sequence[Part],
    before: Sequence[Revision],
    rehearsed: Sequence[Revision],
    pg_bin: Path | None,
) -> tuple[tuple[Ran, ...], int]:
    """Run the parts on a server, the base from what is kept of it; return them and its version."""
    kept = Base.of((*call.configs, "", call.name, *call.x), before, pg_bin) if before else None
    schema = kept.schema() if kept else None
    archive = kept.archive if kept and schema is not None else None
    with server(pg_bin=pg_bin, kept=archive) as running:
        site = Site(str(running.socket_directory), running.port, "postgres")
        if schema is None or running.is_new:
            with tracing() as trace:
                (base,) = parts(call, site, ["base"])
            if base.failure is not None:
                return (base,), running.version
            if kept is not None:
                running.keep(kept.archive)
                kept.keep(base.schema, trace, rehearsed)
        else:
            base = Ran("base", schema=schema)
        return (base, *parts(call, site, wanted[1:])), running.version


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
