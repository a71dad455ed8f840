"""For ``check``: indexes that an upgrade made, so that no step is about them, and that are not as
declared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from outofband.catalog.observe import observe
from outofband.catalog.reader import Reader
from outofband.catalog.sight import Sight
from outofband.catalog.standing import Standing
from outofband.catalog.unlike import UNFINISHED, cannot_be_told, otherwise, told_state
from outofband.model.sqlstates import INSUFFICIENT_PRIVILEGE
from outofband.model.step import CreateIndex, Wanted
from outofband.runbook.hand import StatementFailed


def unlike(made: Wanted, reader: Reader) -> Iterator[Standing]:
    """Yield those that are INVALID or others than declared; an index that is not there is none.

    Where a revision was not understood it may have made another of them, so that only what is
    INVALID is told; where a table may not be looked at, nothing.
    """
    try:
        seen = observe(reader, [wanted.step for wanted in made.steps])
    except StatementFailed as failed:
        if failed.sqlstate == INSUFFICIENT_PRIVILEGE:
            return
        raise
    for wanted in made.steps:
        step = wanted.step
        sight = otherwise(step, seen) if isinstance(step, CreateIndex) else None
        if sight is None or not isinstance(step, CreateIndex) or cannot_be_told(step, sight, seen):
            continue
        if sight.state in UNFINISHED or not made.incomplete:
            told = replace(sight, reason=_reason(step, sight))
            yield Standing(step, wanted.revision, told, done=False)


def _reason(step: CreateIndex, sight: Sight) -> str:
    assert sight.index is not None
    if sight.state in UNFINISHED and not sight.index.partitioned:
        do = f"REINDEX INDEX CONCURRENTLY {sight.index.name}"
    else:
        do = "declare it with op.create_index_out_of_band in a new revision"
    return f"an upgrade made it, and it {told_state(step, sight)}; {do}"
