"""`python -m reference docs [--check]`: write the made parts of the pages of a folder."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from reference.parts import PARTS
from reference.weave import UnknownPart, woven


def main(arguments: list[str]) -> int:
    """Write the parts, or with --check only tell which pages are not as they would be written.

    Returns 0, or 1 where --check finds a difference or a page names a part that nobody makes.
    """
    parser = ArgumentParser("reference", description="Write the made parts of all pages.")
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--check", action="store_true", help="write nothing, exit 1 on a difference"
    )
    options = parser.parse_args(arguments)
    failed = False
    for page in sorted(options.folder.rglob("*.md")):
        there = page.read_text(encoding="utf-8")
        try:
            wanted = woven(there, PARTS)
        except UnknownPart as error:
            sys.stderr.write(f"{page}: {error}\n")
            failed = True
            continue
        if wanted != there and options.check:
            sys.stderr.write(f"{page} is not what the code says: run make docs\n")
            failed = True
        elif wanted != there:
            page.write_text(wanted, encoding="utf-8")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
