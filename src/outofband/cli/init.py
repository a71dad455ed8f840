"""``outofband init``: a new Alembic project, or the guard and settings for one that is there."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from outofband.cli import changes
from outofband.cli.options import alembic_options
from outofband.cli.screen import is_interactive
from outofband.errors import NothingChanged
from outofband.settings import Deploy, Template

if TYPE_CHECKING:
    from outofband.revisions.change import FileChange

_QUESTION = "Do migrations run when the application starts (startup), or in a job before it (job)?"


class NotSaid(NothingChanged):
    """Nobody said where migrations run, or agreed to the changes, and nobody can be asked."""


@click.command("init")
@click.argument("folder", required=False, type=click.Path(path_type=Path), metavar="[DIR]")
@alembic_options
@click.option(
    "--template",
    type=click.Choice(get_args(Template)),
    default="generic",
    show_default=True,
    help="What a new env.py is like.",
)
@click.option(
    "--deploy",
    type=click.Choice(get_args(Deploy)),
    help="Where migrations run: when the application starts, or in a job.  [default: ask]",
)
@click.option("--diff", is_flag=True, help="Show what would change, and change nothing.")
@click.option("--yes", is_flag=True, help="Agree to the changes.")
def command(
    folder: Path | None,
    configs: tuple[str, ...],
    name: str,
    x: tuple[str, ...],
    template: Template,
    deploy: Deploy | None,
    diff: bool,
    yes: bool,
) -> None:
    """Adopt outofband: in a new project in DIR, migrations by default, or in the one there is.

    env.py gets the guard around its migrations, pyproject.toml the settings. Shows the changes, and
    asks; done again, it changes nothing.
    """
    from outofband.revisions import adopt
    from outofband.revisions.environment import configured
    from outofband.revisions.project import settings_of

    config = configured(configs, name, x)
    deploy = _deploy(deploy, settings_of(config).deploy, asks=not diff)
    made = adopt.adopted(config, folder, template, deploy)
    if not made:
        click.echo("outofband: nothing to change: env.py has its guard", err=True)
        return
    changes.show(made)
    if diff:
        return
    agree(yes=yes)
    changes.write(made, "outofband init")
    _note(made)
    click.echo("outofband: next: outofband lint, then outofband status", err=True)


def _note(made: Iterable[FileChange]) -> None:
    """Tell where env.py keeps the guard from trying again."""
    from outofband.revisions import env_py

    for path in (change.path for change in made if change.path.name == "env.py"):
        line = env_py.read(str(path)).outer_transaction
        if line is not None:
            click.echo(
                f"outofband: {changes.shown(path)}:{line} begins a transaction of its own: a"
                " revision whose lock is not free cannot be tried again in it. Let"
                " context.begin_transaction() begin it",
                err=True,
            )


def _deploy(given: Deploy | None, known: Deploy | None, *, asks: bool) -> Deploy | None:
    """Return where migrations run, where the settings do not say so yet. Raises NotSaid."""
    if given or known or not asks:
        return given if given != known else None
    if not is_interactive():
        raise NotSaid(
            "nobody said where migrations run",
            why="there is no terminal to ask on",
            do="Add --deploy startup or --deploy job",
        )
    choices = click.Choice(get_args(Deploy))
    asked: Deploy = click.prompt(_QUESTION, type=choices, show_choices=False, err=True)
    return asked


def agree(*, yes: bool) -> None:
    """Ask whether the changes that were shown are to be made. Raises NotSaid."""
    if yes:
        return
    if not is_interactive():
        raise NotSaid(
            "the changes were not made", why="there is no terminal to ask on", do="Add --yes"
        )
    if not click.confirm("Make these changes?", err=True):
        raise NotSaid("the changes were not made", why="the answer was no")
