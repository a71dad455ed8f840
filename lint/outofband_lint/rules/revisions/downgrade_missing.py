"""downgrade-missing."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import PATH, Example
from outofband_lint.finding import Place
from outofband_lint.rule import Violation, project_rule
from outofband_lint.source import Revision, Source


def _revision(sql: str, downgrade: tuple[str, ...] | None) -> Example:
    down = None if downgrade is None else tuple(Source(s, PATH, 12) for s in downgrade)
    first = Revision("1", "versions/1_given.py")
    sent = (Source(sql, PATH, 8),) if sql else ()
    return Example(sql, chain=(first, Revision("2", PATH, ("1",), (), sent, downgrade=down)))


@project_rule(
    severity="warning",
    opt_in=True,
    failure="the release cannot be taken back with `alembic downgrade`",
    bad=(
        _revision("CREATE TABLE t (a int PRIMARY KEY)", ()),
        _revision('ALTER TABLE "T" ADD COLUMN a int', ()),
        _revision("UPDATE t SET a = 1", ()),
    ),
    good=(
        _revision("CREATE TABLE t (a int PRIMARY KEY)", ("DROP TABLE t",)),
        _revision("", ()),
        _revision("CREATE TABLE t (a int PRIMARY KEY)", None),
    ),
)
def downgrade_missing(context: Context) -> Iterator[Violation]:
    """A revision that changes something has no downgrade(), or one that does nothing.

    Cost: `alembic downgrade` takes the revision for undone and leaves what it made; the next
    upgrade fails on what exists already.

    Instead: write what undoes it (`op.drop_table(…)` for `op.create_table(…)`, Alembic's own
    operations), or `raise` with a sentence that says why there is no way back, so that the operator
    reads it.

    Allowed when: the team never downgrades. The rule is off until the settings give it a severity.

    Source: Alembic 1.20, tutorial, "Downgrading"; PostgreSQL 18.
    """
    for revision in context.revisions:
        if revision.sources and revision.downgrade == ():
            yield Violation(
                f"Revision {revision.id} cannot be undone: its downgrade() is missing or sends "
                "nothing.",
                "Write downgrade(), or let it raise with the reason why there is no way back",
                place=Place(revision.path, revision.line, revision.id),
                subject=revision.id,
            )
