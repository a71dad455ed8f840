"""What an editor shows of a symbol: how it is declared, and its docstring."""

from __future__ import annotations

import ast
import re

from codeintel.index_python.source import Source

_Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

#: Of the text of an assignment, in bytes; a longer value says less than its first line.
_LONGEST_VALUE = 200

_HEADER_END = re.compile(rb":\s*(?:#.*)?$")


def hover(source: Source, node: _Definition) -> str:
    """Return the declaration as a block of code, and below it the docstring where there is one."""
    return _shown(_header(source, node), ast.get_docstring(node))


def module_hover(name: str, tree: ast.Module) -> str:
    """Return the name of a module, and below it the docstring where there is one."""
    return _shown(f"module {name}", ast.get_docstring(tree))


def assignment_hover(source: Source, node: ast.Assign | ast.AnnAssign) -> str:
    """Return an assignment as it is written, cut behind its first line or a long value."""
    text = source.lines[node.lineno - 1][node.col_offset :]
    is_whole = node.end_lineno == node.lineno
    if is_whole:
        text = text[: (node.end_col_offset or 0) - node.col_offset]
    if len(text) <= _LONGEST_VALUE and is_whole:
        return _shown(text.decode(), None)
    return _shown(f"{text[:_LONGEST_VALUE].decode(errors='ignore').rstrip()} …", None)


def _shown(declaration: str, docstring: str | None) -> str:
    block = f"```python\n{declaration}\n```"
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
