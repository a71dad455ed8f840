"""A database's schema as text, to tell whether two of them are the same and what differs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from outofband.rehearse.relations import Rows, query

Object = tuple[str, str]
"""The kind and the name of an object."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What one schema has and another has not, or has otherwise, as `index public.a_idx`."""

    missing: tuple[str, ...] = ()
    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Tell whether there is any."""
        return bool(self.missing or self.added or self.changed)

    def __str__(self) -> str:
        """Say all of it in one line."""
        parts = ("missing", self.missing), ("left over", self.added), ("different", self.changed)
        return "; ".join(f"{word}: {', '.join(names)}" for word, names in parts if names)


Schema = dict[Object, str]
"""The definition of each object."""


def schema_of(rows: Rows) -> Schema:
    """Return what a database holds beside rows."""
    return of_rows(rows(query("schema")))


def of_rows(rows: Iterable[Sequence[Any]]) -> Schema:
    """Return the schema of rows of (kind, name, definition)."""
    return {(kind, name): definition for kind, name, definition in rows}


def difference(wanted: Schema, found: Schema) -> Difference:
    """Return how ``found`` differs from ``wanted``.

    An enum that has gained values is as it was: no downgrade can take one away (PostgreSQL 18,
    ALTER TYPE).
    """

    def shown(objects: Iterable[Object]) -> tuple[str, ...]:
        return tuple(f"{kind} {name}" for kind, name in sorted(objects))

    both = wanted.keys() & found.keys()
    return Difference(
        shown(wanted.keys() - found.keys()),
        shown(found.keys() - wanted.keys()),
        shown(each for each in both if not _is_as_wanted(each, wanted[each], found[each])),
    )


def _is_as_wanted(what: Object, wanted: str, found: str) -> bool:
    is_enum = what[0] == "enum"
    return wanted == found or (
        is_enum and set(_VALUE.findall(wanted)) <= set(_VALUE.findall(found))
    )


_VALUE = re.compile(r"E?'(?:[^']|'')*'")
