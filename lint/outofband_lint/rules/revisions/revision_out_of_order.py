"""revision-out-of-order."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import PATH, Example
from outofband_lint.finding import Place
from outofband_lint.rule import Violation, project_rule
from outofband_lint.source import Base, Revision, Source


def _revision(id_: str, *down: str, depends_on: tuple[str, ...] = (), sql: str = "") -> Revision:
    path = PATH if id_ == "2" else f"versions/{id_}.py"
    return Revision(id_, path, down, depends_on, (Source(sql or "SELECT 1", path, 8),))


_ONE, _THREE = _revision("1"), _revision("3", "1")
_QUOTED = _revision("2", "1", sql='ALTER TABLE "T" ADD COLUMN a int')


@project_rule(
    severity="warning",
    failure="databases at the base count the revision as applied and never run it",
    bad=(
        Example(chain=(_ONE, _revision("3", "2"), _QUOTED), base=Base((_ONE, _THREE))),
        Example(chain=(_revision("1", "2"), _QUOTED), base=Base((_ONE,))),
        Example(
            chain=(_ONE, _revision("3", "1", depends_on=("2",)), _revision("2")),
            base=Base((_ONE, _THREE)),
        ),
    ),
    good=(
        Example(chain=(_ONE, _THREE, _revision("2", "3")), base=Base((_ONE, _THREE))),
        Example(chain=(_ONE, _THREE, _revision("2", "1")), base=Base((_ONE, _THREE))),
        Example(chain=(_ONE, _revision("3", "2"), _QUOTED)),
    ),
)
def revision_out_of_order(context: Context) -> Iterator[Violation]:
    """A new revision was put below one that the base already has.

    Cost: Alembic remembers heads and takes everything below them for applied. A database that has
    run the later revision will never run the new one, and nothing says so; a new database runs
    both.

    Instead: put the new revision above the newest one (`down_revision`), in plain Alembic as with
    outofband; `alembic revision` writes it so. `op.…` calls need no change.

    Allowed when: no database but a developer's own is at the later revision.

    Source: Alembic 1.20, "Working with Branches", on how the version table is read; PostgreSQL 18.
    """
    if context.base is None:
        return
    known = context.base.ids
    by_id = {revision.id: revision for revision in context.revisions}
    for revision in context.revisions:
        if revision.id not in known:
            continue
        for parent in revision.parents:
            new = by_id.get(parent)
            if new is not None and new.id not in known:
                yield Violation(
                    f"Revision {new.id} is new, and {revision.id}, which the base already has, "
                    "comes after it: databases there take it for applied and never run it.",
                    f"Move {new.id} above the newest revision, by its down_revision",
                    place=Place(new.path, new.line, new.id),
                    subject=new.id,
                )
