"""Which settings hold for a run of Alembic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import get_args

from alembic.config import Config

from outofband import settings
from outofband.errors import Misuse
from outofband.revisions.stop import UpgradeMisused
from outofband.settings import OnLarge, Settings
from outofband.settings.values import duration
from outofband_lint import stats
from outofband_lint.settings import Settings as Sizes
from outofband_lint.stats import Stats

_ON_LARGE, _WAIT = "outofband", "outofband-wait"


class ArgumentWrong(Misuse):
    """``-x outofband=…`` or ``-x outofband-wait=…`` has a value that it cannot have."""


class SettingsStop(UpgradeMisused):
    """The project's settings are wrong, so that nothing may be decided by them."""


def settings_to_run_by(config: Config | None) -> Settings:
    """Return the settings inside a command of Alembic; raises SettingsStop."""
    try:
        return settings_of(config)
    except Misuse as error:
        raise SettingsStop(error.what, why=error.why, do=error.do) from None


def sizes_to_run_by(own: Settings) -> Sizes:
    """Return which tables the project calls large or small; raises SettingsStop."""
    known = Stats()
    if own.stats is not None:
        try:
            known = stats.read(Path(own.stats).read_text(encoding="utf-8-sig"))
        except (OSError, ValueError) as error:
            why = getattr(error, "strerror", None) or str(error)
            do = "Correct it, or leave it away"
            raise SettingsStop(f"cannot read the stats file {own.stats}", why=why, do=do) from None
    return Sizes(own.large, own.small, stats=known, inline_max_bytes=own.inline_max_bytes)


def settings_of(config: Config | None) -> Settings:
    """Return the settings of the project that a Config belongs to.

    They stand in the pyproject.toml nearest to the Alembic config file; ``-x outofband=build``,
    ``defer`` or ``refuse`` says ``on_large`` for one run, ``-x outofband-wait=30s`` says
    ``upgrade_wait``. Raises SettingsWrong or ArgumentWrong.
    """
    if config is None:
        return Settings()
    return _with_arguments(settings.load(folder_of(config)), config)


def folder_of(config: Config) -> Path:
    """Return the folder of the Alembic config file, where looking for the settings begins."""
    files = (config.config_file_name, config.toml_file_name)
    there = (Path(name) for name in files if name is not None and Path(name).is_file())
    return next(there, Path("x")).absolute().parent


def _with_arguments(given: Settings, config: Config) -> Settings:
    for argument in getattr(config.cmd_opts, "x", None) or ():
        key, _, value = argument.partition("=")
        if key == _ON_LARGE:
            if value not in get_args(OnLarge):
                raise _wrong(argument, f"{value!r} is none of {', '.join(get_args(OnLarge))}")
            given = replace(given, on_large=value)
        elif key == _WAIT:
            try:
                given = replace(given, upgrade_wait=duration(value))
            except ValueError as error:
                raise _wrong(argument, f"{value!r} {error}") from None
    return given


def _wrong(argument: str, why: str) -> ArgumentWrong:
    return ArgumentWrong(f"-x {argument}", why=why, do="Correct it")
