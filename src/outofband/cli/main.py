"""The ``outofband`` command: answers at once where nothing has changed, else runs the command."""

from __future__ import annotations

import os
import sys

from outofband.gate import recall


def main() -> None:
    """Run the command line."""
    words = sys.argv[1:]
    if words[:1] == ["lint"]:
        known = recall.answer(words)
        if known is not None:
            text, status = known
            sys.stdout.write(text)
            sys.exit(status)
    from outofband.cli.group import run

    run(words)


def command() -> None:
    """Run the command line and end the process.

    After `lint`, what it holds is not taken apart first: that took 30 of the 700 ms of a run with
    one new revision (measured). It has no connection open and no thread running.
    """
    try:
        main()
    except SystemExit as end:
        if sys.argv[1:2] != ["lint"] or not isinstance(end.code, int):
            raise
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code)
