"""``[tool.outofband]`` of a pyproject.toml, written and taken out; the rest stays as it is."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from outofband.errors import Misuse
from outofband.settings import Deploy

_HEADER = re.compile(r"^\s*\[\[?\s*(?P<name>[^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")
_OURS = re.compile(r"""^tool\s*\.\s*["']?outofband["']?(?:\s*\.|$)""")


class ProjectFileOdd(Misuse):
    """A pyproject.toml is written in a way that is left for a person to edit."""


def place(folder: Path) -> Path:
    """Return where the settings of a project in a folder stand, or are to stand: the nearest
    pyproject.toml that has any, else the nearest up to the root of the repository.
    """
    found = [f / "pyproject.toml" for f in (folder, *folder.parents)]
    having = [path for path in found if path.is_file() and _table(_read(path)) is not None]
    if having:
        return having[0]
    for path in found:
        if path.is_file():
            return path
        if (path.parent / ".git").exists():
            break
    return folder / "pyproject.toml"


def with_deploy(path: Path, deploy: Deploy) -> bytes:
    """Return the file with the setting ``deploy``. Raises ProjectFileOdd."""
    text = _read(path)
    line = f'deploy = "{deploy}"'

    def expected(before: dict[str, Any]) -> dict[str, Any]:
        tool = before.setdefault("tool", {})
        tool.setdefault("outofband", {})["deploy"] = deploy
        return before

    return _checked(path, text, _with_line(text, line), expected, f"[tool.outofband]: {line}")


def without_settings(path: Path) -> bytes | None:
    """Return the file without our table, None where nothing is left of it. Raises
    ProjectFileOdd.
    """
    text = _read(path)
    if _table(text) is None:
        return text.encode()

    def expected(before: dict[str, Any]) -> dict[str, Any]:
        del before["tool"]["outofband"]
        if not before["tool"]:
            del before["tool"]
        return before

    kept = "".join(line for ours, line in _lines(text) if not ours)
    return _checked(path, text, kept, expected, "take [tool.outofband] out") or None


def _with_line(text: str, line: str) -> str:
    lines = text.splitlines(keepends=True)
    for number, one in enumerate(lines):
        header = _HEADER.match(one)
        if header and re.fullmatch(r"tool\s*\.\s*outofband", header["name"]):
            return "".join([*lines[: number + 1], f"{line}\n", *_others(lines[number + 1 :])])
    end = "" if text.endswith("\n") or not text else "\n"
    before = f"{text}{end}\n" if text else ""
    return f"{before}[tool.outofband]\n{line}\n"


def _others(lines: list[str]) -> list[str]:
    """Return the lines behind our header without the setting that is given anew."""
    end = next((n for n, one in enumerate(lines) if _HEADER.match(one)), len(lines))
    return [one for n, one in enumerate(lines) if n >= end or not re.match(r"\s*deploy\s*=", one)]


def _lines(text: str) -> list[tuple[bool, str]]:
    """Return each line, and whether it belongs to our tables, a blank line before them included."""
    told: list[tuple[bool, str]] = []
    ours = False
    for line in text.splitlines(keepends=True):
        if header := _HEADER.match(line):
            ours = bool(_OURS.match(header["name"]))
        told.append((ours, line))
    begins = [n for n in range(1, len(told)) if told[n][0] and not told[n - 1][0]]
    for number in begins:
        if not told[number - 1][1].strip():
            told[number - 1] = (True, told[number - 1][1])
    return told


def _checked(
    path: Path,
    before: str,
    after: str,
    expected: Callable[[dict[str, Any]], dict[str, Any]],
    do: str,
) -> bytes:
    """Return the text if it means what it should; what is written oddly is not edited by lines."""
    try:
        if tomllib.loads(after) == expected(tomllib.loads(before)):
            return after.encode()
    except tomllib.TOMLDecodeError:
        pass
    raise ProjectFileOdd(
        f"{path} was not edited",
        why="[tool.outofband] is written there in a way that cannot be edited line by line",
        do=f"Edit it by hand: {do}",
    )


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""


def _table(text: str) -> Any:
    try:
        return tomllib.loads(text).get("tool", {}).get("outofband")
    except tomllib.TOMLDecodeError:
        return None
