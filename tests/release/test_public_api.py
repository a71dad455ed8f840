"""The public API as a type checker sees it in the installed wheel."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from installations import Installation, python

USED = Path(__file__).with_name("public_api.py")
MODULES = ("outofband", "outofband.backfill", "outofband.deploy", "outofband.testing")
WRONG = {
    "a name that is not there": ("from outofband import redy", "attr-defined"),
    "a name that is not a string": ("from outofband import ready\nready(None, 7)", "arg-type"),
    "an answer that is not awaited": (
        "from outofband import ready_async\nasync def f() -> bool: return ready_async(None, 'i')",
        "return-value",
    ),
    "a spec that cannot make a batch": (
        "from outofband.backfill import Spec\nclass S(Spec): ...\nS()",
        "abstract",
    ),
    "a limit that is none": ("from outofband.backfill import Limits\nLimits(rows=1)", "call-arg"),
}


@pytest.fixture(scope="module")
def installed(distributions: Any, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    """The wheel and what it needs, on the newest Python there is."""
    interpreter = next(found for minor in (13, 12, 11) if (found := python(minor)))
    made = Installation.empty(tmp_path_factory.mktemp("typed") / "venv", interpreter)
    made.install_newest(distributions.wheel)
    return made


def checked(installed: Installation, file: Path) -> subprocess.CompletedProcess[str]:
    """Run mypy as somebody does who has the wheel and not the sources."""
    words = ["--strict", "--show-error-codes", "--no-incremental", "--config-file", ""]
    python = ["--python-executable", str(installed.program("python"))]
    return subprocess.run(
        [sys.executable, "-m", "mypy", *words, *python, file.name],
        cwd=file.parent, capture_output=True, text=True,
    )  # fmt: skip


def test_every_public_name_has_the_type_that_it_promises(
    installed: Installation, tmp_path: Path
) -> None:
    file = tmp_path / USED.name
    file.write_text(USED.read_text(encoding="utf-8"), encoding="utf-8")
    done = checked(installed, file)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(("code", "error"), WRONG.values(), ids=WRONG)
def test_a_wrong_use_is_an_error(
    installed: Installation, tmp_path: Path, code: str, error: str
) -> None:
    file = tmp_path / "wrong.py"
    file.write_text(code)
    done = checked(installed, file)
    assert f"[{error}]" in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("module", MODULES)
def test_no_public_name_is_left_out(module: str) -> None:
    tree = ast.parse(USED.read_text(encoding="utf-8"))
    used = {
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == module
        for alias in node.names
    }
    assert used == set(importlib.import_module(module).__all__)
