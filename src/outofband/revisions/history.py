"""A project's whole history for the linter: every revision in order, and what env.py does.

All that runs the project's code runs in a forked child, so that no revision, and no env.py, can
take the others down: what cannot be run is read from its syntax tree and says so.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.script import Script, ScriptDirectory

from outofband import child, wire
from outofband.child import Post, TimeUpError
from outofband.errors import OutofbandError
from outofband.revisions import databases, env_py, graph
from outofband.revisions import environment as environments
from outofband.revisions.child.absent import Absent, importing
from outofband.revisions.child.loading import Loader, directory
from outofband.revisions.child.perform import Performer
from outofband.revisions.environment import AlembicConfigWrong, EnvPyFailed
from outofband.revisions.graph import RevisionsNotLoaded
from outofband.revisions.project import ArgumentWrong
from outofband.revisions.render import DEFAULT_LIMIT
from outofband.revisions.syntax.modules import Modules
from outofband.settings import SettingsWrong
from outofband.target import DatabaseNotReached
from outofband_lint.environment import Environment
from outofband_lint.source import Problem, Revision, Source

IMPORT_LIMIT = 30.0
"""Seconds that env.py, or a revision's file, may take to be imported: it may load the project."""

_CREATED = re.compile(r"^Create Date:\s*(\d{4}-\d\d-\d\d)[ T]?([\d:]*)", re.MULTILINE)
_ERRORS = (RevisionsNotLoaded, AlembicConfigWrong, SettingsWrong, ArgumentWrong)


@dataclass(frozen=True, slots=True)
class History:
    """Revisions in upgrade order, and env.py as rules see it."""

    revisions: tuple[Revision, ...]
    environment: Environment


@dataclass(frozen=True, slots=True)
class Reading:
    """How a history is read.

    Without ``executes`` nothing of the project runs. ``downgrades`` renders ``downgrade()`` too.
    ``limit`` is in seconds and for each function. ``moved`` are a folder, and the one that stands
    in its place: what is imported from the first is imported from the second.
    """

    executes: bool = True
    downgrades: bool = False
    limit: float = DEFAULT_LIMIT
    moved: tuple[Path, Path] | None = None


def read(config: Config, reading: Reading = Reading()) -> History:
    """Read the history of a project. Raises AlembicConfigWrong or RevisionsNotLoaded."""

    def work(post: Post) -> None:
        with errors_told(post):
            tell(config, reading, Kept(), post)

    revisions: dict[str, Revision] = {}
    environment: Environment | None = None
    for answer in child.answers(work):
        if "error" in answer:
            raise told_error(answer)
        if "env_py" in answer:
            environment = wire.environment_from_json(answer["env_py"])
        elif "revision" in answer:
            revision = wire.revision_from_json(answer)
            revisions[revision.id] = revision
    assert environment is not None
    return History(tuple(revisions.values()), environment)


def told_error(answer: Mapping[str, Any]) -> OutofbandError:
    """Return the error that :func:`errors_told` told."""
    kind = next(error for error in _ERRORS if error.__name__ == answer["error"])
    return kind(answer["what"], why=answer["why"], do=answer["do"])


# --- in the child


@contextmanager
def errors_told(post: Post) -> Iterator[None]:
    """Answer with what is wrong with a project, if that is raised within."""
    try:
        yield
    except _ERRORS as error:
        name = type(error).__name__
        post.say({"error": name, "what": error.what, "why": error.why, "do": error.do})


@dataclass(frozen=True, slots=True)
class Kept:
    """What was answered before about revisions whose files have not changed, by path, and in which
    order all of them came then.
    """

    answers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    order: Sequence[str] = ()


def tell(config: Config, reading: Reading, kept: Kept, post: Post) -> None:
    """Answer with env.py, the revisions in order, and then what each of them sends.

    One that was kept is answered by its path alone. It is read anew where it asks about the schema
    and a revision before it has changed.
    """
    if reading.moved:
        _move(*reading.moved)
    find: Callable[[], ScriptDirectory] = partial(environments.script_directory, config)
    if not reading.executes:
        find = partial(environments.script_directory, config, directory)
    with post.doing("env.py", "", IMPORT_LIMIT):
        script = find()
    environment = _configured(config, script, reading, post)
    loader = Loader(script, post, IMPORT_LIMIT, reading.executes, kept=kept.answers)
    scripts = _in_order(script, loader)
    if not any("chain" in answer for answer in post.said):
        folders = [str(folder) for folder in script._version_locations]
        post.say({"chain": [_place(one) for one in scripts], "folders": folders})
    modules = Modules(_folders(config, script), loaded=reading.executes)
    every = databases.listed(environment.config)
    performer = Performer(
        environment, post, reading.limit, reading.executes, modules=modules, databases=every
    )
    done = {answer["revision"]: answer for answer in post.said if "revision" in answer}
    done |= {kept.answers[a["kept"]]["revision"]: kept.answers[a["kept"]] for a in _kept(post)}
    as_before = True
    for number, one in enumerate(scripts):
        known = kept.answers.get(one.path)
        as_before = as_before and [*kept.order[number : number + 1]] == [one.path]
        if one.revision in done:
            performer.chain.add(one.revision, _sources(done[one.revision]))
        elif known is not None and (as_before or not known["asks"]):
            performer.chain.add(one.revision, _sources(known))
            post.say({"kept": one.path})
        else:
            loaded = one if known is None else loader.load(Path(one.path)) or one
            post.say(_told(loaded, performer, loader.problems.get(one.path), reading))
        as_before = as_before and known is not None


def _kept(post: Post) -> Iterator[dict[str, Any]]:
    return (answer for answer in post.said if "kept" in answer)


def _sources(answer: Mapping[str, Any]) -> Iterator[Source]:
    return (Source(**told) for told in answer["sources"])


def _place(script: Script) -> dict[str, Any]:
    return {
        "revision": script.revision,
        "path": script.path,
        "down": _tuple(script.down_revision),
        "depends_on": _tuple(script.dependencies),
        "branch_labels": sorted(script._orig_branch_labels),
    }


def _move(top: Path, folder: Path) -> None:
    """Let the working folder and the search path lead into ``folder`` instead of ``top``."""
    here = Path.cwd()
    sys.path[:] = [str(_there(Path(entry), top, folder)) if entry else "" for entry in sys.path]
    with suppress(OSError):
        os.chdir(_there(here, top, folder))


def _there(path: Path, top: Path, folder: Path) -> Path:
    resolved = path.resolve()
    inside = resolved.is_relative_to(top) and "site-packages" not in resolved.parts
    return folder / resolved.relative_to(top) if inside else path


def _folders(config: Config, script: ScriptDirectory) -> list[Path]:
    """Return where the project's own modules are looked for: the search path of its configuration,
    and the packages that the revisions stand in.
    """
    folders = [Path(entry) for entry in config.get_prepend_sys_paths_list() or ()]
    top = Path(script.dir).resolve()
    while (top / "__init__.py").is_file() or top == Path(script.dir).resolve():
        top = top.parent
    return [*folders, top, Path.cwd()]


def _in_order(script: ScriptDirectory, loader: Loader) -> tuple[Script, ...]:
    try:
        return graph.every(script)
    except RevisionsNotLoaded as error:
        named = {
            path
            for revision, paths in loader.paths.items()
            if re.search(rf"(?<!\w){re.escape(revision)}(?!\w)", error.why)
            for path in paths
        }
        why = f"{error.why} ({', '.join(sorted(named))})" if named else error.why
        raise RevisionsNotLoaded(error.what, why=why, do=error.do) from None


def _told(
    script: Script, performer: Performer, problem: Problem | None, reading: Reading
) -> dict[str, Any]:
    before = performer.chain.asked
    run = performer.upgrade(script, problem)
    downgrade = performer.downgrade(script, problem) if reading.downgrades else None
    found = _CREATED.search(getattr(script.module, "__doc__", None) or "")
    return {
        **wire.to_json(run),
        **_place(script),
        "asks": performer.chain.asked != before,
        "downgrade": None if downgrade is None else wire.sources_to_json(downgrade),
        "created": "T".join(filter(None, found.groups())) if found else "",
    }


def _configured(
    config: Config, script: ScriptDirectory, reading: Reading, post: Post
) -> environments.Environment:
    """Run env.py as far as it goes; what it would have configured is else read from its tree."""
    path = script.env_py_location
    problem: Problem | None = None
    options: dict[str, Any] | None = None
    if reading.executes:
        options, problem = _run(config, script, post)
    known = options is not None and not problem
    if options is None:
        options = env_py.literal_options(path)
    if not any("env_py" in answer for answer in post.said):
        found = replace(env_py.read(path), problem=problem)
        if known:
            per_migration = bool(options.get("transaction_per_migration"))
            found = replace(found, transaction_per_migration=per_migration)
        post.say({"env_py": asdict(found)})
    return environments.Environment(config, script, options=options)


def _run(
    config: Config, script: ScriptDirectory, post: Post
) -> tuple[dict[str, Any] | None, Problem | None]:
    path = script.env_py_location
    lost = post.lost.get(("env.py", path))
    if lost:
        return None, Problem(f"it {lost}", 1)
    try:
        with post.doing("env.py", path, IMPORT_LIMIT):
            run = partial(importing, path, script.run_env)
            given = environments.recorded(config, script, as_sql=True, run=run)
    except TimeUpError:
        return None, Problem(f"it was still running after {IMPORT_LIMIT:g} s", 1)
    except EnvPyFailed as error:
        place = re.search(r":(\d+) failed", error.what)
        return None, Problem(error.why or error.what, int(place[1]) if place else 1)
    except DatabaseNotReached as error:
        return None, Problem(f"it connects even when it is run offline: {error.what}", 1)
    except OutofbandError as error:
        return None, Problem(error.what_and_why, 1)
    options = environments.lasting(given)
    absent = [k for k, value in options.items() if isinstance(value, Absent)]
    for key in absent:
        name = options.pop(key).absent_name
        return options, Problem(f"its {key} comes from {name}, which cannot be imported here", 1)
    return options, None


def _tuple(value: str | tuple[str, ...] | list[str] | None) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [*value]
