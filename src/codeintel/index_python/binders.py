"""Statements and patterns that bind a name and nothing else, in whichever scope they stand."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from codeintel.index_python import imports, places
from codeintel.index_python.build import ScopeBuilder
from codeintel.index_python.source import Source


class BinderVisitor(ast.NodeVisitor):
    """Visits imports, declarations, handlers and patterns, and tells the builder what they bind."""

    def __init__(self, builder: ScopeBuilder, package: str, source: Source) -> None:
        """Take the package that relative imports start from and the text that the tree is of."""
        self.builder = builder
        self.package = package
        self.source = source

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        """Visit what there is of optional nodes."""
        for node in nodes:
            if node is not None:
                self.visit(node)

    def visit_Import(self, node: ast.Import) -> None:
        """Bind ``a`` of ``import a.b``, or the name behind ``as``."""
        self.builder.take_imports(imports.names_of_import(node))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Bind the names of a ``from``; what a star brings, only the other module knows."""
        module = imports.absolute(self.package, node)
        self.builder.take_imports(imports.names_of_import_from(self.source, module, node))
        if node.names[0].name == "*":
            self.builder.module.stars.append(module)

    def visit_Global(self, node: ast.Global) -> None:
        """Have the names bound in the module from here on; to name them is a use."""
        self.builder.scope.global_names.update(node.names)
        self._use_declared(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        """Have the names bound further out from here on; to name them is a use."""
        self.builder.scope.nonlocal_names.update(node.names)
        self._use_declared(node)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        """Bind the name of ``except E as name``."""
        self.visit_all([node.type])
        if node.name:
            self.builder.bind(node.name, places.caught(self.source, node))
        self.visit_all(node.body)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        """Bind what ``case name`` and ``case pattern as name`` capture."""
        self.visit_all([node.pattern])
        if node.name:
            self.builder.bind(node.name, places.end(node, node.name))

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        """Bind what ``case [*name]`` captures."""
        if node.name:
            self.builder.bind(node.name, places.end(node, node.name))

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        """Bind what ``case {**name}`` captures."""
        self.generic_visit(node)
        if node.rest:
            self.builder.bind(node.rest, places.rest(self.source, node))

    def _use_declared(self, node: ast.Global | ast.Nonlocal) -> None:
        # The places may be fewer than the names: only those on the first line are found.
        for name, place in zip(node.names, places.declared(self.source, node), strict=False):
            self.builder.use(name, place)
