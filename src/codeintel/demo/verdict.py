"""What the log says was written against what the tables hold. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from codeintel.demo.log import FAILURES, Outcome, Request
from codeintel.store.rows import METADATA

Tally = Counter[tuple[int, str]]
"""How many rows there are, by dump id and table."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What went wrong, counted. ``failed`` requests got no answer, ``wrong`` ones another one;
    ``lost`` rows were committed and are not there, ``doubled`` rows are there and nobody wrote
    them.
    """

    requests: int
    failed: int
    wrong: int
    lost: int
    doubled: int

    @property
    def is_clean(self) -> bool:
        """Whether requests were made and nothing went wrong."""
        return self.requests > 0 and not (self.failed or self.wrong or self.lost or self.doubled)


def written(requests: Iterable[Request]) -> Tally:
    """Return the rows that uploads have committed."""
    rows: Tally = Counter()
    for request in requests:
        rows.update({(request.dump_id, table): n for table, n in request.written.items()})
    return rows


def judge(requests: Iterable[Request], loaded: Tally, found: Tally, moved: Tally) -> Verdict:
    """Judge the traffic and the tables after it.

    ``loaded`` was there before the traffic, ``found`` is in the tables and ``moved`` in the
    quarantine. Of metadata one row a dump has to have stayed and the others to have been moved.
    """
    listed = list(requests)
    expected = loaded + written(listed)
    stay = Counter({key: 1 if key[1] == METADATA else n for key, n in expected.items()})
    away = expected - stay
    return Verdict(
        requests=len(listed),
        failed=sum(r.outcome in FAILURES for r in listed),
        wrong=sum(r.outcome is Outcome.WRONG for r in listed),
        lost=(stay - found).total() + (away - moved).total(),
        doubled=(found - stay).total() + (moved - away).total(),
    )
