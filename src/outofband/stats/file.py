"""The stats file: the one place where it is written and read.

JSON with an object a line, sorted by name, so that a pull's changes read as a diff. What holds no
news (a member at its default) is left out. The schema is docs/stats.schema.json; members that this
version does not know are passed over.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import MISSING, fields
from functools import cache
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from outofband.errors import Misuse
from outofband.stats.value import Column, Index, Missing, Query, Relation, Setting, Stats
from outofband_lint.stats import FORMAT, VERSION, document

_LISTS: dict[str, type] = {
    "settings": Setting,
    "missing": Missing,
    "relations": Relation,
    "columns": Column,
    "indexes": Index,
    "queries": Query,
}
_HEADER = ("server_version", "pulled", "counted_since")


class StatsFileWrong(Misuse):
    """The stats file is not there, or is none that this version reads."""


def written(stats: Stats) -> str:
    """Return the stats file as text."""
    header = {"format": FORMAT, "version": VERSION}
    header |= {name: value for name in _HEADER if (value := getattr(stats, name)) is not None}
    parts = [json.dumps(header)[1:-1]]
    for name in _LISTS:
        lines = sorted(map(_line, getattr(stats, name)))
        listed = ",\n".join(f"  {line}" for _, line in lines)
        parts.append(f'"{name}": [\n{listed}\n]' if lines else f'"{name}": []')
    return "{" + ",\n".join(parts) + "}\n"


def _line(item: Any) -> tuple[tuple[str, ...], str]:
    """Return what an object is sorted by, and the object."""
    entry = {
        field.name: value
        for field in fields(item)
        if (value := getattr(item, field.name)) != field.default
    }
    order = (str(entry.get(key, "")) for key in ("schema", "table", "name", "query", "of", "what"))
    return tuple(order), json.dumps(entry, ensure_ascii=False)


def read(text: str, where: str = "the stats file") -> Stats:
    """Read a stats file; ``where`` is what messages call it. Raises StatsFileWrong."""
    try:
        return _stats(document(text))
    except ValueError as error:
        raise StatsFileWrong(
            f"cannot read {where}",
            why=str(error),
            do="Write it with outofband stats pull",
        ) from None


def _stats(found: dict[str, Any]) -> Stats:
    if "relations" not in found:
        raise ValueError('"relations" is not there')
    hints = get_type_hints(Stats)
    header = {name: found[name] for name in _HEADER if name in found}
    for name, value in header.items():
        _check(value, hints[name], f'"{name}"')
    lists: dict[str, Any] = {name: tuple(_objects(found, name, _LISTS[name])) for name in _LISTS}
    return Stats(**header, **lists)


def _objects(found: dict[str, Any], name: str, made: type) -> Iterator[Any]:
    entries = found.get(name, [])
    if not isinstance(entries, list):
        raise ValueError(f'"{name}" is not a list')
    for number, entry in enumerate(entries):
        yield _object(made, entry, f'"{name}"[{number}]')


def _object(made: type, entry: Any, where: str) -> Any:
    if not isinstance(entry, dict):
        raise ValueError(f"{where} is not an object")
    known, needed = _members(made)
    for name in needed - entry.keys():
        raise ValueError(f'{where} has no "{name}"')
    given = {name: value for name, value in entry.items() if name in known}
    for name, value in given.items():
        _check(value, known[name], f'{where}: "{name}"')
        if isinstance(value, list):
            given[name] = tuple(value)
    return made(**given)


@cache
def _members(made: type) -> tuple[dict[str, Any], frozenset[str]]:
    """Return the members of an object with their types, and which of them it must have."""
    found: Iterable[Any] = fields(made)
    needed = frozenset(field.name for field in found if field.default is MISSING)
    return get_type_hints(made), needed


def _check(value: Any, hint: Any, where: str) -> None:
    if not _fits(value, hint):
        raise ValueError(f"{where} is not {_WORDS.get(_plain(hint), 'what it should be')}")


_WORDS = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def _plain(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is UnionType else hint


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is UnionType:
        return any(_fits(value, one) for one in get_args(hint))
    if get_origin(hint) is tuple:
        return isinstance(value, list) and all(_fits(one, get_args(hint)[0]) for one in value)
    if hint is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    if hint is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, hint)
