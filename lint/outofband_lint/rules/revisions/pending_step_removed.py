"""pending-step-removed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outofband_lint.context import Context
from outofband_lint.example import PATH, Example
from outofband_lint.finding import Place
from outofband_lint.reader import read
from outofband_lint.rule import Violation, project_rule
from outofband_lint.schema import Schema, fold
from outofband_lint.source import Base, Revision, Source
from outofband_lint.statement import AddConstraint, AlterTable, CreateIndex, DropIndex

_GIVEN = "versions/1_given.py"
_TABLE = Revision("1", _GIVEN, (), (), (Source("CREATE TABLE t (a int, b int)", _GIVEN, 8),))


def _step(sql: str, *, out_of_band: bool = True) -> Revision:
    return Revision("2", PATH, ("1",), (), (Source(sql, PATH, 8, out_of_band=out_of_band),))


_IX = _step("CREATE INDEX ix ON t (a)")
_QUOTED = _step('CREATE INDEX "Ix" ON t (a)')
_DROPPED = Revision("3", "versions/3.py", ("2",), (), (Source("DROP TABLE t", "versions/3.py", 8),))


@project_rule(
    failure="nobody builds the step any more: where it was not done yet, it never will be",
    bad=(
        Example(chain=(_TABLE, _step("SELECT 1", out_of_band=False)), base=Base((_TABLE, _IX))),
        Example(chain=(_TABLE, _step("CREATE INDEX iy ON t (b)")), base=Base((_TABLE, _IX))),
        Example('ALTER TABLE "t" ADD COLUMN c int', base=Base((_TABLE, _QUOTED))),
    ),
    good=(
        Example(chain=(_TABLE, _IX), base=Base((_TABLE, _IX))),
        Example(
            chain=(_TABLE, _step("CREATE INDEX ix ON t (a)", out_of_band=False)),
            base=Base((_TABLE, _IX)),
        ),
        Example(chain=(_TABLE,), base=Base((_TABLE, _IX, _DROPPED))),
        Example(chain=(_TABLE, _IX)),
    ),
)
def pending_step_removed(context: Context) -> Iterator[Violation]:
    """A squash or an edit loses the declaration of an out-of-band step.

    Cost: what is wanted is the fold of the revisions. A step that no revision declares is wanted by
    nobody, `outofband status` lists it no more, and where it was still pending the index is never
    built. A table without its index is how the incident began.

    Instead: carry the declaration into the revision that replaces the old one, as
    `op.create_index_out_of_band(…)`: where the index exists already, that is a no-op. In plain
    Alembic: `op.create_index(…, if_not_exists=True)` once every database has it.

    Allowed when: every database has done the step; `outofband check` on each of them says so.

    Source: outofband's contract, "Wanted is an ordered list of steps"; PostgreSQL 18, CREATE INDEX.
    """
    if context.base is None:
        return
    lost = _declared(context.base.revisions)
    for name in _named(context.revisions):
        lost.pop(name, None)
    if not lost:
        return
    there = _left_behind(context.base.revisions)
    present = {revision.id: revision for revision in context.revisions}
    for name, (revision, source) in lost.items():
        if name not in there:
            continue
        now = present.get(revision.id)
        place = Place(now.path, now.line, now.id) if now else Place(source.path, source.line)
        yield Violation(
            f"The out-of-band step {name} of revision {revision.id} is declared by no revision any "
            "more: where it is still pending, it will never be done.",
            f"Keep its declaration in the revision that replaces {revision.id}",
            place=place,
            subject=name,
        )


def _declared(revisions: Iterable[Revision]) -> dict[str, tuple[Revision, Source]]:
    """Return the steps that build something, by name, with what declares each."""
    return {
        name: (revision, source)
        for revision in revisions
        for source in revision.sources
        if source.out_of_band
        for name in _made_by(source)
    }


def _named(revisions: Iterable[Revision]) -> Iterator[str]:
    """Yield the indexes and constraints that revisions make or take away out of band."""
    for revision in revisions:
        for source in revision.sources:
            if source.out_of_band or "INDEX" in source.sql or "CONSTRAINT" in source.sql:
                yield from _made_by(source)
                yield from _dropped_by(source)


def _made_by(source: Source) -> Iterator[str]:
    for statement in read(source.sql):
        match statement:
            case CreateIndex(name=str(name)):
                yield name
            case AlterTable(actions=actions):
                for action in actions:
                    if isinstance(action, AddConstraint) and action.constraint.name:
                        yield action.constraint.name


def _dropped_by(source: Source) -> Iterator[str]:
    for statement in read(source.sql):
        if isinstance(statement, DropIndex):
            yield from (index.name for index in statement.indexes)


def _left_behind(revisions: Iterable[Revision]) -> set[str]:
    """Return the names of the indexes and constraints at the end of a history."""
    schema = Schema()
    for revision in revisions:
        schema = schema.new_session()
        for source in revision.sources:
            for statement in read(source.sql):
                schema = fold(
                    schema, statement, revision=revision.id, out_of_band=source.out_of_band
                )
    indexes = {index.name for table in schema.tables.values() for index in table.indexes}
    return indexes | {c.name for table in schema.tables.values() for c in table.constraints}
