"""Every setting of `[tool.outofband]`: what it takes, its default, what it means."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from datetime import timedelta
from itertools import pairwise
from typing import Any

from outofband import settings as module
from outofband.settings import Settings, parse
from reference.weave import one_line, table

_NOT_SET_THERE = "folder"


def settings() -> str:
    """Return the table of them, in the order of the class."""
    said = _meanings()
    rows = [
        (f"`{field.name}`", _takes(field.name), _shown(field), one_line(said[field.name]))
        for field in fields(Settings)
        if field.name != _NOT_SET_THERE
    ]
    return table(("setting", "takes", "default", "it says"), rows)


def _meanings() -> dict[str, str]:
    """Return what stands below each field of the class, as its docstring."""
    (body,) = (
        node.body
        for node in ast.parse(inspect.getsource(module)).body
        if isinstance(node, ast.ClassDef) and node.name == Settings.__name__
    )
    found = {}
    for field, text in pairwise(body):
        match field, text:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(ast.Constant(value=str(said))):
                found[name] = said
    return found


def _takes(name: str) -> str:
    """Return what it takes, by what is said to who gives it something else."""
    try:
        parse({name: object()}, "")
    except module.SettingsWrong as error:
        said = re.sub(r"<object object at \w+>\s*", "", error.why)
    words = re.sub(r"^is (?:not an?|not|an?|none of|neither) ", "", said)
    return re.sub(r'(?<![`\w])"([^"]+)"', r'`"\1"`', words).replace(" nor ", " or ")


def _shown(field: Any) -> str:
    value = field.default_factory() if callable(field.default_factory) else field.default
    match value:
        case None:
            return "none"
        case timedelta():
            return f'`"{value.total_seconds():g}s"`'
        case str():
            return f'`"{value}"`'
        case tuple():
            return "`[]`"
        case dict():
            return "`{}`"
        case bool():
            return f"`{str(value).lower()}`"
    return f"`{value}`"
