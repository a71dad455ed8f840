"""What follows a failure, by its SQLSTATE."""

from __future__ import annotations

import pytest

from outofband.runbook.hand import StatementFailed
from outofband.runbook.reaction import Reaction, advice, longest_pause, reaction


@pytest.mark.parametrize(
    ("sqlstate", "expected"),
    [
        ("40P01", Reaction.RETRY),
        ("55P03", Reaction.RETRY),
        ("42P07", Reaction.RETRY),
        ("42704", Reaction.RETRY),
        ("42710", Reaction.RETRY),
        ("42703", Reaction.RETRY),
        ("2BP01", Reaction.RETRY),
        ("55000", Reaction.RETRY),
        ("23505", Reaction.DUPLICATES),
        ("53400", Reaction.TEMP_FILES),
        ("42501", Reaction.STOP),
        ("57014", Reaction.CANCELLED),
        ("53100", Reaction.DISK),
        ("53200", Reaction.MEMORY),
        ("54000", Reaction.ROWS),
        ("22P02", Reaction.ROWS),
        ("22012", Reaction.ROWS),
        ("P0001", Reaction.ROWS),
        ("42883", Reaction.ROWS),
        ("42P17", Reaction.STOP),
        ("0A000", Reaction.STOP),
        ("25006", Reaction.STOP),
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


def test_pauses_double_up_to_five_seconds() -> None:
    assert [longest_pause(n) for n in (1, 2, 3, 5, 6, 60)] == [0.2, 0.4, 0.8, 3.2, 5.0, 5.0]
