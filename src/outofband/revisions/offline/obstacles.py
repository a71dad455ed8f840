"""What keeps a script from doing a step: as selects of a reason, and whether it holds."""

from __future__ import annotations

from outofband.catalog.earlier import waits_for
from outofband.model.names import literal
from outofband.model.step import (
    AddCheck,
    AddConstraint,
    AddForeignKey,
    CreateIndex,
    DropIndex,
    RefreshView,
    SetNotNull,
    Step,
)
from outofband.revisions.frame import Direction
from outofband.revisions.offline import constraint
from outofband.revisions.offline.done import is_done
from outofband.revisions.offline.text import regclass


def obstacles(step: Step, direction: Direction, earlier: tuple[Step, ...]) -> list[str]:
    """Return them for a step, given those that were declared before it."""
    waited = waits_for(step, earlier) if direction == "upgrade" else ()
    used = {s.using_index for s in waited if isinstance(s, AddConstraint)}
    told = [
        f"SELECT {literal(f'waits for {s.name}')}, NOT ({is_done(s)})"
        for s in waited
        if not (isinstance(s, CreateIndex) and s.name in used)
    ]
    match step:
        case RefreshView():
            told.append("SELECT 'nobody knows how long the view''s query takes', true")
        case CreateIndex(index):
            taken = f"{regclass(index.qualified_name)} IS NOT NULL"
            told.append(f"SELECT 'its name is taken by what is not a valid index', {taken}")
        case DropIndex() if direction == "upgrade":
            gone = regclass(step.qualified_name)
            owned = f"EXISTS (SELECT FROM pg_constraint WHERE conindid = {gone})"
            told.append(f"SELECT 'a constraint owns the index', {owned}")
        case AddConstraint(kind="primary_key", columns=columns):
            names = ", ".join(literal(column).strip() for column in columns)
            nullable = (
                "EXISTS (SELECT FROM pg_attribute WHERE attrelid = target AND NOT attnotnull"
                f" AND attname = ANY (ARRAY[{names}]))"
            )
            told.append(f"SELECT 'a column allows NULL', {nullable}")
        case AddCheck() | AddForeignKey() | SetNotNull():
            other = "its name is taken by another constraint"
            told.append(f"SELECT {literal(other)}, {constraint.taken(step)}")
    return told
