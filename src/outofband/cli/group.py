"""The group of commands: finds the one that is meant, and turns errors into a line and an exit
status.
"""

from __future__ import annotations

import importlib
import sys

import click

from outofband.errors import OutofbandError

COMMANDS = (
    "lint",
    "rule",
    "status",
    "plan",
    "apply",
    "check",
    "journal",
    "rehearse",
    "stats",
    "doctor",
)
INTERRUPTED = 130


class _Lazy(click.Group):
    """Imports a command's module when it is asked for, so that `lint` never pays for a driver."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"outofband.cli.{name}").command
        return command


@click.group(
    cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="alembic-outofband", prog_name="outofband")
def cli() -> None:
    """Run the slow part of schema migrations out of band.

    Exit status: 0 fine; 1 lint errors, or check: pending; 2 wrong call or configuration; 3 refused,
    nothing changed; 4 partly done; 5 state unknown; 6 check: something is invalid or different.
    """


def run(words: list[str]) -> None:
    """Run a command line; every error we raise becomes one line on stderr and its exit status."""
    try:
        sys.exit(cli(words, prog_name="outofband", standalone_mode=False, obj=words))
    except click.exceptions.Abort:
        click.echo(
            "outofband: interrupted. Run outofband status to see where things stand.", err=True
        )
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except OutofbandError as error:
        click.echo(f"outofband: {error}", err=True)
        sys.exit(error.exit_status)
