"""The block of a script that is about a label of an enum."""

from __future__ import annotations

from outofband.model.names import literal
from outofband.model.step import AddEnumValue
from outofband.revisions.offline.text import TAG, mark, tagged, told

_OF_LABEL = """\
{mark}
DO {tag}
BEGIN
  EXECUTE {plain};
EXCEPTION WHEN OTHERS THEN
  RAISE NOTICE 'outofband: deferred %: %', {what}, SQLERRM;
END
{tag};"""


def of_label(step: AddEnumValue) -> str:
    """Return the block that adds it, and says why where it cannot."""
    text = _OF_LABEL.format(
        mark=mark(step),
        tag=TAG,
        plain=literal(step.plain_sql),
        what=told(step),
    )
    return tagged(text)


def has_label(step: AddEnumValue) -> str:
    """Return the expression that the label is there."""
    return (
        "EXISTS (SELECT FROM pg_enum"
        f" WHERE enumtypid = to_regtype({literal(str(step.table))})"
        f" AND enumlabel = {literal(step.value)})"
    )
