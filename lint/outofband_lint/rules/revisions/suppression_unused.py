"""suppression-unused."""

from __future__ import annotations

from collections.abc import Iterator

from outofband_lint.context import Context
from outofband_lint.example import Example
from outofband_lint.rule import Violation, suppression_rule
from outofband_lint.rule_names import what_is_meant
from outofband_lint.suppression import FORM, Suppression

_INDEX = 'CREATE INDEX ix ON "Events" (kind)'


@suppression_rule(
    failure="the comment says of the revision what is not so, and hides the next finding there",
    given='CREATE TABLE "Events" (id bigint PRIMARY KEY, kind text)',
    bad=(
        Example("SELECT 1", comment="# outofband: allow[index-built-in-deploy] because it is tiny"),
        Example(_INDEX, comment="# outofband: allow[index-dropped-in-deploy] because it is tiny"),
        Example(_INDEX, comment="# outofband: allow[index-build-in-deploy] because it is tiny"),
        Example(_INDEX, comment="# outofband: allow[prefer-robust-stmts] because it is tiny"),
        Example(_INDEX, comment="# outofband: ignore[index-built-in-deploy]"),
        Example(
            _INDEX,
            comment="# outofband: allow[index-built-in-deploy, table-dropped] because it is tiny",
        ),
        Example(
            _INDEX,
            comment="# outofband: allow[index-built-in-deploy] until 2027-02-30 because it is tiny",
        ),
    ),
    good=(
        Example(_INDEX, comment="# outofband: allow[index-built-in-deploy] because it is tiny"),
        Example(_INDEX, comment="# outofband: allow[index-built-in-deploy]"),
        Example(_INDEX, comment="# nothing about outofband"),
    ),
)
def suppression_unused(comment: Suppression, context: Context) -> Iterator[Violation]:
    """A suppression allows nothing: there is no such finding, no such rule, or it is misspelled.

    Cost: readers take the statement for more dangerous than it is, or for checked when it is not;
    and the day it does become dangerous, the comment hides it.

    Instead: remove the comment, or the name from its list. Names are ours; those that other linters
    give a hazard are answered with the rule that is meant. It changes nothing in what the revision
    sends, be it `op.create_index_out_of_band(…)` or plain Alembic.

    Allowed when: never. Where a rule is turned off, or a revision could not be rendered, nothing is
    said, since nobody looked.

    Source: PostgreSQL 18, Explicit Locking, for what there is to find.
    """
    if comment.malformed:
        yield Violation(
            f"The suppression allows nothing: {comment.malformed}.",
            f"Write # {FORM}",
            subject=comment.text,
        )
        return
    known = {rule.name for rule in context.rules}
    for name in comment.unused if comment.holds else ():
        yield Violation(
            f"The suppression of {name} allows nothing: "
            + ("there is no such finding." if name in known else "no rule has that name."),
            f"Remove {name} from the comment"
            if name in known
            else f"Correct the name {name}. {what_is_meant(name, context.rules)}",
            subject=f"{comment.text}\0{name}",
        )
