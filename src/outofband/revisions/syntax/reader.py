"""The operations of a revision that can be read from its syntax tree without running it.

For revisions that cannot be run, and for those of strangers that may not be. ``upgrade()`` is
followed as Python would, through constants, loops over what is known, f-strings and the functions
of the same file; under a condition that only a run could decide both branches are read. What
remains unread is told.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from alembic.operations import Operations

from outofband.revisions.child.capture import Capture
from outofband.revisions.syntax.expressions import Function, Names
from outofband.revisions.syntax.imports import Imports
from outofband.revisions.syntax.known import UNKNOWN, Batch, NotLiteralError, Of, OfBatch, Special
from outofband.revisions.syntax.modules import Modules
from outofband.revisions.syntax.sender import Sender
from outofband.revisions.syntax.tree import bound, enumeration, returns_nothing
from outofband_lint.source import Problem

_DEPTH = 20
_STATEMENTS = 200_000
_HANDS = frozenset({"op", "bind", "conn", "connection", "batch_op", "op.get_bind()"})
_CHANGERS = re.compile(r"(?:create|drop|add|alter|rename|remove|change|modify|set|migrate)_")
_LOOKERS = re.compile(r"^_?(?:get|has|is|find|fetch|load|table|column|index)_|_exists?$")


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
        self.strangers: list[Problem] = []
        self._sender = Sender(tree, operations, capture)
        self._imports = Imports(modules, self._call, self._define)
        self._depth = 0
        self._steps = 0
        self._names = Names(self._call)
        self._certain = True
        with suppress(_ReturnError):
            self._block(tree.body, self._names)

    @property
    def unread(self) -> list[Problem]:
        """What only a run could evaluate, each with its line."""
        return self._sender.unread

    def read(self, name: str) -> None:
        """Follow the function of that name."""
        function = self._names.named(name)
        if isinstance(function, Function):
            with suppress(NotLiteralError):
                self._run(function, [], {})

    # --- statements

    def _define(self, tree: ast.Module, names: Names) -> None:
        """Follow a module that is imported, which sends nothing."""
        unread, strangers = [*self.unread], [*self.strangers]
        with suppress(_ReturnError), self._sender.from_outside(0):
            self._block(tree.body, names)
        self._sender.unread, self.strangers = unread, strangers

    def _block(self, body: Iterable[ast.stmt], names: Names) -> None:
        for node in body:
            self._steps += 1
            if self._steps > _STATEMENTS:
                raise _ReturnError
            self._statement(node, names)

    def _statement(self, node: ast.stmt, names: Names) -> None:
        match node:
            case ast.Expr(value):
                names.known(value)
            case ast.Assign(targets, value):
                known = names.known(value)
                for target in targets:
                    names.bind(target, known)
            case ast.AnnAssign(target, value=value) if value is not None:
                names.bind(target, names.known(value))
            case ast.AugAssign(ast.Name(name) as target, action, value):
                sum_ = ast.BinOp(ast.Name(name, ast.Load()), action, value)
                names.bind(target, names.known(ast.copy_location(sum_, node)))
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
                known = None if value is None else names.known(value)
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
                names.values[name] = enumeration(node, names)
            case ast.Import() | ast.ImportFrom():
                self._imports.bind(node, names)

    def _leave(self, value: Any) -> None:
        if self._certain:
            raise _ReturnError(value)

    def _if(self, node: ast.If, names: Names) -> None:
        test = names.known(node.test)
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
            found = names.known(node.iter)
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
        before = self._sender.capture.in_transaction
        for item in node.items:
            known = names.known(item.context_expr)
            if known is Special.AUTOCOMMIT:
                self._sender.capture.in_transaction = False
            if item.optional_vars is not None:
                names.bind(item.optional_vars, known)
        try:
            self._block(node.body, names)
        finally:
            self._sender.capture.in_transaction = before

    @contextmanager
    def _uncertain(self) -> Iterator[None]:
        """Read a branch that may not be taken: a ``return`` in it ends nothing."""
        before, self._certain = self._certain, False
        try:
            yield
        finally:
            self._certain = before

    # --- calls

    def _call(self, node: ast.Call, function: Any, names: Names) -> Any:
        """Call what Alembic has, or a function of the file."""
        match function:
            case Function() if function.names.is_foreign and not names.is_foreign:
                with self._sender.from_outside(node.lineno):
                    return self._run(function, *self._given(node, names))
            case Function():
                return self._run(function, *self._given(node, names))
            case Of(Special.OP | Special.CONTEXT, name):
                return self._of_alembic(node, name, names)
            case OfBatch():
                self._sender.perform(node, function.name, names, function.batch)
                return None
            case Of(Special.BIND, "execute" | "exec_driver_sql"):
                self._sender.perform(node, "execute", names, connection=True)
                return UNKNOWN
            case Of(Special.BIND, "connect" | "execution_options" | "begin" | "begin_nested"):
                return Special.BIND
            case Special.INSPECT | Of(Special.INSPECT, "from_engine"):
                return Special.INSPECTOR
            case Of(Special.INSPECTOR, name) if name.startswith(("get_", "has_")):
                return self._sender.inspected(name, *names.arguments(node))
        if function is UNKNOWN:
            self._stranger(node, names)
        elif getattr(function, "__name__", "") in ("create", "drop"):
            return self._sender.of_type(node, function)
        return UNKNOWN

    def _stranger(self, node: ast.Call, names: Names) -> None:
        """Pass over a call of what is not in the file, unless it may send something."""
        if isinstance(node.func, ast.Attribute) and node.func.attr in (
            "execute",
            "exec_driver_sql",
        ):
            self._sender.perform(node, "execute", names, connection=True)
            return
        root = node.func
        while isinstance(root, ast.Attribute | ast.Call):
            root = root.value if isinstance(root, ast.Attribute) else root.func
        if isinstance(root, ast.Name) and root.id in self._imports.foreign and self._depth:
            function = ast.unparse(node.func)
            problem = Problem(f"{function}() is not in the file", self._sender.line(node))
            handed = {root.id, *(ast.unparse(a) for a in node.args)} & _HANDS
            called = function.rpartition(".")[2]
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
                return self._sender.operations.inline_literal(names.value(node.args[0]))
        self._sender.perform(node, name, names)
        return None

    def _given(self, node: ast.Call, names: Names) -> tuple[list[Any], dict[str, Any]]:
        """Evaluate the arguments of a function that is followed, one by one."""
        given: list[Any] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                return names.arguments(node)
            given.append(names.known(argument))
        return given, {k.arg: names.known(k.value) for k in node.keywords if k.arg}

    def _run(self, function: Function, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        if self._depth >= _DEPTH:
            raise NotLiteralError("a recursion")
        names = function.names.inner(bound(function, arguments, keywords))
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
        return None if returns_nothing(function.node) else UNKNOWN
