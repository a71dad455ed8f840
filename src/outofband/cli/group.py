"""The group of commands: finds the one that is meant, and turns errors into a line and an exit
status.
"""

from __future__ import annotations

import importlib
import sys

import click

from outofband.cli.mute import is_unwritable, mute
from outofband.errors import OutofbandError, StateUnknown

COMMANDS = (
    "init",
    "lint",
    "rule",
    "status",
    "plan",
    "apply",
    "check",
    "backfill",
    "journal",
    "rehearse",
    "stats",
    "doctor",
    "eject",
)
INTERRUPTED = 130


class Unheard(StateUnknown):
    """The result could not be written: nobody reads it any more, or the disk is full."""

    default_state = "What was done stays"


class _Lazy(click.Group):
    """Imports a command's module when it is asked for, so that `lint` never pays for a driver."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"outofband.cli.{name}").command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Raises Unheard: click itself would exit with 1, which means pending."""
        try:
            return super().invoke(ctx)
        except OSError as error:
            if not is_unwritable(error):
                raise
            mute(sys.stdout)
            raise Unheard("the result could not be written", why=error.strerror or "") from None


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
        _say("outofband: interrupted. Run outofband status to see where things stand.")
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(2)
    except OutofbandError as error:
        _say(f"outofband: {error}")
        sys.exit(error.exit_status)


def _say(line: str) -> None:
    try:
        click.echo(line, err=True)
    except OSError:  # nobody reads that either: the exit status is left
        mute(sys.stderr)
