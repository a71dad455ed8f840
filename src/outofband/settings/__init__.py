"""``[tool.outofband]`` of pyproject.toml, read and checked."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from outofband.errors import Misuse
from outofband.settings import values
from outofband.settings.values import DailyWindow

OnLarge = Literal["defer", "build", "refuse"]
Deploy = Literal["startup", "job"]
Pooler = Literal["refuse", "session"]
Template = Literal["generic", "async", "multidb"]
"""What a new env.py is like."""
Autogenerate = Literal["out_of_band", "plain"]
Level = Literal["error", "warning", "off"]

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
    read: dict[str, Any] = {}
    for key, value in table.items():
        name = _field_name(key, where)
        try:
            read[name] = _READERS[name](value)
        except (TypeError, ValueError) as error:
            raise SettingsWrong(
                f"setting {key!r} in {where}", why=f"{value!r} {error}", do="Correct it"
            ) from None
    return Settings(**read)


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


_READERS: dict[str, Callable[[Any], Any]] = {
    "large": values.list_of("table patterns"),
    "small": values.list_of("table patterns"),
    "deploy": values.one_of("startup", "job"),
    "on_large": values.one_of("defer", "build", "refuse"),
    "autogenerate": values.one_of("out_of_band", "plain"),
    "inline_max_bytes": values.number(" of bytes"),
    "lock_timeout": values.lock_timeout,
    "lock_retries": values.number(""),
    "upgrade_wait": values.duration,
    "pooler": values.one_of("refuse", "session"),
    "pending_max_age": values.duration,
    "start_after": values.text,
    "severity": values.severity,
    "per_path": values.per_path,
    "rules": values.list_of("folders"),
    "stats": values.text,
    "baseline": values.text,
    "version_table": values.text,
    "version_table_schema": values.text,
    "queries": values.list_of("patterns"),
    "max_wait": values.duration,
    "max_lag": values.bytes_or_duration,
    "window": values.window,
    "notify": values.text,
    "cache_dir": values.text,
}
assert set(_READERS) == {field.name for field in fields(Settings)} - {"folder"}
