"""What an editor shows of a function or class: how it is declared, and its docstring."""

from __future__ import annotations

import ast
import re

from codeintel.index_python.source import Source

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

_HEADER_END = re.compile(rb":\s*(?:#.*)?$")


def hover(source: Source, node: _Definition) -> str:
    """Return the declaration as a block of code, and below it the docstring where there is one."""
    docstring = ast.get_docstring(node)
    block = f"```python\n{_header(source, node)}\n```"
    return f"{block}\n\n---\n\n{docstring}" if docstring else block


def _header(source: Source, node: _Definition) -> str:
    """Return the declaration without its colon, as it is written."""
    body = node.body[0]
    if body.lineno == node.lineno:
        line = source.lines[node.lineno - 1][node.col_offset : body.col_offset]
        return line.decode().rstrip(" \t:")
    header: list[bytes] = []
    for line in source.lines[node.lineno - 1 : body.lineno - 1]:
        header.append(line)
        if found := _HEADER_END.search(line):
            header[-1] = line[: found.start()]
            break
    header[0] = header[0][node.col_offset :]
    return b"\n".join(header).decode()
