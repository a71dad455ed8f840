"""The revision files of a project that is judged: each is imported, or where that fails read."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.script.revision import RevisionError, RevisionMap
from alembic.util import CommandError

from outofband.child import Post, TimeUpError
from outofband.revisions.child.absent import importing
from outofband.revisions.heads import module_of
from outofband_lint.source import Problem


@dataclass(slots=True)
class Loader:
    """Loads revisions for a ScriptDirectory; ``problems`` says of which files, by path, it could
    not be done by importing, and why. ``limit`` is in seconds and for each file. Those in ``kept``
    are not loaded: what they say of their place in the graph is known.
    """

    script: ScriptDirectory
    post: Post
    limit: float
    executes: bool = True
    problems: dict[str, Problem] = field(default_factory=dict)
    paths: dict[str, list[str]] = field(default_factory=dict)
    kept: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.script.revision_map = RevisionMap(self._scripts)

    def _scripts(self) -> Iterator[Script]:
        seen: set[Path] = set()
        for folder in map(Path.resolve, self.script._version_locations):
            for path in Script._list_py_dir(self.script, folder) if folder.exists() else ():
                if path.is_symlink():
                    path = path.resolve()
                if path not in seen:
                    seen.add(path)
                    known = self.kept.get(str(path))
                    script = self.load(path) if known is None else _unloaded(path, known)
                    if script is not None:
                        self.paths.setdefault(script.revision, []).append(script.path)
                        yield script

    def load(self, path: Path) -> Script | None:
        """Return the revision in a file, None where it holds none."""
        if not self.executes:
            return self._read(path)
        lost = self.post.lost.get(("import", str(path)))
        if lost:
            return self._read(path, Problem(f"the import {lost}", 1))
        try:
            with self.post.doing("import", str(path), self.limit):
                return importing(str(path), partial(Script._from_path, self.script, path))
        except CommandError:
            raise
        except RevisionError as error:
            raise CommandError(f"{error} ({path})") from None
        except BaseException as error:
            return self._read(path, Problem(self._told(error), _line(error, str(path))))

    def _told(self, error: BaseException) -> str:
        if isinstance(error, TimeUpError):
            return f"the import was still running after {self.limit:g} s"
        if isinstance(error, SystemExit):
            return "it exits when it is imported"
        text = str(error).partition("\n")[0]
        told = f"{type(error).__name__}: {text}" if text else type(error).__name__
        return f"it cannot be imported ({told})"

    def _read(self, path: Path, problem: Problem | None = None) -> Script | None:
        """Return a revision of which only the file's text is known."""
        if path.suffix != ".py" or path.name.startswith((".#", "__init__")):
            return None
        module = module_of(str(path))
        if problem:
            self.problems[str(path)] = problem
        if not hasattr(module, "revision"):
            raise CommandError(
                f"Could not determine the revision id of {path}: it has no `revision = …`"
            )
        return Script(module, module.revision, str(path))


def _unloaded(path: Path, known: Mapping[str, Any]) -> Script:
    """Return a revision of which only the place in the graph is known."""
    module = ModuleType(path.stem)
    module.down_revision = tuple(known["down"]) or None  # type: ignore[attr-defined]
    module.depends_on = tuple(known["depends_on"]) or None  # type: ignore[attr-defined]
    module.branch_labels = tuple(known["branch_labels"]) or None  # type: ignore[attr-defined]
    return Script(module, known["revision"], str(path))


def directory(config: Config) -> ScriptDirectory:
    """Return the folder of revisions without importing the package that it may be named in."""
    location = config.get_alembic_option("script_location")
    if location and ":" in location and not Path(location).is_absolute():
        folder = _folder_of(location)
        if folder is not None:
            config.set_main_option("script_location", str(folder).replace("%", "%%"))
    before = [*sys.path]
    try:
        return ScriptDirectory.from_config(config)
    finally:
        sys.path[:] = before  # nothing of the project may be found by an import


def _folder_of(location: str) -> Path | None:
    """Return the folder that ``package.module:folder`` stands for, None where it is not found."""
    package, *inside = location.split(":")
    top, *names = package.split(".")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        spec = find_spec(top)
    for place in (spec.submodule_search_locations or ()) if spec else ():
        folder = Path(place).joinpath(*names, *inside)
        if folder.is_dir():
            return folder
    return None


def _line(error: BaseException, path: str) -> int:
    if isinstance(error, SyntaxError) and error.filename == path:
        return error.lineno or 1
    lines = []
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename == path:
            lines.append(traceback.tb_lineno)
        traceback = traceback.tb_next
    return lines[-1] if lines else 1
