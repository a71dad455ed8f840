"""The ``outofband`` command: answers at once where nothing has changed, else runs the command."""

from __future__ import annotations

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
