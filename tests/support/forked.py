"""The `alembic` command as a process of its own that need not import everything again.

An interpreter with Alembic, SQLAlchemy and a driver takes longer to start than most commands here
take to run. A fork has them; what it does to its memory is its own, and it ends without taking
apart what is its parent's.
"""

from __future__ import annotations

import inspect
import os
import sys
import tempfile
import traceback
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CompletedProcess
from typing import IO, NoReturn

from alembic.config import Config, main


def alembic(
    arguments: Sequence[str], folder: Path, environ: Mapping[str, str]
) -> CompletedProcess[str]:
    """Run `alembic` in a folder; return its exit status and what it printed."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        with warnings.catch_warnings():
            # Python 3.12 warns of threads: none of the tests' own holds a lock that this needs.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            _live(arguments, folder, environ, out, err)
        _, status = os.waitpid(pid, 0)
        return CompletedProcess(
            ["alembic", *arguments], os.waitstatus_to_exitcode(status), _read(out), _read(err)
        )


def _live(
    arguments: Sequence[str],
    folder: Path,
    environ: Mapping[str, str],
    out: IO[str],
    err: IO[str],
) -> NoReturn:
    status = 1
    try:
        sys.stdout, sys.stderr = out, err
        os.dup2(out.fileno(), 1)
        os.dup2(err.fileno(), 2)
        warnings.resetwarnings()
        warnings.simplefilter("ignore", DeprecationWarning)
        os.chdir(folder)
        os.environ.update(environ)
        Config.__init__.__defaults__ = _printing_to(out)
        main(argv=[*arguments], prog="alembic")
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=err)
    except BaseException:
        traceback.print_exc(file=err)
    finally:
        out.flush()
        err.flush()
        os._exit(status)


def _printing_to(out: IO[str]) -> tuple[object, ...]:
    """Return the defaults of Config, which has bound the stdout that there was at its import."""
    parameters = inspect.signature(Config.__init__).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    return tuple({**defaults, "stdout": out}.values())


def _read(printed: IO[str]) -> str:
    printed.seek(0)
    return printed.read()
