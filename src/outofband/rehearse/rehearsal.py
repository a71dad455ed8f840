"""What came of a rehearsal, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.rehearse.at_size import Hold
from outofband.rehearse.queries.value import Planned
from outofband.rehearse.run import Part, Ran
from outofband_lint.finding import Finding
from outofband_lint.source import Revision
from outofband_lint.stats import Stats


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal saw.

    ``server_version`` is a number: 180006 is 18.6. ``revisions`` are those that were traced, in
    upgrade order, on top of ``base``. ``predicted`` is what the linter finds in them, ``seen`` what
    only showed itself here. ``holds`` are the locks that they take on the way up. ``planned`` are
    the application's queries with their plans. ``notes`` say what was left out, and why.
    """

    server_version: int
    base: tuple[str, ...]
    revisions: tuple[Revision, ...]
    ran: tuple[Ran, ...]
    holds: tuple[Hold, ...]
    predicted: tuple[Finding, ...]
    seen: tuple[Finding, ...]
    stats: Stats
    planned: tuple[Planned, ...] = ()
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
