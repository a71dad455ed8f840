"""Sends what the operations of a revision send, as far as their arguments are known."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy
from alembic.operations import Operations
from alembic.util import CommandError

from outofband.revisions.child.capture import Capture
from outofband.revisions.syntax import trusted
from outofband.revisions.syntax.expressions import Names
from outofband.revisions.syntax.known import UNKNOWN, Batch, NotLiteralError, Unread
from outofband.revisions.syntax.tree import is_data, questions
from outofband.revisions.syntax.trusted import NotTrustedError
from outofband_lint.source import Problem

# What a batch, a type or an index is told of the table as it was, and what only Python keeps.
_HARMLESS = ("existing_", "comment", "info", "reflect_", "table_args", "table_kwargs", "naming_")


class Sender:
    """Performs operations against a Capture, each with its line.

    ``unread`` are those that only a run could evaluate, and whatever else the reader adds to them.
    """

    def __init__(self, tree: ast.Module, operations: Operations, capture: Capture) -> None:
        self.unread: list[Problem] = []
        self.operations = operations
        self.capture = capture
        self._outside: int | None = None
        self._asked = {id(call) for call in questions(tree)}

    def perform(
        self,
        node: ast.Call,
        name: str,
        names: Names,
        batch: Batch | None = None,
        *,
        connection: bool = False,
    ) -> None:
        """Call an operation, maybe of a ``batch``; of what a ``connection`` executes, the statement
        alone.
        """
        self.capture.line = self.line(node)
        try:
            arguments, keywords = self._arguments(node, name, names)
            with self._target(batch) as target:
                trusted.operation(target, name)(*arguments[: 1 if connection else None], **keywords)
        except NotLiteralError as error:
            if not is_data(node, name) and id(node) not in self._asked:
                self._note(node, f"op.{name}(…) depends on {error}")
        except NotTrustedError:
            self._note(node, f"op.{name}(…) runs what is not in the file")
        except (Exception, SystemExit, CommandError) as error:
            self._note(node, f"op.{name}(…) fails: {type(error).__name__}")

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
                self._note(node, f"the type of {column.name} is not in the file")
        return arguments, keywords

    def _harmless(self, keyword: ast.keyword, names: Names) -> bool:
        known = keyword.arg is None or names.known(keyword.value) is not UNKNOWN
        return not known and str(keyword.arg).startswith(_HARMLESS)

    @contextmanager
    def _target(self, batch: Batch | None) -> Iterator[Any]:
        """Give what a call is made on: ``op``, or a batch of its own like the one around it."""
        if batch is None:
            yield self.operations
            return
        with self.operations.batch_alter_table(*batch.arguments, **batch.keywords) as target:
            yield target

    def inspected(self, name: str, arguments: list[Any], keywords: dict[str, Any]) -> Any:
        """Ask the schema that the chain has made so far, as a run would; of a table that it has not
        made, nothing is known.
        """
        bind = self.operations.get_bind()
        assumed = len(self.capture.assumptions)
        try:
            answer = getattr(sqlalchemy.inspect(bind), name)(*arguments, **keywords)
        except Exception as error:
            raise NotLiteralError(name) from error
        if len(self.capture.assumptions) > assumed:
            raise NotLiteralError(name)
        return answer

    def of_type(self, node: ast.Call, function: Any) -> Any:
        """Create or drop a type, ``sa.Enum(...).create(op.get_bind())``."""
        self.capture.line = self.line(node)
        with suppress(Exception):
            function(self.operations.get_bind(), checkfirst=True)
        return None

    @contextmanager
    def from_outside(self, line: int) -> Iterator[None]:
        """Follow code of another file, whose statements have the line that led there."""
        before = self._outside
        self._outside = line if before is None else before
        try:
            yield
        finally:
            self._outside = before

    def _note(self, node: ast.Call, reason: str) -> None:
        self.unread.append(Problem(reason, self.line(node)))

    def line(self, node: ast.AST) -> int:
        """Return the line of the revision that a node of it, or of another file, is run by."""
        return self._outside or node.lineno  # type: ignore[attr-defined]
