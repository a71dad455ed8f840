"""What the project's Alembic configuration and its env.py say, learnt without running a migration.

env.py is run under an EnvironmentContext whose ``configure()`` takes down what it is given and
stops env.py there, so that nothing that follows (a guard, a transaction, a migration) is reached.
"""

from __future__ import annotations

import configparser
import inspect
import os
import sys
import tomllib
import traceback
from argparse import Namespace
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, NoReturn

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import MetaData, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from outofband.errors import Misuse, OutofbandError
from outofband.revisions import databases, flask_app
from outofband.revisions.reach import reaching

Metadata = MetaData | Sequence[MetaData] | None

_CONFIGURE = inspect.signature(EnvironmentContext.configure)
_OF_THE_CALL = frozenset(
    {"connection", "url", "dialect_name", "dialect_opts", "output_buffer"}
    | {"literal_binds", "starting_rev", "tag", "template_args"}
)
# Their texts name keys, modules and files; any other exception may quote a URL, and so a password.
_TELLING = (CommandError, KeyError, ImportError, NameError, AttributeError, SyntaxError)


_OF_ENVIRON = type(os.environ).__getitem__.__code__.co_filename


class AlembicConfigWrong(Misuse):
    """The Alembic configuration is missing, cannot be read, or names no folder of revisions."""


class EnvPyFailed(Misuse):
    """env.py raised, or ended without calling ``context.configure()``."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A project's migration environment as env.py configures it.

    ``options`` are the keyword arguments of ``context.configure()`` that hold for every run, as
    env.py gave them; ``dialect_name`` is None where env.py named neither URL nor dialect when run
    offline. ``rendered`` keeps what :mod:`.render` made, by revision, for the life of the process,
    ``contexts`` the one that :mod:`.capture` copies.
    """

    config: Config
    script: ScriptDirectory
    dialect_name: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    rendered: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    contexts: list[MigrationContext] = field(default_factory=list, compare=False, repr=False)

    @property
    def version_table(self) -> str:
        """The table that holds the applied heads."""
        return self.options.get("version_table") or "alembic_version"

    @property
    def version_table_schema(self) -> str | None:
        """Its schema; None means that search_path decides."""
        return self.options.get("version_table_schema")

    @property
    def transaction_per_migration(self) -> bool:
        """Whether each revision commits by itself."""
        return bool(self.options.get("transaction_per_migration"))

    @property
    def target_metadata(self) -> Metadata:
        """The project's models, whose naming conventions Alembic's operations follow."""
        return self.options.get("target_metadata")

    @classmethod
    def of_running(cls, context: MigrationContext) -> Environment | None:
        """Return the environment of a command that is running now, whose env.py must not run a
        second time.

        None where Alembic was given a bare MigrationContext, without config or script directory.
        """
        if context.config is None or context.script is None:
            return None
        taken = _CONFIGURE.parameters.keys() | {"version_table", "version_table_schema"}
        options = {k: v for k, v in context.opts.items() if k in taken and k not in _OF_THE_CALL}
        made = cls(context.config, context.script, context.dialect.name, options)
        kept: Environment = context.impl.memo.setdefault("outofband_environment", made)
        return kept


def load(configs: Sequence[str] = (), name: str = "alembic", x: Sequence[str] = ()) -> Environment:
    """Return the environment that ``alembic -c CONFIG -n NAME -x KEY=VALUE`` would run in.

    env.py runs offline: it opens no connection. Raises AlembicConfigWrong or EnvPyFailed.
    """
    return of_config(configured(configs, name, x))


def configured(configs: Sequence[str] = (), name: str = "alembic", x: Sequence[str] = ()) -> Config:
    """Return the Config that the ``alembic`` command would make of its options ``-c``, ``-n`` and
    ``-x``, narrowed to one of several databases by ``-x database=NAME``; of an ini file that names
    no folder and stands beside env.py, as Flask-Migrate's does, the one that ``flask db`` would
    make.
    """
    ini, toml = _files(configs)
    options = Namespace(config=list(configs), name=name, x=list(x))
    config = Config(ini, toml_file=toml, ini_section=name, cmd_opts=options)
    folder = Path(ini).parent
    with _read(config):
        if (folder / "env.py").is_file() and not config.get_alembic_option("script_location"):
            config.set_main_option("script_location", str(folder).replace("%", "%%"))
        try:
            databases.narrow(config, x)
        except LookupError as error:
            raise AlembicConfigWrong("-x database", why=str(error), do="Name one of them") from None
    return config


def of_config(config: Config) -> Environment:
    """Return the environment of a Config, for programs that make theirs themselves."""
    script = script_directory(config)
    given = recorded(config, script, as_sql=True)
    return Environment(config, script, _dialect_name(given), lasting(given))


def lasting(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``context.configure()`` that hold for every run."""
    return {key: value for key, value in given.items() if key not in _OF_THE_CALL}


def recorded(
    config: Config,
    script: ScriptDirectory,
    *,
    as_sql: bool,
    run: Callable[[], object] | None = None,
) -> dict[str, Any]:
    """Run env.py as far as ``context.configure()`` and return the arguments it gave, by name.

    With ``as_sql`` False env.py connects as it does for ``alembic current``; the connection is
    closed again by env.py's own ``with``. What env.py prints goes to stderr. ``run`` runs it in
    place of ``script.run_env``.

    Raises EnvPyFailed, or DatabaseNotReached where that connection fails.
    """
    # Not a subclass: alembic.context is a proxy for EnvironmentContext and for no other class.
    recorder: Any = EnvironmentContext(config, script, as_sql=as_sql)
    recorder.configure = _reached
    with recorder:
        try:
            with reaching(), redirect_stdout(sys.stderr):
                flask_app.enter(script.env_py_location)
                (run or script.run_env)()
        except _ConfigureReachedError as reached:
            return reached.given
        except (configparser.InterpolationError, ArgumentError, NoSuchModuleError) as error:
            raise _url_wrong(error) from None
        except OutofbandError:
            raise
        except (Exception, SystemExit) as error:
            raise _env_py_failed(error, script.env_py_location, as_sql=as_sql) from None
    raise EnvPyFailed(
        f"{script.env_py_location} never calls context.configure()",
        why="it ended before that" + (" when run offline" if as_sql else ""),
        do="Let it configure the context for offline runs too, as Alembic's template does",
    )


class _ConfigureReachedError(BaseException):
    """Not an Exception: an ``except Exception`` in env.py must not keep env.py going."""

    def __init__(self, given: dict[str, Any]) -> None:
        self.given = given


def _reached(*args: Any, **kwargs: Any) -> NoReturn:
    given = _CONFIGURE.bind(None, *args, **kwargs).arguments
    del given["self"]
    extra = given.pop("kw", {})
    raise _ConfigureReachedError({**given, **extra})


def _files(configs: Sequence[str]) -> tuple[str, str]:
    """Tell ini from TOML by name and fill in the defaults, as the ``alembic`` command does."""
    named = list(configs) or [n for n in (os.environ.get("ALEMBIC_CONFIG"),) if n]
    tomls = [name for name in named if os.path.basename(name) == "pyproject.toml"]
    inis = [name for name in named if name not in tomls]
    if len(tomls) > 1 or len(inis) > 1:
        raise AlembicConfigWrong(
            f"too many configuration files: {', '.join(named)}",
            do="Name at most one ini file and one pyproject.toml",
        )
    return (inis or ["alembic.ini"])[0], (tomls or ["pyproject.toml"])[0]


def script_directory(
    config: Config, find: Callable[[Config], ScriptDirectory] = ScriptDirectory.from_config
) -> ScriptDirectory:
    """Return the folder of revisions of a Config. Raises AlembicConfigWrong."""
    with _read(config):
        return find(config)


@contextmanager
def _read(config: Config) -> Iterator[None]:
    """Say in words what keeps the configuration from being read. Raises AlembicConfigWrong."""
    try:
        yield
    except tomllib.TOMLDecodeError as error:
        what = f"cannot read {config.toml_file_name}"
        raise AlembicConfigWrong(what, why=str(error), do="Correct it") from None
    except UnicodeDecodeError:
        what = f"cannot read {config.config_file_name}, or the pyproject.toml beside it"
        raise AlembicConfigWrong(what, why="it is not UTF-8", do="Save it as UTF-8") from None
    except (CommandError, ImportError, configparser.Error, OSError) as error:
        ini = config.config_file_name
        if ini is not None and not Path(ini).is_file():
            what, do = f"there is no {ini}", f"Name the project's with -c{_near()}"
        else:
            what = f"the configuration {ini or 'given'} is wrong"
            do = _elsewhere(config) if isinstance(error, CommandError) else "Correct it"
        raise AlembicConfigWrong(what, why=_told(error), do=do) from None


def _near() -> str:
    """Name a configuration in a folder below, such as Flask-Migrate's."""
    found = next(chain(Path().glob("*/alembic.ini"), Path().glob("*/*/alembic.ini")), None)
    return f", such as -c {found}" if found else ", or run `outofband init`"


def _elsewhere(config: Config) -> str:
    """Say what to do where the folder of revisions is named from the ini file's own folder."""
    folder = Path(config.config_file_name or "").parent
    section = config.config_ini_section
    named = config.file_config.get(section, "script_location", raw=True, fallback="")
    if named and ":" not in named and folder != Path() and (folder / named).is_dir():
        return f"Run in {folder}, or write script_location = %(here)s/{named} there"
    return "Correct it"


def _dialect_name(given: Mapping[str, Any]) -> str | None:
    if given.get("connection") is not None:
        return str(given["connection"].dialect.name)
    if given.get("url"):
        try:
            return make_url(given["url"]).get_backend_name()
        except ArgumentError as error:
            raise _url_wrong(error) from None
    name: str | None = given.get("dialect_name")
    return name


def _url_wrong(error: Exception) -> EnvPyFailed:
    if isinstance(error, configparser.InterpolationError):
        why, do = f"the value of {error.option} has a single %", "Double every % in the ini file"
    elif isinstance(error, NoSuchModuleError):
        why, do = "SQLAlchemy knows no such dialect or driver", "Correct what stands before ://"
    else:
        why = "SQLAlchemy cannot parse it"
        do = "Write postgresql+psycopg://user:password@host:port/database, percent-encoded"
    return EnvPyFailed("the database URL is wrong", why=why, do=do)


def _env_py_failed(error: BaseException, path: str, *, as_sql: bool) -> EnvPyFailed:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == path]
    where = f"{path}:{lines[-1]}" if lines else path
    if isinstance(error, KeyError) and frames[-1].filename == _OF_ENVIRON:
        name = error.args[0]
        return EnvPyFailed(f"{where} failed", why=f"${name} is not set", do=f"Set ${name}")
    if isinstance(error, RuntimeError) and flask_app.asked_for(path):
        why = "it asks for Flask's current_app, and FLASK_APP names no application that can start"
        return EnvPyFailed(f"{where} failed", why=why, do="Set FLASK_APP as for `flask db`")
    do = "See what `alembic current` says"
    if not as_sql:
        do += "; where a program gives env.py its connection, name the database by --database-url"
    if isinstance(error, ImportError):
        do = "Install it beside outofband, and run where `alembic` would be run"
    return EnvPyFailed(f"{where} failed", why=_told(error), do=do)


def _told(error: BaseException) -> str:
    """Return an exception in one line, without its text where that may quote a secret."""
    text = str(error).partition("\n")[0]
    name = type(error).__name__
    if isinstance(error, CommandError):
        return text
    return f"{name}: {text}" if isinstance(error, _TELLING) and text else name
