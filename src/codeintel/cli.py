"""The command line of the code-intelligence store: ``python -m codeintel``."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

import click

from outofband.errors import OutofbandError, StateUnknown

#: The commands, each the ``command`` of a module, imported when it is asked for.
COMMANDS = {
    "index": "codeintel.commands.index",
    "load": "codeintel.commands.load",
    "stats": "codeintel.commands.stats",
    "mode": "codeintel.commands.mode",
    "janitor": "codeintel.commands.janitor",
    "move": "codeintel.commands.move",
    "reverse": "codeintel.commands.reverse",
    "demo": "codeintel.commands.demo",
    "demo-move": "codeintel.commands.demo_move",
}

_INTERRUPTED = 130
_OF_FILES = StateUnknown.exit_status


class _Lazy(click.Group):
    """Imports a command's module when the command is wanted: an index needs no driver."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(COMMANDS[name]).command
        return command


@click.group(cls=_Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def _group() -> None:
    """Index Python packages, read LSIF dumps and load them into the store.

    Exit status: 0 fine; 2 wrong call or unusable file; 3 refused, nothing changed; 5 state unknown.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status; an error is one line on stderr."""
    try:
        # Outside standalone mode --help returns its status, and a command the None it ends with.
        return _group.main(arguments, "codeintel", standalone_mode=False) or 0
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        message = error.format_message().rstrip(".")
        return _failed(f"{message}. Run codeintel --help", error.exit_code)
    except click.exceptions.Abort:
        return _failed("interrupted. Nothing half-written is left", _INTERRUPTED)
    except OutofbandError as error:
        return _failed(str(error), error.exit_status)
    except OSError as error:
        what = f"{error.filename or 'a file'} is refused: {error.strerror}"
        return _failed(f"{what}. What was finished stays finished", _OF_FILES)


def _failed(message: str, exit_status: int) -> int:
    click.echo(f"codeintel: {' '.join(message.split())}", err=True)
    return exit_status
