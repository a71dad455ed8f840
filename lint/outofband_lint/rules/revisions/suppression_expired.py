"""suppression-expired."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import Example
from outofband_lint.rule import Violation, suppression_rule
from outofband_lint.suppression import Suppression

_INDEX = 'CREATE INDEX ix ON "Events" (kind)'
_ALLOW = "# outofband: allow[index-built-in-deploy]"


@suppression_rule(
    failure="what was allowed for a while is still there",
    given='CREATE TABLE "Events" (id bigint PRIMARY KEY, kind text)',
    bad=(
        Example(_INDEX, comment=f"{_ALLOW} until 2026-11-26 because nobody writes yet"),
        Example(_INDEX, comment=f"{_ALLOW} because nobody writes yet, until 2026-01-31"),
        Example(_INDEX, comment=f"{_ALLOW} because nobody writes (until 2026-01-31)."),
    ),
    good=(
        Example(_INDEX, comment=f"{_ALLOW} until 2026-11-27 because nobody writes yet"),
        Example(_INDEX, comment=f"{_ALLOW} because nobody writes yet, until 2027-01-31"),
        Example(_INDEX, comment=f"{_ALLOW} because nobody writes yet"),
    ),
)
def suppression_expired(comment: Suppression, _context: Context) -> Iterator[Violation]:
    """The day until which a suppression holds is over.

    Cost: it allows nothing any more. The finding is reported again, which is what the day was
    written down for.

    Instead: do what the finding's help says, with `op.create_index_out_of_band(…)` and its sisters
    or the plain Alembic form; or write a later day and a reason that holds until then.

    Allowed when: never; a suppression without a day does not expire.

    Source: PostgreSQL 18, Explicit Locking: the lock is taken, whatever day it is.
    """
    if comment.malformed or not comment.reason or not comment.expired:
        return
    yield Violation(
        f"The suppression of {', '.join(comment.rules)} held until {comment.until} and allows "
        "nothing any more.",
        f"Remove the comment once the finding is gone, or write a later day than {comment.until}",
        subject=comment.text,
    )
