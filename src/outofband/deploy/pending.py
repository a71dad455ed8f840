"""What an upgrade leaves behind, told once: by the operation that deferred it, or at the end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection

from outofband.catalog.standing import Standing
from outofband.model.step import Step, in_words

_TOLD = "outofband.told"


def note(connection: Connection, step: Step) -> None:
    """Remember for this connection that the operator was told of a step."""
    connection.info.setdefault(_TOLD, set()).add((step.kind, step.name))


def lines(connection: Connection, standings: Iterable[Standing]) -> Iterator[str]:
    """Yield a line for each pending step that was not told of yet, and the command for all."""
    told = connection.info.pop(_TOLD, set())
    pending = [s for s in standings if not s.done]
    for standing in pending:
        step = standing.step
        if (step.kind, step.name) not in told:
            what = f"{in_words(step)} on {step.table}"
            yield f"pending since {standing.revision}: {what}"
    if pending:
        counted = "1 step is" if len(pending) == 1 else f"{len(pending)} steps are"
        yield f"{counted} pending: run outofband apply"
