"""env.py by its syntax tree: what it does around the migrations, and what it says literally."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData

from outofband.revisions.syntax.expressions import Names
from outofband.revisions.syntax.known import UNKNOWN, NotLiteralError
from outofband.revisions.syntax.trusted import NotTrustedError
from outofband_lint.environment import Environment

_GUARD = "outofband.deploy"
_WAITS = re.compile(r"\bpg_advisory_(?:xact_)?lock(?:_shared)?\b", re.IGNORECASE)
_LITERAL = frozenset(
    {"transaction_per_migration", "version_table", "version_table_schema", "include_schemas"}
    | {"transactional_ddl"}
)


def read(path: str) -> Environment:
    """Return what rules ask about an env.py; of one that is no Python, only where it stands."""
    tree = _tree(path)
    return Environment(path) if tree is None else _EnvPy(tree).environment(path)


def literal_options(path: str) -> dict[str, Any]:
    """Return the arguments of ``context.configure()`` that are known without running env.py.

    Of ``target_metadata`` only its naming convention is.
    """
    tree = _tree(path)
    return {} if tree is None else _EnvPy(tree).options()


def _tree(path: str) -> ast.Module | None:
    try:
        return ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


class _EnvPy:
    """The tree, its functions by name, and which of them reach the migrations."""

    def __init__(self, tree: ast.Module) -> None:
        self._tree = tree
        nodes = [*ast.walk(tree)]
        self._calls = [node for node in nodes if isinstance(node, ast.Call)]
        self._functions = {
            node.name: node
            for node in nodes
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        }
        documentation = {id(text) for node in nodes for text in _docstring(node)}
        self._texts = [
            node
            for node in nodes
            if isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documentation
        ]
        self._words = nodes

    def environment(self, path: str) -> Environment:
        """Return the whole judgement."""
        runs = [call.lineno for call in self._calls if _is_method(call, "run_migrations")]
        return Environment(
            path=path,
            line=max(runs, default=1),
            guard=self._guard(),
            lock_timeout=self._lock_timeout(),
            outer_transaction=self._outer_transaction(),
            blocking_advisory_lock=self._blocking_advisory_lock(),
            transaction_per_migration=bool(self.options().get("transaction_per_migration")),
        )

    def options(self) -> dict[str, Any]:
        """Return the literal arguments of ``configure()``; the last call that has one wins."""
        names = self._constants()
        found: dict[str, Any] = {}
        for call in self._calls:
            if not _is_method(call, "configure"):
                continue
            for keyword in call.keywords:
                with suppress(NotLiteralError):
                    if keyword.arg in _LITERAL:
                        found[keyword.arg] = names.value(keyword.value)
                    elif keyword.arg == "target_metadata":
                        known = names.value(keyword.value)
                        if isinstance(known, MetaData):
                            found[keyword.arg] = known
        return found

    def _constants(self) -> Names:
        names = Names(_nothing)
        for node in self._tree.body:
            match node:
                case ast.ImportFrom(str(module), aliases, 0) if module.startswith("sqlalchemy"):
                    for alias in aliases:
                        if alias.name == "MetaData":
                            names.values[alias.asname or alias.name] = MetaData
                case ast.Import(aliases):
                    import sqlalchemy

                    for alias in aliases:
                        if alias.name == "sqlalchemy":
                            names.values[alias.asname or alias.name] = sqlalchemy
                case ast.Assign([target], value) | ast.AnnAssign(target, value=value) if value:
                    try:
                        names.bind(target, names.value(value))
                    except (NotLiteralError, NotTrustedError):
                        names.bind(target, UNKNOWN)
        return names

    # --- what it does

    def _guard(self) -> int | None:
        bound: set[str] = set()
        for node in self._words:
            match node:
                case ast.ImportFrom(str(module), aliases) if module.startswith(_GUARD):
                    bound |= {a.asname or a.name for a in aliases if a.name == "guard"}
        for call in self._calls:
            named = ast.unparse(call.func)
            if named in bound or named.endswith(("deploy.guard", "guard.guard")):
                return call.lineno
        return None

    def _lock_timeout(self) -> int | None:
        lines = [text.lineno for text in self._texts if "lock_timeout" in str(text.value)]
        lines += [
            node.value.lineno
            for node in self._words
            if isinstance(node, ast.keyword) and node.arg == "lock_timeout"
        ]
        return min(lines, default=None)

    def _blocking_advisory_lock(self) -> int | None:
        lines = [text.lineno for text in self._texts if _WAITS.search(str(text.value))]
        lines += [
            node.lineno
            for node in self._words
            if isinstance(node, ast.Attribute) and _WAITS.fullmatch(node.attr)
        ]
        return min(lines, default=None)

    def _outer_transaction(self) -> int | None:
        """Return where a transaction is begun in which Alembic's context is configured or run."""
        for node in self._words:
            if isinstance(node, ast.With | ast.AsyncWith):
                for item in node.items:
                    if _begins(item.context_expr) and self._reaches(node.body, set()):
                        return item.context_expr.lineno
        for function in [self._tree, *self._functions.values()]:
            line = self._begun_before(function.body)
            if line is not None:
                return line
        return None

    def _reaches(self, body: list[ast.stmt], seen: set[str]) -> bool:
        """Tell whether the migrations run within, in functions of the same file too."""
        for node in (inner for statement in body for inner in ast.walk(statement)):
            if isinstance(node, ast.Call) and _is_method(node, "configure", "run_migrations"):
                return True
            name = node.id if isinstance(node, ast.Name) else None
            if name in self._functions and name not in seen:
                seen.add(name)
                if self._reaches(self._functions[name].body, seen):
                    return True
        return False

    def _begun_before(self, body: list[ast.stmt]) -> int | None:
        """Return where a connection is used before ``configure()`` without a commit: SQLAlchemy has
        begun a transaction by then, and Alembic leaves that to whoever began it.
        """
        calls = sorted(_own_calls(body), key=lambda call: (call.lineno, call.col_offset))
        begun: dict[str, int] = {}
        for call in calls:
            if not isinstance(call.func, ast.Attribute):
                continue
            owner, method = ast.unparse(call.func.value), call.func.attr
            if method in ("execute", "exec_driver_sql", "scalar") or (
                method == "begin" and not call.args
            ):
                begun.setdefault(owner, call.lineno)
            elif method in ("commit", "rollback"):
                begun.pop(owner, None)
            elif method == "configure":
                given = [k.value for k in call.keywords if k.arg == "connection"]
                if given and (line := begun.get(ast.unparse(given[0]))) is not None:
                    return line
        return None


def _nothing(*_: Any) -> Any:
    return UNKNOWN


def _docstring(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case (
            ast.Module([ast.Expr(text), *_])
            | ast.FunctionDef(body=[ast.Expr(text), *_])
            | ast.AsyncFunctionDef(body=[ast.Expr(text), *_])
        ):
            yield text


def _is_method(call: ast.Call, *names: str) -> bool:
    match call.func:
        case ast.Attribute(ast.Name("context") | ast.Attribute(attr="context"), name):
            return name in names
    return False


def _begins(node: ast.expr) -> bool:
    """Tell ``engine.begin()`` and ``connection.begin()`` from Alembic's own begin_transaction."""
    match node:
        case ast.Call(ast.Attribute(_, "begin")):
            return True
    return False


def _own_calls(body: list[ast.stmt]) -> Iterator[ast.Call]:
    """Yield the calls of a block that run when it does, in any order, outside of a transaction of
    their own.
    """
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            continue
        if isinstance(node, ast.With | ast.AsyncWith) and any(
            _begins(item.context_expr) for item in node.items
        ):
            continue
        if isinstance(node, ast.Call):
            yield node
        waiting.extend(ast.iter_child_nodes(node))
