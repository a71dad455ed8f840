"""``[tool.outofband]`` of pyproject.toml, read and checked."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from outofband.errors import Misuse

OnLarge = Literal["defer", "build", "refuse"]
Deploy = Literal["startup", "job"]
Level = Literal["error", "warning", "off"]

DEFAULT_INLINE_MAX_BYTES = 8 * 1024 * 1024
DEFAULT_BASELINE = "outofband-baseline.txt"
DEFAULT_LOCK_TIMEOUT = timedelta(seconds=2)


class SettingsWrong(Misuse):
    """A setting is unknown, or has a value it cannot have."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The project's settings; every default is the documented one (contract, Settings).

    ``large`` and ``small`` are patterns over table names; ``deploy`` says whether upgrades run when
    the application starts or as a job; ``on_large`` what the deploy does with a step on a table
    whose heap is over ``inline_max_bytes`` (bytes); ``lock_timeout`` bounds every wait of the
    deploy. ``queries`` are patterns of SQL files, relative to ``folder``, that of pyproject.toml,
    and ``package.module:callable``s that yield queries. ``severity`` gives rules of the linter
    another severity than their own, ``per_path`` does so for the files that a pattern fits.
    ``rules`` are folders with the project's own rules, ``stats`` is its stats file, ``baseline``
    the file with the findings that it had already; ``cache_dir`` is the folder for what need not be
    worked out again, None for the user's.
    """

    large: tuple[str, ...] = ()
    small: tuple[str, ...] = ()
    deploy: Deploy | None = None
    on_large: OnLarge = "defer"
    inline_max_bytes: int = DEFAULT_INLINE_MAX_BYTES
    lock_timeout: timedelta = DEFAULT_LOCK_TIMEOUT
    start_after: str | None = None
    severity: Mapping[str, Level] = field(default_factory=dict)
    per_path: Mapping[str, Mapping[str, Level]] = field(default_factory=dict)
    rules: tuple[str, ...] = ()
    stats: str | None = None
    baseline: str = DEFAULT_BASELINE
    version_table: str | None = None
    version_table_schema: str | None = None
    queries: tuple[str, ...] = ()
    cache_dir: str | None = None
    folder: Path = Path()


def load(directory: Path) -> Settings:
    """Read the settings of the project that ``directory`` is in: the nearest pyproject.toml that
    has any. The paths in them are taken from its folder, where the baseline is by default, too.

    Raises SettingsWrong, naming the file and the key, for a file that is not TOML and for anything
    unknown.
    """
    for folder in (directory.resolve(), *directory.resolve().parents):
        path = folder / "pyproject.toml"
        if path.is_file():
            table = _table(path)
            if table is not None:
                return _placed(parse(table, str(path)), folder)
    return Settings()


def parse(table: Mapping[str, Any], where: str) -> Settings:
    """Turn the table ``[tool.outofband]`` into settings; ``where`` names its file in errors."""
    values: dict[str, Any] = {}
    for key, value in table.items():
        name = _field_name(key, where)
        try:
            values[name] = _READERS[name](value)
        except (TypeError, ValueError) as error:
            raise SettingsWrong(
                f"setting {key!r} in {where}", why=f"{value!r} {error}", do="Correct it"
            ) from None
    return Settings(**values)


def _placed(found: Settings, folder: Path) -> Settings:
    return replace(
        found,
        rules=tuple(str(folder / rule) for rule in found.rules),
        stats=None if found.stats is None else str(folder / found.stats),
        cache_dir=None if found.cache_dir is None else str(folder / found.cache_dir),
        baseline=str(folder / found.baseline),
        folder=folder,
    )


def _table(path: Path) -> Mapping[str, Any] | None:
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise SettingsWrong(f"cannot read {path}", why=str(error), do="Correct the file") from None
    table = document.get("tool", {}).get("outofband")
    return table if isinstance(table, dict) else None


def _field_name(key: str, where: str) -> str:
    name = key.replace("-", "_")
    if name in _READERS:
        return name
    known = sorted(_READERS)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]!r}?" if close else f"Known are {', '.join(known)}"
    raise SettingsWrong(f"setting {key!r} in {where} is unknown", do=hint)


def _list_of(what: str) -> Callable[[Any], tuple[str, ...]]:
    def read(value: Any) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise TypeError(f"is not a list of {what}")
        return tuple(value)

    return read


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("is not a text")
    return value


def _count_of_bytes(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("is not a number of bytes")
    return value


def _one_of(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"is none of {', '.join(words)}")
        return str(value)

    return read


def _severity(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise TypeError("is not a table of rules")
    return {str(rule): _one_of("error", "warning", "off")(level) for rule, level in value.items()}


def _per_path(value: Any) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict):
        raise TypeError("is not a table of path patterns")
    return {str(pattern): _severity(levels) for pattern, levels in value.items()}


_UNITS = {"ms": "milliseconds", "s": "seconds", "min": "minutes", "h": "hours", "d": "days"}


def duration(value: Any) -> timedelta:
    """Read ``"500ms"``, ``"2s"``, ``"5min"``, ``"12h"`` or ``"7d"``; raises ValueError
    otherwise.
    """
    found = (
        re.fullmatch(r"\s*(\d{1,9}(?:\.\d+)?)\s*(ms|s|min|h|d)\s*", value)
        if isinstance(value, str)
        else None
    )
    if found is None:
        raise ValueError('is not a duration such as "500ms", "2s", "5min", "12h" or "7d"')
    return timedelta(**{_UNITS[found[2]]: float(found[1])})


def _lock_timeout(value: Any) -> timedelta:
    """Read what Postgres takes as a lock_timeout; 0 would mean to it that locks are waited for
    without end.
    """
    found = duration(value)
    if not timedelta(milliseconds=1) <= found <= timedelta(days=24):
        raise ValueError('is not between "1ms" and "24d"')
    return found


_READERS: dict[str, Callable[[Any], Any]] = {
    "large": _list_of("table patterns"),
    "small": _list_of("table patterns"),
    "deploy": _one_of("startup", "job"),
    "on_large": _one_of("defer", "build", "refuse"),
    "inline_max_bytes": _count_of_bytes,
    "lock_timeout": _lock_timeout,
    "start_after": _text,
    "severity": _severity,
    "per_path": _per_path,
    "rules": _list_of("folders"),
    "stats": _text,
    "baseline": _text,
    "version_table": _text,
    "version_table_schema": _text,
    "queries": _list_of("patterns"),
    "cache_dir": _text,
}
assert set(_READERS) == {field.name for field in fields(Settings)} - {"folder"}
