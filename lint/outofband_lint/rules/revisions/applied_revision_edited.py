"""applied-revision-edited."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import PATH, Example
from outofband_lint.finding import Place
from outofband_lint.rule import Violation, project_rule
from outofband_lint.source import Base, Problem, Revision, Source

_TABLE = Revision("1", "versions/1_given.py", (), (), (Source("CREATE TABLE t (a int)", "", 8),))


def _second(*sql: str, line: int = 8, problem: Problem | None = None) -> Revision:
    return Revision("2", PATH, ("1",), (), tuple(Source(s, PATH, line) for s in sql), problem)


def _edited(before: Revision, after: Revision) -> Example:
    return Example(chain=(_TABLE, after), base=Base((_TABLE, before)))


_A, _B = 'ALTER TABLE "t" ADD COLUMN b int', "ALTER TABLE t ADD COLUMN c int"


@project_rule(
    failure="databases that have run the revision keep the old schema, and new ones get another",
    bad=(
        _edited(_second(_A), _second(_A, _B)),
        _edited(_second(_A, _B), _second(_A)),
        _edited(_second(_A), _second(_B)),
        Example('ALTER TABLE "T" ADD COLUMN b int', base=Base((_TABLE, _second(_A)))),
    ),
    good=(
        _edited(_second(_A), _second(_A, line=12)),
        Example(chain=(_TABLE, _second(_A)), base=Base((_TABLE,))),
        Example(chain=(_TABLE, _second(_A))),
    ),
)
def applied_revision_edited(context: Context) -> Iterator[Violation]:
    """A revision that the base already has sends other statements now.

    Cost: a database that has run the revision never runs it again. It keeps what the old text made,
    a new database gets what the new text makes, and no later revision knows which of the two it
    meets.

    Instead: leave the revision as it was and write what is to change into a new one:
    `op.alter_column(…)`, `op.create_index_out_of_band(…)` or Alembic's own operations.

    Allowed when: no database but a developer's own has run the revision, or what changes is only
    how it runs and not what it leaves behind.

    Source: Alembic 1.20, tutorial, "Running our First Migration" (the version table holds ids, not
    contents); PostgreSQL 18.
    """
    if context.base is None:
        return
    then = {revision.id: revision.sent for revision in context.base.revisions}
    for revision in context.revisions:
        if revision.id in then and then[revision.id] != revision.sent:
            yield Violation(
                f"Revision {revision.id} is in the base already, and its upgrade() sends other "
                "statements now: databases that have run it will never see them.",
                "Put the revision back as it was, and write the change as a new revision",
                place=Place(revision.path, revision.line, revision.id),
                subject=revision.id,
            )
