"""How an operation of ours is written in plain Alembic: the forms that :mod:`.eject` chooses from.

They keep an argument's code as it stands, so that loops and f-strings stay what they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import libcst as cst

from outofband.revisions.rewrite.source import (
    is_literal,
    literal,
    parsed_call,
    without,
)


@dataclass(frozen=True, slots=True)
class Declared:
    """What the revisions say elsewhere that an operation's plain form depends on.

    ``constraints`` are the kinds of those made of an index, by their name; ``consumed`` the further
    options of each index that becomes one, by its name. ``merged`` are those that are built in the
    function that promotes them. A name that is no literal is its code, and holds for one file.
    """

    constraints: Mapping[object, str]
    consumed: Mapping[object, Mapping[str, cst.BaseExpression]]
    merged: frozenset[object] = frozenset()


@dataclass(frozen=True, slots=True)
class Written:
    """An operation as it stands in a file, its arguments by name."""

    call: cst.Call
    arguments: Mapping[str, cst.BaseExpression]
    declared: Declared

    def name(self, argument: str) -> object:
        """Return what an argument names, as Declared has it; None where it is not given."""
        given = self.arguments.get(argument)
        return None if given is None else literal(given)

    def code(self, argument: str) -> str:
        """Return the code of an argument that is given."""
        return cst.Module([]).code_for_node(self.arguments[argument])


@dataclass(frozen=True, slots=True)
class Left:
    """An operation that keeps standing, for a person to replace."""

    why: str


@dataclass(frozen=True, slots=True)
class Gone:
    """An operation that goes without a successor; a comment says why."""

    why: str


Calls = tuple[cst.Call, ...]
Plain = Callable[[Written], Calls | Left | Gone]
"""The operations that take another's place, on ``op``; none where nothing has to."""


def renamed(function: str, *dropped: str) -> Callable[[Written], Calls]:
    """Have another operation called with the same arguments as they are spelled, without those that
    are ``dropped``.
    """

    def plain(written: Written) -> Calls:
        assert isinstance(written.call.func, cst.Attribute)
        func = written.call.func.with_changes(attr=cst.Name(function))
        return (without(written.call.with_changes(func=func), *dropped),)

    return plain


def calling(function: str, *arguments: str) -> Callable[[Written], Calls]:
    """Have another operation called: ``"table_name"`` is that argument by its position,
    ``"schema="`` by its name where it is given, and ``"nullable=False"`` is written so.
    """

    def plain(written: Written) -> Calls:
        spelled = []
        for argument in arguments:
            name, equal, value = argument.partition("=")
            if value:
                spelled.append(argument)
            elif name in written.arguments:
                spelled.append(f"{name}={written.code(name)}" if equal else written.code(name))
        return (parsed_call(f"op.{function}({', '.join(spelled)})", "op"),)

    return plain


def executing(sql: Callable[..., str]) -> Plain:
    """Have the SQL sent that a function makes of the arguments, which have to be literals."""

    def plain(written: Written) -> Calls | Left:
        if not all(map(is_literal, written.arguments.values())):
            return Left("its arguments are no literals")
        values: dict[str, Any] = {n: literal(node) for n, node in written.arguments.items()}
        return (parsed_call(f"op.execute({sql(**values)!r})", "op"),)

    return plain
