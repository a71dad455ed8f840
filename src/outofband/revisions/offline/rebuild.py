"""What a script says and does of what is to be done anew."""

from __future__ import annotations

from outofband.model.names import literal
from outofband.model.step import Rebuild, Reindex, mark_of
from outofband.revisions.offline.text import regclass


def is_rebuilt(step: Rebuild) -> str:
    """Return the expression that the comment of its relation has the step's mark."""
    return (
        f"{literal(mark_of(step))} = ANY (string_to_array("
        f"obj_description({regclass(step.relation)}, 'pg_class'), E'\\n'))"
    )


def rebuilding(step: Reindex) -> str:
    """Return the expression that gives the statements: to build it, and to mark that."""
    index = literal(str(step.relation))
    comment = f"concat_ws(E'\\n', obj_description({regclass(step.relation)}, 'pg_class'), {{mark}})"
    marked = comment.format(mark=literal(mark_of(step)))
    return f"{literal(step.plain_sql)} || format('; COMMENT ON INDEX %s IS %L', {index}, {marked})"
