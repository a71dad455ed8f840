"""The operations of a revision that can be read from its syntax tree without running it.

For revisions that cannot be run, and for those of strangers that may not be. ``upgrade()`` is
followed as Python would, through constants, loops over what is known, f-strings and the functions
of the same file; under a condition that only a run could decide both branches are read. What
remains unread is told.
"""

from __future__ import annotations

import ast
import enum
import re
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import Any

import sqlalchemy
from alembic.operations import Operations
from alembic.util import CommandError

from outofband.revisions import trusted
from outofband.revisions.capture import Capture
from outofband.revisions.expressions import (
    UNKNOWN,
    Batch,
    Deferred,
    Function,
    Names,
    NotLiteralError,
    Of,
    OfBatch,
    Special,
    Unread,
)
from outofband.revisions.modules import Modules
from outofband.revisions.trusted import NotTrustedError
from outofband_lint.source import Problem

_DEPTH = 20
_STATEMENTS = 200_000
_CONTEXTS = {"op": Special.OP, "context": Special.CONTEXT}
# What a batch, a type or an index is told of the table as it was, and what only Python keeps.
_HARMLESS = ("existing_", "comment", "info", "reflect_", "table_args", "table_kwargs", "naming_")
_HANDS = frozenset({"op", "bind", "conn", "connection", "batch_op", "op.get_bind()"})
_CHANGERS = re.compile(r"(?:create|drop|add|alter|rename|remove|change|modify|set|migrate)_")
_LOOKERS = re.compile(r"^_?(?:get|has|is|find|fetch|load|table|column|index)_|_exists?$")
_DATA = ("insert ", "update ", "delete ", "select ")
_CHANGES = frozenset({"insert", "update", "delete", "select"})
_LIBRARIES = sys.stdlib_module_names | {"alembic", "sqlalchemy", "__future__"}


class _ReturnError(Exception):
    """A ``return`` or ``raise`` that is reached for certain."""

    def __init__(self, value: Any = None) -> None:
        self.value = value


class _NextError(Exception):
    """A ``continue`` or ``break`` that is reached for certain."""

    def __init__(self, *, last: bool) -> None:
        self.last = last


class Reader:
    """Follows one function of a module, sending what its operations send.

    ``unread`` are the operations that only a run could evaluate, each with its line, and the calls
    of other files' functions that by their name or what they are handed change the schema;
    ``strangers`` are all other calls of other files.
    """

    def __init__(
        self, tree: ast.Module, operations: Operations, capture: Capture, modules: Modules
    ) -> None:
        self.unread: list[Problem] = []
        self.strangers: list[Problem] = []
        self._operations = operations
        self._capture = capture
        self._modules = modules
        self._read_modules: dict[str, Names] = {}
        self._outside: int | None = None
        self._depth = 0
        self._steps = 0
        self._names = Names(self._call)
        self._certain = True
        self._foreign: set[str] = set()
        self._questions = {id(call) for call in _questions(tree)}
        with suppress(_ReturnError):
            self._block(tree.body, self._names)

    def read(self, name: str) -> None:
        """Follow the function of that name."""
        function = self._names.named(name)
        if isinstance(function, Function):
            with suppress(NotLiteralError):
                self._run(function, [], {})

    # --- statements

    def _block(self, body: Iterable[ast.stmt], names: Names) -> None:
        for node in body:
            self._steps += 1
            if self._steps > _STATEMENTS:
                raise _ReturnError
            self._statement(node, names)

    def _statement(self, node: ast.stmt, names: Names) -> None:
        match node:
            case ast.Expr(value):
                self._value(value, names)
            case ast.Assign(targets, value):
                known = self._value(value, names)
                for target in targets:
                    names.bind(target, known)
            case ast.AnnAssign(target, value=value) if value is not None:
                names.bind(target, self._value(value, names))
            case ast.AugAssign(ast.Name(name) as target, action, value):
                sum_ = ast.BinOp(ast.Name(name, ast.Load()), action, value)
                names.bind(target, self._value(ast.copy_location(sum_, node), names))
            case ast.If():
                self._if(node, names)
            case ast.For() | ast.While():
                self._loop(node, names)
            case ast.With():
                self._with(node, names)
            case ast.Try():
                # A handler runs where something failed; a migration that is read succeeds.
                for body in (node.body, node.orelse, node.finalbody):
                    self._block(body, names)
            case ast.Return(value):
                known = None if value is None else self._value(value, names)
                self._leave(known)
            case ast.Raise():
                self._leave(None)
            case ast.Continue() | ast.Break() if self._certain:
                raise _NextError(last=isinstance(node, ast.Break))
            case _:
                self._definition(node, names)

    def _definition(self, node: ast.stmt, names: Names) -> None:
        match node:
            case ast.FunctionDef(name):
                names.values[name] = Function(node, names)
            case ast.ClassDef(name):
                names.values[name] = _enumeration(node, names)
            case ast.Import(aliases):
                for alias in aliases:
                    self._import(alias, names)
            case ast.ImportFrom(str(module), aliases, 0):
                for alias in aliases:
                    self._import_from(module, alias, names)
            case ast.ImportFrom(names=aliases):
                self._foreign.update(alias.asname or alias.name for alias in aliases)

    def _leave(self, value: Any) -> None:
        if self._certain:
            raise _ReturnError(value)

    def _value(self, node: ast.expr, names: Names) -> Any:
        try:
            return names.value(node)
        except NotLiteralError:
            return UNKNOWN

    def _if(self, node: ast.If, names: Names) -> None:
        test = self._value(node.test, names)
        if test is not UNKNOWN:
            with suppress(Exception):
                test = bool(test)
        if isinstance(test, bool):
            self._block(node.body if test else node.orelse, names)
            return
        with self._uncertain():
            self._block(node.body, names)
            self._block(node.orelse, names)

    def _loop(self, node: ast.For | ast.While, names: Names) -> None:
        items: list[Any] | None = None
        if isinstance(node, ast.For):
            found = self._value(node.iter, names)
            with suppress(TypeError):
                items = [*found]
        if items is None:
            with self._uncertain():
                if isinstance(node, ast.For):
                    names.bind(node.target, UNKNOWN)
                self._block(node.body, names)
            return
        for item in items:
            assert isinstance(node, ast.For)
            names.bind(node.target, item)
            try:
                self._block(node.body, names)
            except _NextError as jump:
                if jump.last:
                    return

    def _with(self, node: ast.With, names: Names) -> None:
        before = self._capture.in_transaction
        for item in node.items:
            known = self._value(item.context_expr, names)
            if known is Special.AUTOCOMMIT:
                self._capture.in_transaction = False
            if item.optional_vars is not None:
                names.bind(item.optional_vars, known)
        try:
            self._block(node.body, names)
        finally:
            self._capture.in_transaction = before

    @contextmanager
    def _uncertain(self) -> Iterator[None]:
        """Read a branch that may not be taken: a ``return`` in it ends nothing."""
        before, self._certain = self._certain, False
        try:
            yield
        finally:
            self._certain = before

    def _import_from(self, module: str, alias: ast.alias, names: Names) -> None:
        bound = alias.asname or alias.name
        names.values[bound] = Deferred(partial(self._from_module, module, alias.name))
        self._meet(module, bound)

    def _from_module(self, module: str, name: str) -> Any:
        known = _imported(module, name)
        if known is UNKNOWN and (there := self._module(module)):
            known = there.own(name)
        if known is UNKNOWN and (whole := self._module(f"{module}.{name}")):
            known = whole
        return known

    def _module(self, name: str) -> Names | None:
        """Return what a module of the project defines, by its syntax tree."""
        if name.partition(".")[0] in _LIBRARIES:
            return None
        if name not in self._read_modules:
            tree = self._modules.tree(name)
            if tree is None:
                return None
            self._read_modules[name] = names = Names(self._call, foreign=True)
            unread, strangers = [*self.unread], [*self.strangers]
            with suppress(_ReturnError), self._from_outside(0):
                self._block(tree.body, names)
            self.unread, self.strangers = unread, strangers  # an import sends nothing
        return self._read_modules[name]

    @contextmanager
    def _from_outside(self, line: int) -> Iterator[None]:
        """Follow code of another file, whose statements have the line that led there."""
        before = self._outside
        self._outside = line if before is None else before
        try:
            yield
        finally:
            self._outside = before

    def _import(self, alias: ast.alias, names: Names) -> None:
        top = alias.name.partition(".")[0]
        bound = alias.asname or top
        known = _imported_module(alias.name if alias.asname else top)
        if known is UNKNOWN and alias.asname:
            known = Deferred(lambda: self._module(alias.name) or UNKNOWN)
        names.values[bound] = known
        self._meet(alias.name, bound)

    def _meet(self, module: str, name: str) -> None:
        if module.partition(".")[0] not in _LIBRARIES:
            self._foreign.add(name)

    # --- calls

    def _call(self, node: ast.Call, function: Any, names: Names) -> Any:
        """Call what Alembic has, or a function of the file."""
        match function:
            case Function() if function.names.is_foreign and not names.is_foreign:
                with self._from_outside(node.lineno):
                    return self._run(function, *self._given(node, names))
            case Function():
                return self._run(function, *self._given(node, names))
            case Of(Special.OP | Special.CONTEXT, name):
                return self._of_alembic(node, name, names)
            case OfBatch():
                self._perform(node, function.name, names, function.batch)
                return None
            case Of(Special.BIND, "execute" | "exec_driver_sql"):
                self._perform(node, "execute", names, connection=True)
                return UNKNOWN
            case Of(Special.BIND, "connect" | "execution_options" | "begin" | "begin_nested"):
                return Special.BIND
            case Special.INSPECT | Of(Special.INSPECT, "from_engine"):
                return Special.INSPECTOR
            case Of(Special.INSPECTOR, name) if name.startswith(("get_", "has_")):
                return self._inspected(name, *names.arguments(node))
        if function is UNKNOWN:
            self._stranger(node, names)
        elif getattr(function, "__name__", "") in ("create", "drop"):
            return self._of_type(node, function)
        return UNKNOWN

    def _stranger(self, node: ast.Call, names: Names) -> None:
        """Pass over a call of what is not in the file, unless it may send something."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in (
            "execute",
            "exec_driver_sql",
        ):
            self._perform(node, "execute", names, connection=True)
            return
        root = node.func
        while isinstance(root, ast.Attribute | ast.Call):
            root = root.value if isinstance(root, ast.Attribute) else root.func
        if isinstance(root, ast.Name) and root.id in self._foreign and self._depth:
            problem = Problem(f"{ast.unparse(node.func)}() is not in the file", self._line(node))
            handed = {root.id, *(ast.unparse(a) for a in node.args)} & _HANDS
            called = ast.unparse(node.func).rpartition(".")[2]
            changes = _CHANGERS.match(called) or (handed and not _LOOKERS.search(called))
            (self.unread if changes else self.strangers).append(problem)

    def _of_alembic(self, node: ast.Call, name: str, names: Names) -> Any:
        match name:
            case "get_bind":
                return Special.BIND
            case "get_context":
                return Special.CONTEXT
            case "is_offline_mode":
                return False
            case "autocommit_block":
                return Special.AUTOCOMMIT
            case "batch_alter_table":
                arguments, keywords = names.arguments(node)
                return Batch(tuple(arguments), keywords)
            case "inline_literal":
                return self._operations.inline_literal(names.value(node.args[0]))
        self._perform(node, name, names)
        return None

    def _inspected(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Ask the schema that the chain has made so far, as a run would; of a table that it has not
        made, nothing is known.
        """
        bind = self._operations.get_bind()
        assumed = len(self._capture.assumptions)
        try:
            answer = getattr(sqlalchemy.inspect(bind), name)(*arguments, **keywords)
        except Exception as error:
            raise NotLiteralError(name) from error
        if len(self._capture.assumptions) > assumed:
            raise NotLiteralError(name)
        return answer

    def _of_type(self, node: ast.Call, function: Any) -> Any:
        """Create or drop a type, ``sa.Enum(...).create(op.get_bind())``."""
        self._capture.line = self._line(node)
        with suppress(Exception):
            function(self._operations.get_bind(), checkfirst=True)
        return None

    def _given(self, node: ast.Call, names: Names) -> tuple[list[Any], dict[str, Any]]:
        """Evaluate the arguments of a function that is followed, one by one."""
        given: list[Any] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                return names.arguments(node)
            given.append(self._value(argument, names))
        return given, {k.arg: self._value(k.value, names) for k in node.keywords if k.arg}

    def _run(self, function: Function, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        if self._depth >= _DEPTH:
            raise NotLiteralError("a recursion")
        names = function.names.inner(_bound(function, arguments, keywords))
        if isinstance(function.node, ast.Lambda):
            return names.value(function.node.body)
        certain, self._certain = self._certain, True
        self._depth += 1
        try:
            self._block(function.node.body, names)
        except _ReturnError as left:
            return left.value
        finally:
            self._depth -= 1
            self._certain = certain
        return None if _returns_nothing(function.node) else UNKNOWN

    def _perform(
        self,
        node: ast.Call,
        name: str,
        names: Names,
        batch: Batch | None = None,
        *,
        connection: bool = False,
    ) -> None:
        self._capture.line = self._line(node)
        try:
            arguments, keywords = self._arguments(node, name, names)
            with self._target(batch) as target:
                trusted.operation(target, name)(*arguments[: 1 if connection else None], **keywords)
        except NotLiteralError as error:
            if not _is_data(node, name) and id(node) not in self._questions:
                self._unread(node, f"op.{name}(…) depends on {error}")
        except NotTrustedError:
            self._unread(node, f"op.{name}(…) runs what is not in the file")
        except (Exception, SystemExit, CommandError) as error:
            self._unread(node, f"op.{name}(…) fails: {type(error).__name__}")

    def _arguments(
        self, node: ast.Call, name: str, names: Names
    ) -> tuple[list[Any], dict[str, Any]]:
        """Evaluate the arguments of an operation, without those that cannot change what is sent."""
        kept = [k for k in node.keywords if not self._harmless(k, names)]
        call = ast.copy_location(ast.Call(node.func, node.args, kept), node)
        if name == "bulk_insert" and len(call.args) > 1:
            table = names.value(call.args[0])
            with suppress(NotLiteralError):
                return [table, names.value(call.args[1])], {}
            return [table, [{column.name: None for column in table.columns}]], {}
        arguments, keywords = names.arguments(call)
        for column in (v for v in (*arguments, *keywords.values()) if hasattr(v, "type")):
            if isinstance(column.type, Unread):
                self._unread(node, f"the type of {column.name} is not in the file")
        return arguments, keywords

    def _harmless(self, keyword: ast.keyword, names: Names) -> bool:
        known = keyword.arg is None or self._value(keyword.value, names) is not UNKNOWN
        return not known and str(keyword.arg).startswith(_HARMLESS)

    @contextmanager
    def _target(self, batch: Batch | None) -> Iterator[Any]:
        """Give what a call is made on: ``op``, or a batch of its own like the one around it."""
        if batch is None:
            yield self._operations
            return
        with self._operations.batch_alter_table(*batch.arguments, **batch.keywords) as target:
            yield target

    def _unread(self, node: ast.Call, reason: str) -> None:
        self.unread.append(Problem(reason, self._line(node)))

    def _line(self, node: ast.AST) -> int:
        """Return the line of the revision that a node of it, or of another file, is run by."""
        return self._outside or node.lineno  # type: ignore[attr-defined]


def _bound(function: Function, given: list[Any], keywords: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a function by name, UNKNOWN where nothing is known."""
    parameters = function.node.args
    named = [*parameters.posonlyargs, *parameters.args]
    values: dict[str, Any] = {}
    defaults = zip(reversed(named), reversed(parameters.defaults), strict=False)
    keyword_defaults = zip(parameters.kwonlyargs, parameters.kw_defaults, strict=True)
    for argument, default in [*defaults, *keyword_defaults]:
        if default is not None:
            try:
                values[argument.arg] = function.names.value(default)
            except NotLiteralError:
                values[argument.arg] = UNKNOWN
    values.update(zip((a.arg for a in named), given, strict=False))
    if parameters.vararg:
        values[parameters.vararg.arg] = tuple(given[len(named) :])
    known = {a.arg for a in (*named, *parameters.kwonlyargs)}
    if parameters.kwarg:
        values[parameters.kwarg.arg] = {k: v for k, v in keywords.items() if k not in known}
    values.update({k: v for k, v in keywords.items() if k in known})
    return {**dict.fromkeys(known, UNKNOWN), **values}


def _imported(module: str, name: str) -> Any:
    if module == "alembic" and name in _CONTEXTS:
        return _CONTEXTS[name]
    if module in ("sqlalchemy", "sqlalchemy.inspection") and name == "inspect":
        return Special.INSPECT
    if name == "Inspector" and module.startswith("sqlalchemy"):
        return Special.INSPECT
    if module in trusted.LIBRARY:
        return trusted.LIBRARY[module].get(name, UNKNOWN)
    with suppress(NotTrustedError, ImportError):
        return trusted.attribute(trusted.module(module), name)
    return UNKNOWN


def _imported_module(name: str) -> Any:
    if name in ("alembic", "alembic.op"):
        return Special.OP if name == "alembic.op" else Special.CONTEXT
    if name in trusted.LIBRARY:
        return UNKNOWN
    try:
        return trusted.module(name)
    except (NotTrustedError, ImportError):
        return UNKNOWN


def _enumeration(node: ast.ClassDef, names: Names) -> Any:
    """Return an enumeration of constants; any other class only a run could tell."""
    if not any("Enum" in ast.unparse(base) for base in node.bases):
        return UNKNOWN
    members: dict[str, Any] = {}
    for statement in node.body:
        if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name):
            try:
                members[statement.targets[0].id] = names.value(statement.value)
            except NotLiteralError:
                return UNKNOWN
    try:
        return enum.Enum(node.name, members)
    except (TypeError, ValueError):
        return UNKNOWN


def _returns_nothing(node: ast.FunctionDef | ast.Lambda) -> bool:
    return not any(isinstance(n, ast.Return) and n.value for n in ast.walk(node))


def _questions(tree: ast.Module) -> Iterator[ast.expr]:
    """Yield the calls of ``execute()`` whose rows are looped over, or taken from the result."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For):
            asked = node.iter
        elif isinstance(node, ast.Attribute):
            asked = node.value
        else:
            continue
        if isinstance(asked, ast.Call) and ast.unparse(asked.func).endswith(".execute"):
            yield asked


def _is_data(node: ast.Call, name: str) -> bool:
    """Tell whether an ``execute()`` that is not known whole asks for rows or changes them."""
    if name != "execute" or not node.args:
        return False
    parts = [*ast.walk(node.args[0])]
    constants = [n for n in parts if isinstance(n, ast.Constant)]
    first = min(constants, key=lambda n: (n.lineno, n.col_offset)).value if constants else ""
    called = {ast.unparse(n.func).rpartition(".")[2] for n in parts if isinstance(n, ast.Call)}
    return bool(called & _CHANGES) or str(first).lower().lstrip().startswith(_DATA)
