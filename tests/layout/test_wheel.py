"""What is shipped: exactly two packages, which work with the source roots absent."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (built,) = folder.glob("*.whl")
    return built


def test_the_wheel_holds_exactly_two_packages(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.partition("/")[0] for name in archive.namelist()}
    packages = {top for top in tops if not top.endswith(".dist-info")}
    assert packages == {"outofband", "outofband_lint"}


def test_the_wheel_holds_every_module_and_query_of_the_source(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = {name for name in archive.namelist() if ".dist-info/" not in name}
    roots = ROOT / "src", ROOT / "lint"
    source = {
        str(path.relative_to(root))
        for root in roots
        for package in ("outofband", "outofband_lint")
        for path in (root / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped == source


def test_the_wheel_works_with_the_source_roots_absent(wheel: Path, tmp_path: Path) -> None:
    """Imported from the unpacked wheel, in a process whose path holds no source root."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    script = (
        "import sys; sys.path = [p for p in sys.path if not p.endswith(('/src', '/lint'))];"
        f"sys.path.insert(0, {str(tmp_path)!r});"
        "import outofband, outofband_lint, outofband.cli.main, outofband.cli.apply;"
        "from outofband.catalog.reader import query; query('indexes');"
        "from outofband_lint.reader import read; read('SELECT 1');"
        "print(outofband.__file__, outofband_lint.__file__)"
    )
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    run = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment,
        capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert run.stdout.count(str(tmp_path)) == 2
