"""multiple-heads."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import PATH, Example
from outofband_lint.finding import Place
from outofband_lint.rule import Violation, project_rule
from outofband_lint.source import Revision, Source


def _revision(id_: str, *down: str, labels: tuple[str, ...] = (), sql: str = "") -> Revision:
    path = PATH if id_ == "2" else f"versions/{id_}.py"
    source = Source(sql or "SELECT 1", path, 8)
    return Revision(id_, path, down, (), (source,), branch_labels=labels)


_QUOTED = _revision("2", "1", sql='CREATE TABLE "T" (a int PRIMARY KEY)')


@project_rule(
    failure="`alembic upgrade head` refuses to choose, so the deploy fails",
    bad=(
        Example(chain=(_revision("1"), _revision("3", "1"), _QUOTED)),
        Example(chain=(_revision("1"), _revision("2"))),
        Example(chain=(_revision("1"), _revision("3", "1"), _revision("4", "1"), _QUOTED)),
    ),
    good=(
        Example(chain=(_revision("1"), _revision("3", "1"), _revision("2", "1", "3"))),
        Example(chain=(_revision("1"), _revision("2", "1"))),
        Example(chain=(_revision("1", labels=("core",)), _revision("2", labels=("plugin",)))),
        Example(chain=(_revision("1"), _revision("2", labels=("plugin",)))),
    ),
)
def multiple_heads(context: Context) -> Iterator[Violation]:
    """Several revisions have no successor, and no branch label says that this is meant.

    Cost: `alembic upgrade head` stops with "Multiple head revisions are present", in the deploy at
    the latest. Two branches that were merged with a revision each are enough.

    Instead: name the one head in the other's `down_revision` while it has not been deployed, or
    write `alembic merge heads`, in plain Alembic as with outofband: a merge needs no `op.…` at all.

    Allowed when: the project keeps independent branches; then give each of them a `branch_labels`.

    Source: Alembic 1.20, "Working with Branches"; PostgreSQL 18.
    """
    parents = {parent for revision in context.revisions for parent in revision.down_revisions}
    heads = [r for r in context.revisions if r.id not in parents and not r.is_sql_file]
    unmeant = [head for head in heads if not _is_labelled(head, context)]
    if len(unmeant) < 2:
        return
    names = ", ".join(head.id for head in unmeant)
    last = unmeant[-1]
    yield Violation(
        f"There are {len(unmeant)} heads ({names}): `alembic upgrade head` refuses to choose.",
        f"Merge them: alembic merge {' '.join(head.id for head in unmeant)}; or name "
        f"{unmeant[0].id} in the down_revision of {last.id}",
        place=Place(last.path, last.line, last.id),
        subject=names,
    )


def _is_labelled(head: Revision, context: Context) -> bool:
    """Tell whether the head, or what it alone descends from, has a branch label."""
    by_id = {revision.id: revision for revision in context.revisions}
    children: dict[str, int] = {}
    for revision in context.revisions:
        for parent in revision.down_revisions:
            children[parent] = children.get(parent, 0) + 1
    current: Revision | None = head
    while current is not None:
        if current.branch_labels:
            return True
        downs = [d for d in current.down_revisions if children.get(d) == 1]
        current = by_id.get(downs[0]) if len(downs) == 1 else None
    return False
