"""What makes an Alembic project one of ours, and what makes it a plain one again: changed files."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import get_args

from alembic.config import Config
from alembic.script import ScriptDirectory

from outofband.errors import Misuse
from outofband.revisions import env_py, graph, project_file
from outofband.revisions.change import FileChange, changed
from outofband.revisions.environment import recorded, script_directory
from outofband.revisions.fix_extra import needed_for
from outofband.revisions.project import folder_of
from outofband.settings import Deploy, Template

TEMPLATES = get_args(Template)
_BY_HAND = "put `with guard(connection):` of outofband.deploy around context.run_migrations()"


class EnvPyOdd(Misuse):
    """env.py runs its migrations in a way that a machine cannot put a guard around."""


class NotEmpty(Misuse):
    """A new project was to be made in a folder that has files."""


@dataclass(frozen=True, slots=True)
class Left:
    """A place that still needs outofband, or where something went without a successor."""

    path: Path
    line: int
    why: str


@dataclass(frozen=True, slots=True)
class Ejection:
    """The changed files, how many operations became plain, what keeps standing and what went."""

    changes: tuple[FileChange, ...]
    made: int
    standing: tuple[Left, ...]
    gone: tuple[Left, ...]


def location(config: Config) -> Path | None:
    """Return the folder that a project's configuration names, None where there is no project."""
    named = config.get_alembic_option("script_location")
    if not named:
        return None
    return (
        Path(script_directory(config, ScriptDirectory.from_config).dir)
        if ":" in named
        else (Path(named))
    )


def adopted(
    config: Config, folder: Path | None, template: Template, deploy: Deploy | None
) -> tuple[FileChange, ...]:
    """Return what is to change: a new project in ``folder``, or env.py of the one that is there.

    Nothing where it is done already. Raises NotEmpty, EnvPyOdd, SourceOdd, FixNotInstalled or
    ProjectFileOdd.
    """
    there = location(config)
    settings = _settings(config, deploy)
    if there is not None:
        if folder is not None and folder.resolve() != there.resolve():
            raise NotEmpty(
                f"a project in {folder} was asked for",
                why=f"{config.config_file_name} has one in {there}",
                do="Leave the folder away, or name another configuration with -c",
            )
        if (there / "env.py").is_file():
            return (*_guarded(there / "env.py"), *settings)
        return (*_scripts(there, template), *settings)
    folder = folder or Path("migrations")
    if folder.is_dir() and any(folder.iterdir()):
        raise NotEmpty(
            f"{folder} has files, and no {config.config_file_name} names it",
            do="Name the project's configuration with -c, or a folder that is new",
        )
    return (*_scripts(folder, template), *_ini(config, folder, template), *settings)


def _settings(config: Config, deploy: Deploy | None) -> tuple[FileChange, ...]:
    path = project_file.place(folder_of(config))
    return changed(path, project_file.with_deploy(path, deploy)) if deploy else ()


def _scripts(folder: Path, template: Template) -> Iterator[FileChange]:
    for name in ("env.py", "script.py.mako", "README"):
        if not (folder / name).exists():
            yield from changed(folder / name, _template(template, name))
    if not (folder / "versions").is_dir():
        yield from changed(folder / "versions/.gitkeep", b"")


def _ini(config: Config, folder: Path, template: Template) -> tuple[FileChange, ...]:
    path = Path(config.config_file_name or "alembic.ini")
    here = folder if folder.is_absolute() else Path("%(here)s", folder)
    text = _template(template, "alembic.ini.mako")
    return changed(path, text.replace(b"${script_location}", here.as_posix().encode()))


def _template(template: Template, name: str) -> bytes:
    return (resources.files(__package__) / "templates" / template / name).read_bytes()


def _guarded(path: Path) -> tuple[FileChange, ...]:
    if env_py.read(str(path)).guard is not None:
        return ()
    text = path.read_bytes()
    with needed_for("changes of env.py", _BY_HAND):
        from outofband.revisions.rewrite.guarded import with_guard
    made = with_guard(path, text)
    if not made.changed:
        raise EnvPyOdd(
            f"{path} was not edited",
            why="it gives context.configure() no connection by name in the function that runs the"
            " migrations",
            do=f"In it, {_BY_HAND}",
        )
    return changed(path, made.text)


def ejected(config: Config) -> Ejection:
    """Return what makes the project a plain one. Raises FixNotInstalled, RevisionsNotLoaded,
    AlembicConfigWrong, EnvPyFailed, SourceOdd or ProjectFileOdd.
    """
    with needed_for("eject and its --diff"):
        from outofband.revisions.rewrite.ejecting import ejected as without_operations
        from outofband.revisions.rewrite.guarded import without_guard
    script = _directory(config)
    paths = [Path(s.path) for s in graph.every(script)]
    made = without_operations({path: path.read_bytes() for path in paths})
    changes = [change for path in paths for change in changed(path, made[path].text)]
    env = _env_py(script)
    if env.is_file():
        changes += changed(env, without_guard(env, env.read_bytes()).text)
    settings = project_file.place(folder_of(config))
    if settings.is_file():
        changes += changed(settings, project_file.without_settings(settings))
    remaining = [r for path in paths for r in made[path].remaining]
    left = [Left(r.path, r.line, f"op.{r.operation}: {r.why}") for r in remaining if not r.gone]
    gone = [Left(r.path, r.line, f"op.{r.operation}: {r.why}") for r in remaining if r.gone]
    standing = (*left, *_mentions(script, {*paths}, {c.path: c.after for c in changes}))
    return Ejection(tuple(changes), sum(m.made for m in made.values()), standing, tuple(gone))


def _directory(config: Config) -> ScriptDirectory:
    """Return the folder of revisions; where they cannot be had without it, as env.py leaves it,
    which may name other folders and make what they import. Raises EnvPyFailed.
    """
    script = script_directory(config)
    if _env_py(script).is_file() and not _has_revisions(script):
        script = script_directory(config)
        recorded(config, script, as_sql=True)
    return script


def _env_py(script: ScriptDirectory) -> Path:
    """Return where env.py is, named from the root as revisions are."""
    return Path(os.path.abspath(script.env_py_location))


def _has_revisions(script: ScriptDirectory) -> bool:
    try:
        return bool(graph.every(script)) or not any(_mentions(script, {_env_py(script)}, {}))
    except graph.RevisionsNotLoaded:
        return False


def _mentions(
    script: ScriptDirectory, revisions: set[Path], after: dict[Path, bytes | None]
) -> Iterator[Left]:
    """Yield what in the folder beside the revisions uses something of ours still."""
    for path in sorted({*_env_py(script).parent.rglob("*.py")} - revisions):
        text = after.get(path) or path.read_bytes()
        try:
            nodes = [*ast.walk(ast.parse(text))]
        except (SyntaxError, ValueError):
            continue
        for node in nodes:
            if isinstance(node, ast.expr | ast.stmt) and (name := _name_of_ours(node)):
                yield Left(path, node.lineno, f"it uses {name}")


def _name_of_ours(node: ast.AST) -> str | None:
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) if name.endswith("_out_of_band"):
            return f"op.{name}"
        case ast.Import(names):
            return next((a.name for a in names if a.name.split(".")[0] == "outofband"), None)
        case ast.ImportFrom(module=str(name)) if name.split(".")[0] == "outofband":
            return name
    return None
