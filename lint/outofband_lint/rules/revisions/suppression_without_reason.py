"""suppression-without-reason."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import Example
from outofband_lint.rule import Violation, suppression_rule
from outofband_lint.suppression import Suppression

_INDEX = 'CREATE INDEX ix ON "Events" (kind)'
_ALLOW = "# outofband: allow[index-built-in-deploy]"


@suppression_rule(
    failure="nobody who reads the comment can tell whether it is still right",
    given='CREATE TABLE "Events" (id bigint PRIMARY KEY, kind text)',
    bad=(
        Example(_INDEX, comment=_ALLOW),
        Example(_INDEX, comment=f"{_ALLOW} because"),
        Example(_INDEX, comment=f"{_ALLOW} it is tiny"),
        Example(_INDEX, comment=f"{_ALLOW} until 2027-01-31"),
    ),
    good=(
        Example(_INDEX, comment=f"{_ALLOW} because the table holds ten rows"),
        Example(_INDEX, comment=f"{_ALLOW} until 2027-01-31 because the table holds ten rows"),
        Example(_INDEX, comment="# the outofband index of events"),
    ),
)
def suppression_without_reason(comment: Suppression, _context: Context) -> Iterator[Violation]:
    """A suppression does not say why the finding is allowed.

    Cost: it allows nothing. What a rule foresees does not go away because somebody did not want to
    read of it, and without the reason nobody later knows whether it still holds.

    Instead: write `# outofband: allow[rule-name] because …`, in SQL with `--`. Where there is no
    reason, do what the finding's help says: `op.create_index_out_of_band(…)` and its sisters, or
    the plain Alembic form.

    Allowed when: never; set the rule's severity in pyproject.toml to turn it off everywhere.

    Source: PostgreSQL 18, Explicit Locking: the lock is taken, whatever a comment says.
    """
    if comment.malformed or comment.reason:
        return
    yield Violation(
        f"The suppression of {', '.join(comment.rules)} gives no reason and allows nothing.",
        f"Say why: # outofband: allow[{', '.join(comment.rules)}] because …",
        subject=comment.text,
    )
