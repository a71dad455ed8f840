"""One backfill of the project, found by its name, for the commands that are about it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from outofband.backfill.load import load
from outofband.backfill.spec import Spec
from outofband.backfill.state import Name
from outofband.catalog.facts import TableFacts
from outofband.catalog.observe import observe
from outofband.cli.options import Where
from outofband.cli.project import Project, open_project
from outofband.errors import NothingChanged
from outofband.model.step import Backfill
from outofband.postgres.session import Session
from outofband.runbook.plan import StepUnknown


class NoTable(NothingChanged):
    """The table of a backfill is not there."""


@dataclass(frozen=True, slots=True)
class One:
    """A backfill as its revision declares it, the table it is about, and a session to order it
    by.
    """

    project: Project
    session: Session
    step: Backfill
    table: TableFacts

    @property
    def name(self) -> Name:
        """What it is known by."""
        return Name(self.step.name, self.table.name.schema or "")

    def spec(self) -> Spec:
        """Import its spec. Raises SpecNotLoaded."""
        return load(self.step.spec, self.project.folders)


@contextmanager
def one(where: Where, name: str) -> Iterator[One]:
    """Find the backfill of that name among what the applied revisions want. Raises StepUnknown
    and NoTable.
    """
    project = open_project(where)
    with Session(project.source) as session:
        wanted = project.scope(session, None).wanted
        step = _named(name, [w.step for w in wanted.steps if isinstance(w.step, Backfill)])
        table = observe(session, [step]).table(step.table)
        if table is None:
            raise NoTable(f"there is no table {step.table}", do="Upgrade the schema first")
        yield One(project, session, step, table)


def _named(name: str, backfills: list[Backfill]) -> Backfill:
    for step in reversed(backfills):
        if step.name == name:
            return step
    known = ", ".join(step.name for step in backfills) or "none"
    raise StepUnknown(f"no applied revision declares a backfill {name!r}", do=f"There are: {known}")
