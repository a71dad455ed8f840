"""Which index is there and not as declared, and what is wrong with it, in words. Pure."""

from __future__ import annotations

from outofband.catalog.classify import classify
from outofband.catalog.equality import is_comparable
from outofband.catalog.facts import IndexFacts, Observation
from outofband.catalog.sight import Sight
from outofband.model.state import State
from outofband.model.step import CreateIndex

UNFINISHED = frozenset({State.INVALID, State.INVALID_ENFORCING, State.PARTITION_INCOMPLETE})
_OTHERWISE = UNFINISHED | {State.DIFFERENT, State.NOT_PROVABLY_EQUAL}


def otherwise(step: CreateIndex, seen: Observation) -> Sight | None:
    """Return what is there under an index's name where that is not as declared; None where it is,
    where nothing is there, and where it belongs to something else.
    """
    sight = classify(step, seen)
    return sight if sight.state in _OTHERWISE and sight.index is not None else None


def cannot_be_told(step: CreateIndex, sight: Sight, seen: Observation) -> bool:
    """Tell whether nobody knows if two spellings mean one: the planner has no form of either."""
    table = seen.table(step.table)
    if sight.state is not State.NOT_PROVABLY_EQUAL or table is None or sight.index is None:
        return False
    return not is_comparable(step.index, sight.index, table)


def told_state(step: CreateIndex, sight: Sight) -> str:
    """Say what is wrong with a declared index, as what follows its name."""
    found = sight.index
    match sight.state:
        case State.ABSENT:
            return "is not there"
        case State.INVALID | State.INVALID_ENFORCING:
            return "is INVALID: no query uses it"
        case State.VALID_OTHER_NAME:
            return f"is there as {found.name.name}" if found else "has another name"
        case State.NOT_PROVABLY_EQUAL:
            return "may be another one than declared: its expressions are spelled differently"
        case State.PARTITION_INCOMPLETE:
            return "lacks parts on some partitions"
    differs = _differences(step, found) if found else ()
    return f"is another one than declared, in {', '.join(differs)}" if differs else (
        "is another one than declared"
    )  # fmt: skip


def _differences(step: CreateIndex, found: IndexFacts) -> tuple[str, ...]:
    index = step.index
    pairs = {
        "access method": (index.method.lower(), found.method),
        "uniqueness": (index.unique, found.unique),
        "NULLS [NOT] DISTINCT": (index.nulls_not_distinct, found.nulls_not_distinct),
        "INCLUDE": (set(index.include), set(found.include)),
        "predicate": (index.where is None, found.predicate is None),
        "keys": ([k.column for k in index.keys], [k.column for k in found.keys]),
    }
    named = tuple(name for name, (wanted, stored) in pairs.items() if wanted != stored)
    return named or ("keys or predicate",)
