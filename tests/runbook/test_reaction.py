"""What follows a failure, by its SQLSTATE."""

from __future__ import annotations

import pytest

from outofband.runbook.hand import StatementFailed
from outofband.runbook.reaction import Reaction, advice, reaction


@pytest.mark.parametrize(
    ("sqlstate", "expected"),
    [
        ("40P01", Reaction.RETRY),
        ("55P03", Reaction.RETRY),
        ("42P07", Reaction.RETRY),
        ("42704", Reaction.RETRY),
        ("23505", Reaction.DUPLICATES),
        ("53400", Reaction.TEMP_FILES),
        ("42501", Reaction.STOP),
        ("57014", Reaction.STOP),
        ("54000", Reaction.STOP),
        ("22P02", Reaction.STOP),
        ("XX000", Reaction.STOP),
        ("", Reaction.STOP),
    ],
)
def test_the_sqlstate_decides(sqlstate: str, expected: Reaction) -> None:
    assert reaction(sqlstate) is expected


@pytest.mark.parametrize(
    ("sqlstate", "says"),
    [
        ("53100", "disk space"),
        ("22P02", "Correct the row"),
        ("22012", "Correct the row"),
        ("25006", "primary"),
        ("XX000", "Look the SQLSTATE up"),
    ],
)
def test_every_failure_comes_with_something_to_do(sqlstate: str, says: str) -> None:
    assert says in advice(sqlstate)
    assert says in str(StatementFailed(sqlstate, "it failed"))
