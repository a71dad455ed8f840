"""Run as a process: calls the project's callable and writes each query that it yields as JSON.

The last line says the end, or the error. What the project prints goes to stderr.
"""

from __future__ import annotations

import inspect
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from typing import Any, TextIO

from sqlalchemy.dialects import postgresql


def main(name: str) -> None:
    """Say the queries of ``package.module:callable``."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    try:
        _say(name, out)
    except BaseException as error:
        message = f"{type(error).__name__}: {error}".splitlines()[0]
        print(json.dumps({"error": message}), file=out, flush=True)
    else:
        print(json.dumps({"end": True}), file=out, flush=True)
    out.close()


def _say(name: str, out: TextIO) -> None:
    module, _, attribute = name.partition(":")
    function = getattr(import_module(module), attribute)
    path, line = _place(function)
    given = list(_named(attribute, function()))
    for called, statement in given:
        query = {"name": called, "sql": _sql(statement), "path": path, "line": line}
        print(json.dumps(query), file=out, flush=True)


def _place(function: Callable[..., Any]) -> tuple[str, int]:
    plain = inspect.unwrap(function)
    return inspect.getsourcefile(plain) or "", inspect.getsourcelines(plain)[1]


def _named(attribute: str, given: Any) -> Iterator[tuple[str, Any]]:
    """Yield statements with their names; one without is called after the callable."""
    items = given.items() if isinstance(given, Mapping) else _listed(given)
    for number, item in enumerate(items, 1):
        if isinstance(item, tuple):
            name, statement = item
            yield str(name), statement
        else:
            yield f"{attribute}:{number}", item


def _listed(given: Any) -> Iterable[Any]:
    return (given,) if isinstance(given, str) or hasattr(given, "compile") else given


def _sql(statement: Any) -> str:
    """Return a statement as PostgreSQL's dialect spells it, with its parameters left open."""
    if isinstance(statement, str):
        return statement
    statement = getattr(statement, "statement", statement)  # a Query of the ORM
    compiled = statement.compile(
        dialect=postgresql.dialect(),  # type: ignore[no-untyped-call]
        compile_kwargs={"render_postcompile": True},
    )
    return str(compiled)


if __name__ == "__main__":
    main(sys.argv[1])
