"""What was not seen, and which GRANT would show it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from outofband.doctor.asking import Planned
from outofband.doctor.finding import Finding
from outofband.doctor.sight import OutOfSight, Server
from outofband.doctor.words import count, told
from outofband.model.names import quote
from outofband.stats import missing
from outofband.stats.value import Missing

_HEARD = {missing.HIDDEN, missing.NO_STATEMENTS_RIGHT}


def judge(
    unseen: Sequence[Missing], planned: Planned, server: Server, out_of_sight: OutOfSight
) -> Iterator[Finding]:
    """Say of each thing that was not looked at why, and what to do."""
    role, locked = server.role, out_of_sight.locked
    for line in missing.lines(unseen, role):
        what, _, do = line.removeprefix("missing: ").partition("; ")
        yield _note(f"not seen: {what}", do)
    if not server.reads_all_stats and not any(each.why in _HEARD for each in unseen):
        yield _note(
            f"role {role} does not see since when transactions of other roles are open",
            f"GRANT pg_read_all_stats TO {quote(role)};",
        )
    if planned.refused:
        yield _note(
            f"{count(planned.refused, 'query', 'queries')} of the application not planned: role "
            f"{role} may not read their tables",
            f"GRANT pg_read_all_data TO {quote(role)};",
        )
    if planned.left:
        yield _note(
            f"{planned.left:,} more queries were not planned, which would have taken too long",
            "Those that took longest were planned first; run it again on a quieter server",
        )
    if server.standby:
        yield _note(
            "this is a standby: it counts the scans of its own queries alone",
            "Look at the primary, too",
        )
    for schema in out_of_sight.closed:
        yield _note(
            f"not looked at: the tables of schema {schema}, which role {role} may not use",
            f"GRANT USAGE ON SCHEMA {quote(schema)} TO {quote(role)};",
        )
    if locked:
        yield _note(
            f"not looked at, since somebody holds, or waits for, AccessExclusiveLock on it: "
            f"{told([str(name) for name in locked])}",
            "Run outofband doctor again when the lock is gone",
        )


def _note(what: str, do: str) -> Finding:
    return Finding("not-seen", "note", what, do=do)
