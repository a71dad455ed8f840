"""What the reader of syntax trees may call: nothing of the project, and of libraries only what
makes values.

A pull request of a stranger decides which of these are called with which constants, so nothing here
opens, imports, executes or hands out what could: no private attribute is ever read, and formatting
follows no attributes.
"""

from __future__ import annotations

import builtins
import enum
import importlib
import importlib.util
import string
import textwrap
import types
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy
from sqlalchemy import Connection, Inspector
from sqlalchemy.schema import MetaData, SchemaItem
from sqlalchemy.sql.elements import ClauseElement
from sqlalchemy.types import TypeEngine

MOST = 100_000
"""The most characters or elements that one value may have."""

_PACKAGES = frozenset(
    {"sqlalchemy", "sqlalchemy.sql", "sqlalchemy.types", "sqlalchemy.schema"}
    | {"sqlalchemy.sql.expression", "sqlalchemy.sql.functions", "sqlalchemy.sql.sqltypes"}
    | {"sqlalchemy.sql.schema", "sqlalchemy.sql.ddl", "sqlalchemy.dialects"}
    | {f"sqlalchemy.dialects.{d}" for d in ("postgresql", "mysql", "sqlite", "mssql", "oracle")}
)
# Libraries of column types: taken from where libraries are installed, and only for the types.
_TYPES = frozenset(
    {"sqlmodel", "sqlmodel.sql", "sqlmodel.sql.sqltypes", "sqlalchemy_utils", "geoalchemy2"}
    | {"sqlalchemy_utils.types", "sqlalchemy_utils.types.uuid", "pgvector.sqlalchemy"}
    | {"advanced_alchemy.types", "fastapi_users_db_sqlalchemy.generics"}
)
_MAKERS = (SchemaItem, TypeEngine, ClauseElement, MetaData)


def _words(text: str) -> list[str]:
    return text.split()


_FUNCTIONS_OF = ("sqlalchemy.sql.", "sqlalchemy.dialects.", "sqlalchemy.types")
_METHODS: Mapping[type, frozenset[str]] = {
    str: frozenset(
        _words("""
        join lower upper strip lstrip rstrip split rsplit splitlines replace startswith endswith
        title capitalize removeprefix removesuffix partition rpartition format find count
    """)
    ),
    list: frozenset(_words("append extend insert copy index count pop remove reverse sort")),
    tuple: frozenset({"index", "count"}),
    dict: frozenset(_words("items keys values get update setdefault pop copy")),
    set: frozenset(_words("add union update difference intersection copy discard")),
}
BUILTINS: Mapping[str, Any] = {
    name: getattr(builtins, name)
    for name in _words("""
        len enumerate zip sorted list tuple dict set frozenset str int float bool reversed any all
        min max sum abs
    """)
}
LIBRARY: Mapping[str, Mapping[str, Any]] = {"textwrap": {"dedent": textwrap.dedent}}


class NotTrustedError(Exception):
    """An attribute or a call that only a run of the project could answer."""


def module(name: str) -> types.ModuleType:
    """Import one of the packages whose constructs may be used; raises NotTrustedError."""
    if name not in _PACKAGES and not (name in _TYPES and _is_installed(name)):
        raise NotTrustedError(name)
    return importlib.import_module(name)


def _is_installed(name: str) -> bool:
    """Tell a library from a folder of the project that only has its name."""
    spec = importlib.util.find_spec(name.partition(".")[0])
    return spec is not None and "site-packages" in (spec.origin or "")


def attribute(owner: Any, name: str) -> Any:
    """Return a public attribute of a value; raises NotTrustedError."""
    if name.startswith("_"):
        raise NotTrustedError(name)
    match owner:
        case types.ModuleType():
            return _of_module(owner, name)
        case Connection() | Inspector():
            raise NotTrustedError(name)
        case enum.Enum() if name in ("name", "value"):
            return getattr(owner, name)
        case enum.EnumMeta() if name in owner.__members__:
            return owner[name]
    kind = type(owner)
    known = _METHODS.get(kind, frozenset())
    if name in known or isinstance(owner, _MAKERS) or owner is sqlalchemy.func or _is_ours(kind):
        return _found(owner, name)
    raise NotTrustedError(name)


def _is_ours(kind: type) -> bool:
    """Tell collections of columns and generators of functions, which are SQLAlchemy's."""
    return kind.__module__.startswith(("sqlalchemy.sql.base", "sqlalchemy.sql.functions"))


def _found(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except Exception as error:
        raise NotTrustedError(name) from error


def _of_module(owner: types.ModuleType, name: str) -> Any:
    if f"{owner.__name__}.{name}" in _PACKAGES | _TYPES:
        return module(f"{owner.__name__}.{name}")
    found = _found(owner, name)
    if owner.__name__ in _TYPES and isinstance(found, type) and issubclass(found, TypeEngine):
        return found
    if owner.__name__ not in _PACKAGES:
        raise NotTrustedError(name)
    if _makes_values(found) or (not callable(found) and not isinstance(found, types.ModuleType)):
        return found
    raise NotTrustedError(name)


def _makes_values(found: Any) -> bool:
    if isinstance(found, type):
        return issubclass(found, _MAKERS)
    if isinstance(found, types.FunctionType):
        return found.__module__.startswith(_FUNCTIONS_OF)
    return found is sqlalchemy.func or isinstance(found, _MAKERS)


def call(function: Any, arguments: list[Any], keywords: dict[str, Any]) -> Any:
    """Call what may be called; raises NotTrustedError, or what the call raises."""
    owner = getattr(function, "__self__", None)
    if function in BUILTINS.values() or any(function in f.values() for f in LIBRARY.values()):
        return function(*arguments, **keywords)
    if type(owner) is str and function.__name__ == "format":
        return _Formatter().vformat(owner, arguments, keywords)
    if _makes_values(function) or _is_method(owner):
        return function(*arguments, **keywords)
    raise NotTrustedError(getattr(function, "__name__", "a call"))


def _is_method(owner: Any) -> bool:
    kind = type(owner)
    return kind in _METHODS or isinstance(owner, _MAKERS) or _is_ours(kind)


class _Formatter(string.Formatter):
    """Formats names and positions; what reaches into values is left to a run."""

    def get_field(self, field_name: str, args: Any, kwargs: Any) -> Any:
        if "." in field_name or "[" in field_name:
            raise NotTrustedError(field_name)
        return super().get_field(field_name, args, kwargs)


def operation(operations: Any, name: str) -> Callable[..., Any]:
    """Return one of Alembic's operations or ours, none that runs a function; raises
    NotTrustedError."""
    plain = name.startswith(("create_", "drop_", "add_")) or name in _OPERATIONS
    if not plain:
        raise NotTrustedError(name)
    found: Callable[..., Any] = _found(operations, name)
    return found


_OPERATIONS = frozenset(
    {
        "alter_column",
        "backfill_out_of_band",
        "bulk_insert",
        "detach_partition_out_of_band",
        "refresh_materialized_view_out_of_band",
        "reindex_out_of_band",
        "execute",
        "rename_table",
        "require_step",
        "set_not_null_out_of_band",
    }
)
