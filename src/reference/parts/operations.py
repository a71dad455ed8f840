"""Every operation that revisions get on `op`: its signature, and what it wants."""

from __future__ import annotations

import re
from collections.abc import Iterator
from inspect import cleandoc, getdoc, signature
from typing import Any

from alembic.operations import Operations

from reference.parts.steps import page_of
from reference.weave import one_line, table

_OURS = re.compile(r"_out_of_band$|^require_step$")


def operations() -> str:
    """Return a section for each operation, in the order of their names."""
    return "\n\n".join(_section(name, method) for name, method in sorted(_methods()))


def wishes() -> str:
    """Return a table of them: the plain operation of the same name where there is one, what is
    wanted, in a sentence, and the page that shows it.
    """
    rows = []
    for name, method in sorted(_methods()):
        sister = name.removesuffix("_out_of_band")
        plain = f"`op.{sister}`" if sister != name and hasattr(Operations, sister) else ""
        wanted = one_line(cleandoc(getdoc(method) or "").split("\n\n")[0]).removeprefix("Want ")
        ours = f"[`op.{name}`](../operations.md#{name})"
        rows.append((plain, ours, wanted, page_of(name, "../steps")))
    return table(("you would write", "you write", "for", "page"), rows)


def _methods() -> Iterator[tuple[str, Any]]:
    for name in dir(Operations):
        if _OURS.search(name):
            yield name, getattr(Operations, name)


def _section(name: str, method: Any) -> str:
    paragraphs = cleandoc(getdoc(method) or "").split("\n\n")
    said = "\n\n".join(one_line(text) for text in paragraphs)
    page = page_of(name)
    more = f"\n\nIn action, with its locks: {page}." if page else ""
    return f"## {name}\n\n```py\n{_call(name, method)}\n```\n\n{said}{more}"


def _call(name: str, method: Any) -> str:
    """Return its signature, one parameter a line where one line would not do."""
    found = signature(method)
    parameters = [p for p in found.parameters.values() if p.name not in ("self", "operations")]
    inside = [str(p).replace("'", "") for p in parameters]
    starred = [p.kind is p.KEYWORD_ONLY for p in parameters]
    if True in starred:
        inside.insert(starred.index(True), "*")
    line = f"def {name}({', '.join(inside)}) -> None: ..."
    return line if len(line) <= 88 else _broken(name, inside)


def _broken(name: str, inside: list[str]) -> str:
    lines = "".join(f"    {one},\n" for one in inside)
    return f"def {name}(\n{lines}) -> None: ..."
