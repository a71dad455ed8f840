"""A server that pretends to be production is asked for plans."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.pretend import (
    Explainer,
    Plan,
    QueryNotPlanned,
    WithoutSeqScan,
    pretended,
    undone,
)
from outofband.rehearse.queries.conditions import standalone
from outofband.rehearse.queries.parameters import numbered, typed
from outofband.rehearse.queries.value import Outcome, Unplanned
from outofband.rehearse.queries.world import World
from outofband.rehearse.relations import query
from outofband_lint.names import QualifiedName
from outofband_lint.query import Query
from outofband_lint.reader.tokens import Unreadable

_OF_NO_TYPE = ("42P08", "42P18")
"""What PostgreSQL says of a parameter whose type nothing tells, or not all of its places."""
_SET_PATH = "SELECT set_config('search_path', %(path)s, false)"
_PARAMETER = re.compile(r"\$\d+")


@dataclass(frozen=True, slots=True)
class Place:
    """A server: where libpq connects to, and its data directory; None where it is not ours, so that
    it cannot pretend any size. Queries are planned under ``search_path``, if any is given.
    """

    url: str
    data_directory: Path | None = None
    search_path: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said of a query, whether at production's size, and what it was asked."""

    outcome: Outcome
    sized: bool
    sql: str


@dataclass(frozen=True, slots=True)
class Planning:
    """A server that is being asked, and what stands there."""

    session: Session
    size: Explainer
    without_size: WithoutSeqScan
    world: World

    def answer(self, asked: Query) -> Answer:
        """Return the plan of a query, or why there is none."""
        sql = asked.sql
        try:
            sql, plan = self._planned(numbered(asked.sql))
        except QueryNotPlanned as error:
            return Answer(Unplanned(error.why, error.sqlstate), False, sql)
        except Unreadable as error:
            return Answer(Unplanned(str(error)), False, sql)
        if not self.size.sized:
            return Answer(plan, False, sql)
        if self.world.is_sized(plan):
            return Answer(plan, True, sql)
        return Answer(self.explained(sql, sized=False), False, sql)

    def explained(self, sql: str, *, sized: bool) -> Plan:
        """Return the plan of a query that has one."""
        return self.size.explain(sql) if sized else self.without_size.explain(sql)

    def fetched(self, node: Plan) -> float | None:
        """Return how many rows an index finds for a scan before it filters them; None where that
        cannot be asked.
        """
        condition = standalone(node.index_cond or "", node.alias)
        if condition is None or node.relation is None:
            return None
        alias = QualifiedName(node.alias or node.relation.name)
        try:
            return self.size.explain(
                f"SELECT FROM {node.relation} AS {alias} WHERE {condition}"
            ).plan_rows
        except QueryNotPlanned:
            return None

    @contextmanager
    def before_steps(self, hidden: Sequence[QualifiedName], there: Sequence[str]) -> Iterator[None]:
        """Be without some indexes, and have those that these statements create, for a block."""
        with ExitStack() as stack:
            for statement in there:
                stack.enter_context(self.size.trying(statement))
            stack.enter_context(self._without(hidden))
            yield

    @contextmanager
    def _without(self, indexes: Sequence[QualifiedName]) -> Iterator[None]:
        names = {
            "schemas": [name.schema for name in indexes],
            "names": [name.name for name in indexes],
        }
        with undone(self.session):
            self.session.rows(query("hide"), names)
            yield

    def _planned(self, sql: str) -> tuple[str, Plan]:
        """Return the plan of a query, and its text with a type for each parameter that needs one: a
        driver that puts values in place of parameters has no such need. Raises QueryNotPlanned.
        """
        for _ in _PARAMETER.findall(sql):
            try:
                return sql, self.size.explain(sql)
            except QueryNotPlanned as error:
                found = _PARAMETER.search(error.why)
                if error.sqlstate not in _OF_NO_TYPE or found is None:
                    raise
                sql = typed(sql, found[0])
        return sql, self.size.explain(sql)


@contextmanager
def planning(place: Place, world: World) -> Iterator[Planning]:
    """Ask a server for the length of a block, which pretends meanwhile, if it is ours.

    Raises NotPretendable.
    """
    with Session(Url(place.url)) as session, ExitStack() as stack:
        if place.search_path:
            session.rows(_SET_PATH, {"path": place.search_path})
        without_size = WithoutSeqScan(session)
        size: Explainer = without_size
        if place.data_directory is not None:
            size = stack.enter_context(pretended(session, place.data_directory, world.stats))
        roots, keys = _partitions(session)
        seen = replace(world, roots=roots, keys=keys, partial=_partial(session))
        found = Planning(session, size, without_size, seen)
        yield replace(found, world=replace(found.world, fetched=found.fetched))


def _partitions(
    session: Session,
) -> tuple[dict[QualifiedName, QualifiedName], dict[QualifiedName, frozenset[str]]]:
    """Return what each partition is at last a partition of, and by which columns."""
    roots, keys = {}, {}
    for row in session.rows(query("partitions")):
        name = QualifiedName(row["name"], row["schema"])
        roots[name] = QualifiedName(row["root"], row["root_schema"])
        keys[name] = frozenset(row["keys"])
    return roots, keys


def _partial(session: Session) -> frozenset[QualifiedName]:
    rows = session.rows(query("partial"))
    return frozenset(QualifiedName(row["name"], row["schema"]) for row in rows)
