"""Where every wanted step stands: its state, whether it is done, and what it waits for (contract,
Operations).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from outofband.catalog.classify import classify
from outofband.catalog.done import done_places
from outofband.catalog.earlier import Earlier
from outofband.catalog.facts import Observation
from outofband.catalog.pairs import builds_and_promotions
from outofband.catalog.reachable import reachable
from outofband.catalog.sight import Sight
from outofband.catalog.unwanted import unwanted
from outofband.model.state import State
from outofband.model.step import CreateIndex, Drop, Step, Wanted


@dataclass(frozen=True, slots=True)
class Standing:
    """One wanted step now. ``waits_for`` names the steps that have to be done first and are not."""

    step: Step
    revision: str
    sight: Sight
    done: bool
    waits_for: tuple[str, ...] = ()

    @property
    def state(self) -> State:
        """The state the catalog shows."""
        return self.sight.state


_WRONG = frozenset(
    {
        State.INVALID,
        State.INVALID_ENFORCING,
        State.DIFFERENT,
        State.NOT_PROVABLY_EQUAL,
        State.QUARANTINED,
    }
)


def is_wrong(standing: Standing) -> bool:
    """Tell whether something is there that is not what was declared, rather than not yet there."""
    return not standing.done and standing.state in _WRONG


def standings(wanted: Wanted, seen: Observation) -> tuple[Standing, ...]:
    """Tell where each wanted step stands, in the order of the revisions, then what is unwanted."""
    listed = reachable(wanted, seen)
    steps = tuple(w.step for w in listed)
    # Nor is one wanted index renamed to serve as another.
    built = (s.index.qualified_name for s in steps if isinstance(s, CreateIndex))
    names = wanted.declared_names.union(built)
    beside = builds_and_promotions(steps)
    sights = tuple(
        _kept(s, classify(s, seen, names, beside.get(n)), wanted.incomplete)
        for n, s in enumerate(steps)
    )
    waits = _waits(steps)
    done = done_places(steps, sights, waits)
    stand = tuple(
        Standing(
            step=step,
            revision=listed[n].revision,
            sight=sights[n],
            done=n in done,
            waits_for=tuple(steps[m].name for m in waits[n] if m not in done),
        )
        for n, step in enumerate(steps)
    )
    left = unwanted(wanted, seen)
    return stand + tuple(Standing(w.step, w.revision, sight, done=True) for w, sight in left)


def _waits(steps: Iterable[Step]) -> tuple[tuple[int, ...], ...]:
    """Return for each step the places of those that it waits for."""
    waits, earlier = [], Earlier()
    for step in steps:
        waits.append(tuple(earlier.awaited(step)))
        earlier.add(step)
    return tuple(waits)


def _kept(step: Step, sight: Sight, incomplete: tuple[str, ...]) -> Sight:
    """Keep what is to be dropped where a revision cannot be read that might have made it anew."""
    if sight.state is not State.VALID or not incomplete:
        return sight
    if not isinstance(step, Drop):
        return sight
    reason = f"revision {', '.join(incomplete)} cannot be read, and may have made it anew"
    return replace(sight, reason=reason)
