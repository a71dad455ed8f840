"""``[tool.outofband]`` of pyproject.toml, read and checked."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import time, timedelta, tzinfo
from pathlib import Path
from typing import Any, Literal

from outofband.errors import Misuse

OnLarge = Literal["defer", "build", "refuse"]
Deploy = Literal["startup", "job"]
Pooler = Literal["refuse", "session"]
Template = Literal["generic", "async", "multidb"]
"""What a new env.py is like."""
Autogenerate = Literal["out_of_band", "plain"]
Level = Literal["error", "warning", "off"]
DailyWindow = tuple[time, time, tzinfo | None]
"""When it opens and closes, in a zone; None for the machine's."""

DEFAULT_INLINE_MAX_BYTES = 8 * 1024 * 1024
DEFAULT_BASELINE = "outofband-baseline.txt"
DEFAULT_LOCK_TIMEOUT = timedelta(seconds=2)
DEFAULT_LOCK_RETRIES = 10


class SettingsWrong(Misuse):
    """A setting is unknown, or has a value it cannot have."""


@dataclass(frozen=True, slots=True)
class Settings:
    """The project's settings, each with its documented default (contract, Settings).

    What stands below each is its line in docs/settings.md; ``folder`` is that of pyproject.toml.
    """

    large: tuple[str, ...] = ()
    """Tables that always count as large. One that neither list names and the stats file lacks is
    large where this list is empty, and else is not."""
    small: tuple[str, ...] = ()
    """Tables that never count as large."""
    deploy: Deploy | None = None
    """Where upgrades run: when the application starts, where a concurrent build in ``upgrade()`` is
    an error, or as a job of their own, where it is fine. While it is not set, a warning."""
    on_large: OnLarge = "defer"
    """What an upgrade does with a step on a table over ``inline_max_bytes``: leave it to
    ``outofband apply``, do it and wait, or refuse to go on."""
    autogenerate: Autogenerate = "out_of_band"
    """In which form Alembic writes what changes on existing tables: out of band, or as it would."""
    inline_max_bytes: int = DEFAULT_INLINE_MAX_BYTES
    """Bytes of heap, over all partitions, up to which a step is done in the upgrade."""
    lock_timeout: timedelta = DEFAULT_LOCK_TIMEOUT
    """The longest wait for a lock of whatever an upgrade does."""
    lock_retries: int = DEFAULT_LOCK_RETRIES
    """How often an upgrade tries a revision again whose lock was not free."""
    upgrade_wait: timedelta | None = None
    """How long an upgrade waits for another; without it, five minutes."""
    pooler: Pooler = "refuse"
    """Whether an upgrade may run through a pooler: ``session`` for one that keeps a session for
    one client."""
    pending_max_age: timedelta | None = None
    """How long ``outofband check`` bears that a step is pending; without it, not at all."""
    start_after: str | None = None
    """A revision; it and those before it are not judged, since they have run everywhere, and a
    rehearsal begins after it."""
    severity: Mapping[str, Level] = field(default_factory=dict)
    """For each rule named, another severity than its own."""
    per_path: Mapping[str, Mapping[str, Level]] = field(default_factory=dict)
    """The same for the files that a pattern fits."""
    rules: tuple[str, ...] = ()
    """Folders with rules of your own, one file each."""
    stats: str | None = None
    """The stats file of production, as ``outofband stats pull`` writes it; it decides what is
    large."""
    baseline: str = DEFAULT_BASELINE
    """The file in which ``--write-baseline`` of ``lint`` and of ``rehearse`` keeps findings."""
    version_table: str | None = None
    """Alembic's version table, where env.py does not say it."""
    version_table_schema: str | None = None
    """Its schema, where env.py does not say it."""
    queries: tuple[str, ...] = ()
    """Files with the application's queries, relative to pyproject.toml, and
    ``package.module:callable``s that yield queries."""
    max_wait: timedelta | None = None
    """How long a build may wait for other transactions before ``outofband apply`` gives it up;
    without it, for ever."""
    max_lag: int | timedelta | None = None
    """How far the farthest replica or slot may be behind when ``outofband apply`` starts a build,
    in WAL or in time; without it, at will."""
    window: DailyWindow | None = None
    """The hours in which ``outofband apply`` may start work, and by whose end it must be done."""
    notify: str | None = None
    """A command that is run when ``outofband apply`` ends, with its summary as JSON on stdin."""
    cache_dir: str | None = None
    """The folder for what need not be worked out again; without it, one in the user's cache."""
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


def _number(of: str) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            raise TypeError(f"is not a number{of}")
        return value

    return read


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


_SIZES = {"B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


def bytes_or_duration(value: Any) -> int | timedelta:
    """Read ``"500MB"`` (of 1024 kB, as Postgres counts) or a duration; raises ValueError
    otherwise.
    """
    sized = isinstance(value, str) and re.fullmatch(r"\s*(\d{1,9})\s*(B|kB|MB|GB|TB)\s*", value)
    if sized:
        return int(sized[1]) * _SIZES[sized[2]]
    try:
        return duration(value)
    except ValueError:
        raise ValueError('is neither a size such as "500MB" nor a duration such as "30s"') from None


def clock(value: Any) -> time:
    """Read a time of day, ``"06:00"``; raises ValueError otherwise."""
    found = isinstance(value, str) and re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*", value)
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        raise ValueError('is not a time of day such as "06:00"')
    return time(int(found[1]), int(found[2]))


def _window(value: Any) -> DailyWindow:
    from zoneinfo import ZoneInfo

    hours, _, zone = value.strip().partition(" ") if isinstance(value, str) else ("", "", "")
    opens, _, closes = hours.partition("-")
    try:
        read = clock(opens), clock(closes), ZoneInfo(zone.strip()) if zone.strip() else None
    except (ValueError, OSError, LookupError):
        raise ValueError(
            'is not a window such as "22:00-06:00" or "22:00-06:00 Europe/Berlin"'
        ) from None
    if read[0] == read[1]:
        raise ValueError("is a window that closes when it opens")
    return read


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
    "autogenerate": _one_of("out_of_band", "plain"),
    "inline_max_bytes": _number(" of bytes"),
    "lock_timeout": _lock_timeout,
    "lock_retries": _number(""),
    "upgrade_wait": duration,
    "pooler": _one_of("refuse", "session"),
    "pending_max_age": duration,
    "start_after": _text,
    "severity": _severity,
    "per_path": _per_path,
    "rules": _list_of("folders"),
    "stats": _text,
    "baseline": _text,
    "version_table": _text,
    "version_table_schema": _text,
    "queries": _list_of("patterns"),
    "max_wait": duration,
    "max_lag": bytes_or_duration,
    "window": _window,
    "notify": _text,
    "cache_dir": _text,
}
assert set(_READERS) == {field.name for field in fields(Settings)} - {"folder"}
