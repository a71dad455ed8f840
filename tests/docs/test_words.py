"""What pages say in code is known to the code: commands and options, settings, operations."""

from __future__ import annotations

import ast
import json
import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from alembic.operations import Operations

from outofband.cli.group import cli
from outofband.settings import parse
from pages import DOCS, ROOT, fences, spans
from pages import PAGES as EVERY
from reference.parts.commands import root

PAGES = [page for page in EVERY if page.parent != DOCS / "decisions"]
_SHELL = {"console", "sh", "yaml"}
_END_OF_COMMAND = re.compile(r"\s(?:[|;&<>]|\d>|#)|[;)]|$")


def _commands(page: Path) -> Iterator[str]:
    """Yield each call of ours on a page, up to where the shell takes over."""
    texts = [t for t in spans(page) if t.startswith("outofband ") and "[OPTIONS]" not in t]
    for language, body in fences(page):
        if language in _SHELL:
            lines = re.sub(r"\\\n\s*", "", body).splitlines()
            texts += [found[1] for line in lines if (found := _CALL.match(line))]
    for text in texts:
        yield _END_OF_COMMAND.split(text, maxsplit=1)[0]


_CALL = re.compile(r"^(?:\$ |\s*- run: |\s*)(outofband .*)")


def _parse(words: list[str]) -> None:
    """Parse a call as the command line would, without doing anything; raises click.UsageError."""
    context = root()
    command: click.Command = cli
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        name, *words = words
        found = command.get_command(context, name)
        if found is None:
            raise click.UsageError(f"no command {name}")
        command, context = found, click.Context(found, info_name=name, parent=context)
    command.make_parser(context).parse_args(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_and_option_exists(page: Path) -> None:
    for text in _commands(page):
        try:
            _parse(shlex.split(text)[1:])
        except (click.UsageError, ValueError) as error:
            pytest.fail(f"{text}: {error}")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_data_or_python_can_be_read(page: Path) -> None:
    for language, body in fences(page):
        match language:
            case "json":
                json.loads(body)
            case "toml":
                table = tomllib.loads(body).get("tool", {}).get("outofband", {})
                parse(table, str(page))
            case "python" | "py":
                ast.parse(body)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_operation_that_is_named_exists(page: Path) -> None:
    named = {found for span in spans(page) for found in re.findall(r"\bop\.(\w+)", span)}
    assert sorted(name for name in named if not hasattr(Operations, name)) == []
