"""The options that every command with a project shares, meaning what they mean to Alembic."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])

_ALEMBIC = (
    click.option(
        "-c",
        "--config",
        "configs",
        multiple=True,
        metavar="FILE",
        help="Alembic's configuration file; may be repeated.  [default: alembic.ini]",
    ),
    click.option(
        "-n",
        "--name",
        default="alembic",
        show_default=True,
        metavar="SECTION",
        help="Section of the configuration file to use.",
    ),
    click.option(
        "-x",
        "x",
        multiple=True,
        metavar="KEY=VALUE",
        help="Argument for env.py, as to alembic; may be repeated.  [default: none]",
    ),
)
_DATABASE_URL = click.option(
    "--database-url",
    envvar="OUTOFBAND_DATABASE_URL",
    show_envvar=True,
    metavar="URL",
    help="Connect here.  [default: where env.py connects]",
)
_TO = click.option(
    "--to",
    metavar="REV",
    help="Also want what later revisions up to REV want on tables that exist already.  [default: "
    "the revisions that are applied]",
)
format_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print the result on stdout.",
)
fail_on_option = click.option(
    "--fail-on",
    type=click.Choice(["error", "warning"]),
    default="error",
    show_default=True,
    help="The least severity that makes the exit status 1.",
)
stats_option = click.option(
    "--stats",
    metavar="FILE",
    help="Sizes of production's tables, as outofband stats pull writes them.",
)
targets_option = click.option(
    "--targets",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Do so for every database, or schema, that this TOML file lists (docs/targets.md).  "
    "[default: the one database]",
)


as_is_option = click.option(
    "--as-is",
    is_flag=True,
    help="Leave the session's workers and memory as they are, instead of choosing them for each "
    "build.  [default: chosen, as plan shows]",
)


def alembic_options(command: F) -> F:
    """Add -c, -n and -x."""
    return _added(command, _ALEMBIC)


@dataclass(frozen=True, slots=True)
class Where:
    """Which project, which of its databases, and how far ahead is looked."""

    configs: tuple[str, ...]
    name: str
    x: tuple[str, ...]
    database_url: str | None
    to: str | None


def database_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what commands that look at steps take: -c, -n, -x, --database-url, --to.

    The command is given them as one Where, its first argument.
    """
    return _added(_with_where(command), (*_ALEMBIC, _DATABASE_URL, _TO))


def connection_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add what other commands with a database take: the same without --to."""
    return _added(_with_where(command), (*_ALEMBIC, _DATABASE_URL))


def _with_where(command: Callable[..., None]) -> Callable[..., None]:
    @wraps(command)
    def with_where(
        configs: tuple[str, ...],
        name: str,
        x: tuple[str, ...],
        database_url: str | None,
        to: str | None = None,
        **others: Any,
    ) -> None:
        command(Where(configs, name, x, database_url, to), **others)

    return with_where


def _added(command: F, options: tuple[Callable[[F], F], ...]) -> F:
    for option in reversed(options):
        command = option(command)
    return command
