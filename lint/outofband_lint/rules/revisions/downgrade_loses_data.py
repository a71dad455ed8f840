"""downgrade-loses-data."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import PATH, Example
from outofband_lint.finding import Place
from outofband_lint.reader import read
from outofband_lint.rule import Violation, project_rule
from outofband_lint.source import Revision, Source
from outofband_lint.spelling import shown
from outofband_lint.statement import AlterTable, DropColumn, DropTable, Query, Statement, Truncate

_GIVEN = "versions/1_given.py"
_TABLES = 'CREATE TABLE t (a int); CREATE SCHEMA app; CREATE TABLE app."T" (a int, b int)'


def _down(sql: str) -> Example:
    given = Revision("1", _GIVEN, (), (), (Source(_TABLES, _GIVEN, 8),))
    return Example(
        sql, chain=(given, Revision("2", PATH, ("1",), downgrade=(Source(sql, PATH, 12),)))
    )


@project_rule(
    severity="warning",
    opt_in=True,
    failure="the rows that the application has written since are gone",
    bad=(
        _down("DROP TABLE t"),
        _down('ALTER TABLE app."T" DROP COLUMN a'),
        _down("TRUNCATE t"),
        _down("delete from t"),
    ),
    good=(
        _down("DROP INDEX ix"),
        _down("ALTER TABLE t ALTER COLUMN a DROP NOT NULL"),
        Example("DROP TABLE t"),
    ),
)
def downgrade_loses_data(context: Context) -> Iterator[Violation]:
    """A downgrade() drops a table or a column, or deletes rows.

    Cost: a downgrade is run in a hurry, when a release went wrong. Whatever the application has
    written into that table or column since the upgrade is gone with it, and the next upgrade brings
    back an empty one.

    Instead: leave the table or column where it is and let the old release ignore it; drop it in a
    later revision with `op.drop_column(…)`, in plain Alembic as with outofband, once nobody wants
    it back.

    Allowed when: what is dropped can be computed again. The rule is off until the settings give it
    a severity.

    Source: PostgreSQL 18, DROP TABLE and ALTER TABLE, DROP COLUMN; Alembic 1.20, "Downgrading".
    """
    for revision in context.revisions:
        for source in revision.downgrade or ():
            for statement in read(source.sql):
                for lost in _lost(statement):
                    yield Violation(
                        f"The downgrade() of {revision.id} drops {lost}, with everything that was "
                        "written there since the upgrade.",
                        f"Keep {lost} in downgrade(), and drop it in a later revision",
                        place=Place(source.path, source.line, revision.id),
                        subject=f"{revision.id} {lost}",
                    )


def _lost(statement: Statement) -> Iterator[str]:
    match statement:
        case DropTable(tables):
            yield from (f"the table {shown(table)}" for table in tables)
        case AlterTable(table, actions):
            for action in actions:
                if isinstance(action, DropColumn):
                    yield f"the column {action.column} of {shown(table)}"
        case Truncate(tables):
            yield from (f"the rows of {shown(table)}" for table in tables)
        case Query(writes=writes):
            deleted = (write.table for write in writes if write.verb == "delete")
            yield from (f"the rows of {shown(table)}" for table in deleted)
