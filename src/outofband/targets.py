"""``targets.toml``: the databases that one runbook is for, read and checked (docs/targets.md)."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from outofband.errors import Misuse

DEFAULT_PER_HOST = 1
DEFAULT_AT_ONCE = 20

_NAME = re.compile(r"[\w.-]{1,63}")
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_SECTIONS = ("defaults", "targets")
_DEFAULTS = ("concurrency", "concurrency_per_host", "search_path", "version_table_schema")
_KEYS = ("name", "schema", "url", "version_table_schema")


class TargetsWrong(Misuse):
    """The file of targets is not there, cannot be read, or says what it cannot mean."""


@dataclass(frozen=True, slots=True)
class Listed:
    """One target as the file lists it.

    Without a ``url`` it is in the project's own database, without a ``schema`` it is a whole
    database. ``version_table_schema`` is where Alembic keeps its heads, None for the default: the
    target's schema, or what holds for the project.
    """

    name: str
    url: str | None = field(default=None, repr=False)
    schema: str | None = None
    version_table_schema: str | None = None


@dataclass(frozen=True, slots=True)
class Targets:
    """All targets, in the file's order.

    At most ``concurrency_per_host`` of those on one host are worked on at once, and
    ``concurrency`` of all. ``search_path`` are schemas that are searched after a target's own.
    """

    listed: tuple[Listed, ...]
    concurrency_per_host: int = DEFAULT_PER_HOST
    concurrency: int = DEFAULT_AT_ONCE
    search_path: tuple[str, ...] = ()


def load(path: Path, environ: Mapping[str, str]) -> Targets:
    """Read a file of targets; ``${NAME}`` in a URL is taken from ``environ``.

    Raises TargetsWrong, which names the file, the target and the key, and no part of a URL.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise TargetsWrong(f"cannot read {path}", why=str(error), do="Correct the file") from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise TargetsWrong(
            f"cannot read {path}", why=why, do="Name a file of targets (docs/targets.md)"
        ) from None
    return parse(document, str(path), environ)


def parse(document: Mapping[str, Any], where: str, environ: Mapping[str, str]) -> Targets:
    """Turn the file's tables into targets; ``where`` names it in errors."""
    _require_known(document, _SECTIONS, f"in {where}")
    defaults = _table(document.get("defaults", {}), f"[defaults] in {where}")
    _require_known(defaults, _DEFAULTS, f"in [defaults] of {where}")
    reader = _Reader(where, defaults, environ)
    entries = document.get("targets", [])
    if not isinstance(entries, list) or not entries:
        raise TargetsWrong(f"{where} lists no target", do="Add a [[targets]] with name and url")
    listed = tuple(reader.listed(entry, n) for n, entry in enumerate(entries, start=1))
    _require_distinct((t.name for t in listed), where)
    return Targets(
        listed,
        reader.count("concurrency_per_host", DEFAULT_PER_HOST),
        reader.count("concurrency", DEFAULT_AT_ONCE),
        reader.search_path(),
    )


class _Reader:
    """Reads the values of one file."""

    def __init__(self, where: str, defaults: Mapping[str, Any], environ: Mapping[str, str]) -> None:
        self._where, self._defaults, self._environ = where, defaults, environ

    def count(self, key: str, default: int) -> int:
        value = self._defaults.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self._wrong(f"{key} in [defaults]", "is not a number from 1 on")
        return value

    def search_path(self) -> tuple[str, ...]:
        value = self._defaults.get("search_path", [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self._wrong("search_path in [defaults]", "is not a list of schemas")
        return tuple(value)

    def listed(self, entry: Any, number: int) -> Listed:
        table = _table(entry, f"target {number} in {self._where}")
        name = self._name(table.get("name"), number)
        _require_known(table, _KEYS, f"of target {name!r} in {self._where}")
        url, schema = self._text(table, "url", name), self._text(table, "schema", name)
        if url is None and schema is None:
            raise TargetsWrong(
                f"target {name!r} in {self._where} has neither url nor schema",
                do="Add the url of its database, or its schema in the project's own database",
            )
        kept_in = self._text({**self._defaults, **table}, "version_table_schema", name)
        return Listed(name, url and self._expanded(url, name), schema, kept_in)

    def _name(self, value: Any, number: int) -> str:
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            raise self._wrong(
                f"name of target {number}",
                "is not a text of at most 63 letters, digits, dots, dashes and underscores",
            )
        return value

    def _text(self, table: Mapping[str, Any], key: str, name: str) -> str | None:
        value = table.get(key)
        if value is None or (isinstance(value, str) and value):
            return value
        raise self._wrong(f"{key} of target {name!r}", "is not a text, or an empty one")

    def _expanded(self, url: str, name: str) -> str:
        missing = [v for v in _VARIABLE.findall(url) if not self._environ.get(v)]
        if missing:
            raise TargetsWrong(
                f"url of target {name!r} in {self._where}",
                why=f"${missing[0]} is not set",
                do=f"Set ${missing[0]}",
            )
        return _VARIABLE.sub(lambda found: self._environ[found[1]], url)

    def _wrong(self, what: str, why: str) -> TargetsWrong:
        return TargetsWrong(f"{what} in {self._where}", why=f"it {why}", do="Correct it")


def _table(value: Any, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TargetsWrong(what, why="it is not a table", do="Correct it")
    return value


def _require_known(table: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in table:
        if key not in known:
            close = difflib.get_close_matches(key, known, n=1)
            hint = f"Did you mean {close[0]!r}?" if close else f"Known are {', '.join(known)}"
            raise TargetsWrong(f"key {key!r} {where} is unknown", do=hint)


def _require_distinct(names: Iterable[str], where: str) -> None:
    twice = [name for name, count in Counter(names).items() if count > 1]
    if twice:
        raise TargetsWrong(
            f"name {twice[0]!r} stands twice in {where}", do="Give each target a name of its own"
        )
