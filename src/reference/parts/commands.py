"""Every command and option, as the commands themselves describe them."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import cleandoc

import click

from outofband.cli.group import cli
from reference.weave import one_line, table


def commands() -> str:
    """Return a section for each command and subcommand, in the order of `outofband --help`."""
    return "\n\n".join(_walk(cli, root()))


def root() -> click.Context:
    """Return the context of a call of `outofband`, with the settings of its own: a command keeps
    the first option for help that it was asked for.
    """
    return click.Context(cli, info_name="outofband", **cli.context_settings)


def _walk(group: click.Group, context: click.Context) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is None or command.hidden:
            continue
        inner = click.Context(command, info_name=name, parent=context)
        yield _section(command, inner)
        if isinstance(command, click.Group):
            yield from _walk(command, inner)


def _section(command: click.Command, context: click.Context) -> str:
    paragraphs = cleandoc(command.help or "").split("\n\n")
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    parts = [f"## {context.command_path}", f"`{usage}`", *map(one_line, paragraphs)]
    rows = [
        (f"`{said[0]}`", _escaped(said[1]))
        for parameter in command.params
        if (said := parameter.get_help_record(context)) is not None
    ]
    if rows:
        parts.append(table(("option", ""), rows))
    return "\n\n".join(parts)


def _escaped(text: str) -> str:
    """Return a help text with what Markdown would swallow spelled out."""
    return " ".join(text.split()).replace("<", "&lt;").replace("*", "\\*")
