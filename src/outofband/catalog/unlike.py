"""What is wrong with an index that is not as declared, in words. Pure."""

from __future__ import annotations

from outofband.catalog.facts import IndexFacts
from outofband.catalog.sight import Sight
from outofband.model.state import State
from outofband.model.step import CreateIndex


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
