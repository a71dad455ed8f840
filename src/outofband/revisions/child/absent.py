"""Stand-ins for modules that a project imports and that cannot be imported here.

A revision seldom needs all that its file imports. So what is missing is stood in for by objects
that can be imported, called and inherited from, and that notice when they are used: a revision
whose ``upgrade()`` never touches one is rendered as if nothing were missing, and one that does is
told by the name of what it used.
"""

from __future__ import annotations

import ast
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection
from sqlalchemy.types import UserDefinedType

T = TypeVar("T")

_TRIES = 100
_OF_A_MODEL = frozenset({"__table__", "__tablename__"})
_OURS = frozenset(
    {"outofband", "outofband_lint", "alembic", "sqlalchemy", "__main__", *sys.stdlib_module_names}
)
_used: list[str] = []


class Absent(UserDefinedType[Any]):
    """What stands for a module that is missing, and for all that comes from it.

    A type of SQLAlchemy too, so that a column whose type is missing still has a name and a table.
    """

    cache_ok = True

    def __init__(self, absent_name: str) -> None:
        self.absent_name = absent_name

    def get_col_spec(self, **_: Any) -> str:
        """Return a type that nobody has."""
        return "unread"

    def __getattr__(self, name: str) -> Any:
        if name in _OF_A_MODEL:
            return self._touched(Absent(f"{self.absent_name}.{name}"))
        if name.startswith("_"):
            raise AttributeError(name)
        return Absent(f"{self.absent_name}.{name}")

    def __call__(self, *_: Any, **given: Any) -> Any:  # noqa: D102 (a call of what is missing)
        if self.absent_name.endswith("Session") and isinstance(given.get("bind"), Connection):
            # Whosever class it is: what it sends goes through the connection that it is given.
            from sqlalchemy.orm import Session

            return Session(bind=given["bind"])
        return self._touched(Absent(self.absent_name))

    def __mro_entries__(self, _: tuple[Any, ...]) -> tuple[type, ...]:
        return ()

    def __iter__(self) -> Iterator[Any]:
        return self._touched(iter(()))

    def __len__(self) -> int:
        return self._touched(0)

    def __contains__(self, _: object) -> bool:
        return self._touched(False)

    def __instancecheck__(self, _: object) -> bool:
        return self._touched(False)

    def __bool__(self) -> bool:
        return self._touched(True)

    def __getitem__(self, _: object) -> Any:
        return self._touched(Absent(self.absent_name))

    __or__ = __ror__ = __getitem__

    def __enter__(self) -> Any:
        return self._touched(self)

    def __exit__(self, *_: object) -> None:
        pass

    def __str__(self) -> str:
        return self._touched(f"<{self.absent_name}>")

    def __format__(self, _: str) -> str:
        return str(self)

    def _touched(self, result: T) -> T:
        _used.append(self.absent_name)
        return result


@contextmanager
def noticed() -> Iterator[list[str]]:
    """Collect the names of the stand-ins that are used within."""
    before = len(_used)
    found: list[str] = []
    try:
        yield found
    finally:
        found += _used[before:]


def importing(path: str, load: Callable[[], T]) -> T:
    """Load a file, standing in for each module that it imports in vain; raises what else it does.

    An import that the file itself guards with ``except ImportError`` is left to it.
    """
    for _ in range(_TRIES):
        try:
            return load()
        except (Exception, SystemExit) as error:  # an application exits that lacks a setting
            names = _missing(error, path)
            if not names:
                raise
            for name in names:
                _stand_in(name)
    return load()


def _stand_in(name: str) -> None:
    sys.modules[name] = absent = Absent(name)  # type: ignore[assignment]
    parent, _, own = name.rpartition(".")
    if parent in sys.modules and not _is_absent(parent):
        setattr(sys.modules[parent], own, absent)


def _missing(error: BaseException, path: str) -> set[str]:
    """Return the modules to stand in for: the one that does not exist, or else the innermost that
    was being imported, or what the file itself cannot import a name from.
    """
    if isinstance(error, ModuleNotFoundError) and error.name and error.name not in sys.modules:
        return {error.name}
    being_imported = [
        str(frame.f_globals.get("__name__"))
        for frame, _ in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_name == "<module>" and frame.f_code.co_filename != path
    ]
    found = {being_imported[-1]} if being_imported else _named_where_it_failed(error, path)
    return {n for n in found if n.partition(".")[0] not in _OURS and not _is_absent(n)}


def _named_where_it_failed(error: BaseException, path: str) -> set[str]:
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    tree = ast.parse(Path(path).read_bytes()) if lines else ast.Module([], [])
    return {
        name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom) and node.lineno == lines[0]
        for name in _named(node)
    }


def _is_absent(name: str) -> bool:
    return isinstance(sys.modules.get(name), Absent)


def _named(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module] if node.module and not node.level else []
