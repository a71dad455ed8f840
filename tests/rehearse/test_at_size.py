"""How long a statement and its locks last in production, from what was seen and how large it is."""

from __future__ import annotations

import pytest

from outofband.rehearse.at_size import duration, holds
from outofband.rehearse.trace import Lock, Traced
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.stats import Relation, Stats

T, U = QualifiedName("t", "public"), QualifiedName("u", "public")
GIGABYTE = 1_000_000_000
STATS = Stats({T: Relation(T, 122_071, 1e6, GIGABYTE)})
EXCLUSIVE, SHARE, WRITES = LockMode.ACCESS_EXCLUSIVE, LockMode.SHARE, LockMode.ROW_EXCLUSIVE
READS = LockMode.ACCESS_SHARE


def _traced(mode: LockMode, transaction: int = 1, **more: object) -> Traced:
    fields = {"locks": (Lock(T, mode),), "seconds": 0.001, "sql": "", **more}
    return Traced("1", "1.py", 4, "upgrade", transaction=transaction, **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("traced", "seconds"),
    [
        (_traced(EXCLUSIVE), 0.001),
        (_traced(EXCLUSIVE, scanned=(T,)), 2.0),
        (_traced(SHARE, scanned=(T,), created=(U,)), 5.0),
        (_traced(EXCLUSIVE, rewritten=(T,)), 1000 / 130),
        (_traced(WRITES, scanned=(T,)), 1000 / 70),
        (_traced(EXCLUSIVE, scanned=(T,), locks=(), sql="UPDATE t SET a = 1"), 1000 / 70),
        (_traced(READS, scanned=(T,), sql="UPDATE u SET a = 1 FROM t"), 2.0),
        (_traced(EXCLUSIVE, scanned=(T,), locks=(), sql="INSERT INTO u SELECT * FROM t"), 2.0),
        (_traced(READS, scanned=(T,), created=(U,), sql="CREATE TABLE u AS SELECT * FROM t"), 2.0),
    ],
    ids=[
        "nothing",
        "a read",
        "an index",
        "a rewrite",
        "an update",
        "an update of what is locked already",
        "an update by what another table has",
        "an insert of what it has",
        "a table made of what it has",
    ],
)
def test_work_on_a_whole_table_lasts_by_its_size(traced: Traced, seconds: float) -> None:
    known = duration(traced, STATS)
    assert known is not None
    assert known.seconds == pytest.approx(seconds)


def test_work_on_many_tables_is_told_as_one() -> None:
    parts = [QualifiedName(f"t_{n}", "public") for n in range(12)]
    stats = Stats({part: Relation(part, 12_207, 1e5, GIGABYTE // 10) for part in parts})
    known = duration(_traced(SHARE, scanned=tuple(parts), created=(U,)), stats)
    assert known is not None
    assert known.method == "1144 MB of t_0, t_1 and 10 more tables indexed at 191 MB a second"


def test_nobody_knows_how_long_a_table_without_statistics_takes() -> None:
    assert duration(_traced(EXCLUSIVE, scanned=(U,)), STATS) is None


def test_a_lock_lasts_until_its_transaction_ends() -> None:
    first = _traced(EXCLUSIVE)
    slow = _traced(SHARE, scanned=(T,), created=(U,), locks=())
    other = _traced(EXCLUSIVE, transaction=2)
    held = [*holds([first, slow, other], STATS)]
    assert [round(hold.duration.seconds, 3) for hold in held if hold.duration] == [5.001, 0.001]


def test_the_locks_of_an_out_of_band_step_are_none_of_the_deploys() -> None:
    assert [*holds([_traced(SHARE, out_of_band=True)], STATS)] == []
