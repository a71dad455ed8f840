"""What a sequence of revisions wants done out of band, once each has had its say. Pure.

Steps are listed in the order they are declared. Plain statements of the same and of later
revisions act on them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from outofband.model.step import WantedStep
from outofband.revisions.folding import plain
from outofband.revisions.folding.wanted_list import WantedList
from outofband.revisions.render import Rendered
from outofband_lint.reader import read


def fold(revisions: Iterable[Rendered]) -> WantedList:
    """Fold revisions, in the order they run."""
    listed = WantedList()
    for rendered in revisions:
        for source, step in rendered.in_order():
            if step is not None:
                listed.declare(WantedStep(step, rendered.revision.id))
            elif source.sql:
                for statement in read(source.sql):
                    plain.apply(listed, statement)
    return listed


def declared(revisions: Iterable[Rendered]) -> Iterator[WantedStep]:
    """Yield every step under the names its revision gives it, cancelled later or not."""
    for rendered in revisions:
        for step in rendered.steps:
            yield WantedStep(step, rendered.revision.id)
