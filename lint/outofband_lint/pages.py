"""`python -m outofband_lint.pages FOLDER [--check]`: a page a rule, and their index."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from pathlib import Path

from outofband_lint.page import markdown, severity
from outofband_lint.rule import Rule
from outofband_lint.rules import CHAPTERS, chapter_rules

INDEX = "README.md"

_HEAD = """\
# The rules

`outofband rule` lists them, `outofband rule NAME` explains one, by our name or another linter's.
These pages are made from [the rules themselves](../../lint/outofband_lint/rules) by `make docs`.
"""


def pages() -> dict[str, str]:
    """Return the files of docs/rules: their names and what is in them."""
    found = {INDEX: _index()}
    for chapter in CHAPTERS:
        for rule in chapter_rules(chapter):
            found[f"{rule.name}.md"] = markdown(rule, chapter)
    return found


def main(arguments: list[str]) -> int:
    """Write the pages, or with --check only tell whether they are as they would be written.

    Returns 0, or 1 where --check finds a difference.
    """
    parser = ArgumentParser("pages", description="Write a page a rule, and their index.")
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--check", action="store_true", help="write nothing, exit 1 on a difference"
    )
    options = parser.parse_args(arguments)
    wanted, there = pages(), _there(options.folder)
    different = sorted(name for name in wanted | there if wanted.get(name) != there.get(name))
    if options.check:
        for name in different:
            sys.stderr.write(f"{options.folder / name} is not what its rule says: run make docs\n")
        return 1 if different else 0
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in different:
        if name in wanted:
            (options.folder / name).write_text(wanted[name], encoding="utf-8")
        else:
            (options.folder / name).unlink()
    return 0


def _index() -> str:
    parts = [_HEAD]
    for chapter in CHAPTERS:
        rules = chapter_rules(chapter)
        if rules:
            rows = [f"| [{r.name}]({r.name}.md) | {severity(r)} | {_cell(r)} |" for r in rules]
            table = "\n".join(["| rule | severity | |", "|---|---|---|", *rows])
            parts.append(f"## {chapter}\n\n{table}\n")
    return "\n".join(parts)


def _cell(rule: Rule) -> str:
    return rule.headline.replace("|", "\\|")


def _there(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*.md"))}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
