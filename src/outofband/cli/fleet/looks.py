"""What stands where at all targets of a fleet, as far as each can be looked at."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from outofband.backfill.turn import Truths
from outofband.catalog.reader import Reader, query
from outofband.cli.fleet.targets import Fleet, FleetTarget, require_apart
from outofband.cli.options import Where
from outofband.cli.project import Forecast, Seen, see
from outofband.errors import Misuse, OutofbandError, StateUnknown
from outofband.postgres.session import Session
from outofband.runbook.fleet import Concurrency
from outofband.runbook.turns import in_turns
from outofband.runbook.world import Scope
from outofband.target import HostAway

LOOKS_PER_HOST = 4
"""A look takes milliseconds of a server, most of them for opening the session."""

Identity = tuple[str, int, str | None]


class TargetIncomplete(StateUnknown):
    """The database is there, and what the target names in it is not."""

    default_state = "Nothing was changed by this call"


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of looking at one target: what was ``seen``, or the ``error`` instead."""

    target: FleetTarget
    seen: Seen | None = None
    error: OutofbandError | None = None
    identity: Identity | None = None

    @property
    def host(self) -> str:
        """What the target's work loads."""
        return self.target.host


def look_around(
    fleet: Fleet,
    where: Where,
    only: Sequence[str] = (),
    forecast: Forecast | None = None,
    *,
    dedupes: bool = False,
) -> tuple[Looked, ...]:
    """Look at every target in turn, as :func:`.see` does; one that cannot be looked at holds up no
    other, and a host that did not answer is not asked again for its next target.

    Where nothing is measured (no ``forecast``), a host is asked for several targets at once.

    Raises SameTarget where two turn out to be one, and Misuse where the call is wrong for all.
    """

    away = _Away()

    def look(target: FleetTarget) -> Looked:
        with away.session(target) as session:
            identity = _identity(session, target)
            scope = _scope(fleet, target, session, where.to, only)
            seen = see(target.project, session, scope, forecast, dedupes=dedupes)
            return Looked(target, seen, identity=identity)

    most = fleet.most
    if forecast is None:
        most = Concurrency(max(most.per_host, LOOKS_PER_HOST), most.in_all)
    looked = in_turns(fleet.targets, most, _held(look))
    require_apart((one.target.name, one.identity) for one in looked if one.identity)
    return looked


class _Away:
    """The hosts that did not answer, and why."""

    def __init__(self) -> None:
        self._hosts: dict[tuple[str, str], str] = {}

    @contextmanager
    def session(self, target: FleetTarget) -> Iterator[Session]:
        """Open a session at a target; raises HostAway at once where its host is known to be."""
        host = target.where.host, target.where.port
        if why := self._hosts.get(host):
            raise target.where.away_because(why)
        try:
            session = Session(target.project.source)
        except HostAway as error:
            if target.where.host:
                self._hosts[host] = error.why
            raise
        with session:
            yield session


def _held(look: Callable[[FleetTarget], Looked]) -> Callable[[FleetTarget], Looked]:
    """Hold what goes wrong at one target; a wrong call is wrong for all of them."""

    def held(target: FleetTarget) -> Looked:
        try:
            return look(target)
        except Misuse:
            raise
        except OutofbandError as error:
            return Looked(target, error=error)

    return held


def _scope(
    fleet: Fleet, target: FleetTarget, session: Session, to: str | None, only: Sequence[str]
) -> Scope:
    steps = fleet.wanted(_heads(target, session), to)
    truths = Truths(session, target.project.folders, one_of_many=True)
    return Scope(steps, tuple(only), fleet.settings.inline_max_bytes, truths)


def _heads(target: FleetTarget, reader: Reader) -> tuple[str, ...]:
    """Return the target's revisions; without a version table nobody knows whether any has run."""
    table = target.project.version_table
    if not reader.rows("SELECT WHERE to_regclass(%(name)s) IS NOT NULL", {"name": str(table)}):
        raise TargetIncomplete(
            f"target {target.name} has no version table {table}",
            why="so that its revisions are not known",
            do="Run alembic upgrade there first, or name version_table_schema in the file",
        )
    return target.project.heads(reader)


def _identity(reader: Reader, target: FleetTarget) -> Identity:
    row = reader.rows(query("identity"))[0]
    if target.schema is not None and row["schema"] != target.schema:
        raise TargetIncomplete(
            f"there is no schema {target.schema} in {target.where}, or this role may not use it",
            do="Correct the name in the file, or GRANT USAGE ON SCHEMA",
        )
    return row["server"], row["database"], row["schema"]
