"""The syntax tree of a module -> its scopes, and every use of a name in them.

The scoping rules are those of the language reference (Python 3.11, 4.2 Naming and binding): what is
evaluated where a function, class or comprehension stands, and what inside it.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

from codeintel.index_python import places, trees
from codeintel.index_python.annotations import is_named, named_class, unquoted
from codeintel.index_python.binders import BinderVisitor
from codeintel.index_python.build import ScopeBuilder
from codeintel.index_python.hover import assignment_hover, hover, module_hover
from codeintel.index_python.imports import ImportedName
from codeintel.index_python.scopes import (
    Chain,
    InstanceOf,
    Kind,
    Meaning,
    Receiver,
    Same,
    Scope,
)
from codeintel.index_python.source import Source

#: Methods that get the class as their first argument without being told so.
_IMPLICIT_CLASS_METHODS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})


@dataclass(frozen=True, slots=True)
class Module:
    """A scanned module: its scopes, its own first, and what they use."""

    name: str
    source: Source
    scopes: Sequence[Scope]
    chains: Sequence[Chain]
    #: Names in import statements that bind nothing: ``b`` in ``import a.b``.
    mentions: Sequence[ImportedName]

    @property
    def scope(self) -> Scope:
        """The scope of the module itself."""
        return self.scopes[0]


def scan(name: str, is_package: bool, text: str, source: Source) -> Module:
    """Return the scopes and uses of a module's text; raises SyntaxError or RecursionError."""
    builder = ScopeBuilder(name)
    package = name if is_package else name.rpartition(".")[0]
    tree = ast.parse(text)
    builder.module.hover = module_hover(name, tree)
    _Scanner(builder, package, source).visit(tree)
    return Module(name, source, builder.scopes, builder.chains, builder.mentions)


class _Scanner(BinderVisitor, ast.NodeVisitor):
    """One walk over one tree, telling the builder what it meets."""

    #: Whether what is visited is an annotation, in which a string is an expression in quotes.
    in_annotation = False

    # Expressions

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.builder.bind(node.id, places.start(node))
        else:
            self.builder.use(node.id, places.start(node))

    def visit_Attribute(self, node: ast.Attribute, meaning: Meaning = None) -> None:
        chain = self.builder.chain(node)
        if chain is None or chain.from_super:
            self.visit(trees.innermost(node))
        if chain is None:
            return
        self.builder.chains.append(chain)
        if isinstance(node.ctx, ast.Store) and len(chain.names) == 2 and not chain.from_super:
            self.builder.bind_attribute(chain, meaning)

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        inside = self.builder.scope
        while self.builder.scope.kind is Kind.COMPREHENSION:
            self.builder.close()
        self.visit(node.target)
        self.builder.scope = inside

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit_all(trees.defaults(node.args))
        self.builder.open(Kind.FUNCTION, "<lambda>")
        self.bind_parameters(node.args)
        self.visit(node.body)
        self.builder.close()

    def visit_ListComp(self, node: trees.Comprehension) -> None:
        first = node.generators[0]
        self.visit(first.iter)
        self.builder.open(Kind.COMPREHENSION, "<comprehension>")
        for generator in node.generators:
            if generator is not first:
                self.visit(generator.iter)
            self.visit(generator.target)
            self.visit_all(generator.ifs)
        self.visit_all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt])
        self.builder.close()

    def visit_SetComp(self, node: ast.SetComp) -> None:
        self.visit_ListComp(node)

    def visit_DictComp(self, node: ast.DictComp) -> None:
        self.visit_ListComp(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> None:
        self.visit_ListComp(node)

    # Annotations

    def annotate(self, annotation: ast.expr | None) -> None:
        self.in_annotation = True
        self.visit_all([annotation])
        self.in_annotation = False

    def visit_Constant(self, node: ast.Constant) -> None:
        if self.in_annotation and isinstance(node.value, str):
            self.visit_all([unquoted(self.source, node)])

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        if not (self.in_annotation and is_named(node.value, "Literal")):
            self.visit(node.slice)

    def typed(self, annotation: ast.expr | None) -> InstanceOf | None:
        """Return what an annotation says of its variable, where it names a class."""
        named = None if annotation is None else named_class(self.source, annotation)
        chain = None if named is None else self.builder.chain(named)
        return None if chain is None else InstanceOf(chain)

    # Functions and classes

    def visit_FunctionDef(self, node: trees.Function) -> None:
        self.visit_all(node.decorator_list)
        self.visit_all(trees.defaults(node.args))
        for parameter in trees.parameters(node.args):
            self.annotate(parameter.annotation)
        self.annotate(node.returns)
        place = places.definition(self.source, node)
        self.builder.bind(node.name, place, hover=hover(self.source, node))
        receiver = self.receiver(node)
        self.builder.open(Kind.FUNCTION, node.name)
        self.bind_parameters(node.args, receiver)
        self.visit_all(node.body)
        self.builder.close()

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def receiver(self, node: trees.Function) -> Receiver | None:
        """Return what the first parameter of a function is, None outside a class body."""
        decorators = trees.decorators(node)
        if self.builder.scope.kind is not Kind.CLASS or "staticmethod" in decorators:
            return None
        if "classmethod" in decorators or node.name in _IMPLICIT_CLASS_METHODS:
            return Receiver.CLASS
        return Receiver.INSTANCE

    def bind_parameters(self, arguments: ast.arguments, receiver: Receiver | None = None) -> None:
        first = trees.first_positional(arguments)
        for parameter in trees.parameters(arguments):
            meaning: Meaning = receiver if parameter is first else None
            if meaning is None:
                meaning = self.typed(parameter.annotation)
            self.builder.bind(parameter.arg, places.start(parameter), meaning)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_all([*node.decorator_list, *node.bases, *node.keywords])
        bases = [self.builder.chain(trees.unsubscripted(base)) for base in node.bases]
        scope = self.builder.open(Kind.CLASS, node.name)
        scope.bases = [base for base in bases if base is not None]
        self.visit_all(node.body)
        self.builder.close()
        place = places.definition(self.source, node)
        self.builder.bind(node.name, place, scope, hover(self.source, node))

    # Statements

    def visit_Assign(self, node: ast.Assign) -> None:
        self.note_exports(node.targets, trees.literal_names(node.value))
        self.visit(node.value)
        if len(node.targets) == 1:
            self.bind_target(node.targets[0], self.valued(node.value), self.assigned(node))
        else:
            self.visit_all(node.targets)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.annotate(node.annotation)
        self.visit_all([node.value])
        if node.value is not None:
            self.note_exports([node.target], trees.literal_names(node.value))
        self.bind_target(node.target, self.typed(node.annotation), self.assigned(node))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        added, exported = trees.literal_names(node.value), self.builder.module.exported
        whole = None if added is None or exported is None else [*exported, *added]
        self.note_exports([node.target], whole)
        self.generic_visit(node)

    def assigned(self, node: ast.Assign | ast.AnnAssign) -> str:
        """Return what an editor shows of a variable; a function's own is in sight anyway."""
        is_function = self.builder.scope.kind is Kind.FUNCTION
        return "" if is_function else assignment_hover(self.source, node)

    def bind_target(self, target: ast.expr, meaning: Meaning, hover: str) -> None:
        if isinstance(target, ast.Name):
            self.builder.bind(target.id, places.start(target), meaning, hover)
        elif isinstance(target, ast.Attribute):
            self.visit_Attribute(target, meaning)
        else:
            self.visit(target)

    def valued(self, value: ast.expr) -> Same | InstanceOf | None:
        """Return what a variable is that gets this value, where that is evident."""
        if isinstance(value, ast.Call):
            called = self.builder.chain(value.func)
            return None if called is None else InstanceOf(called)
        chain = self.builder.chain(value)
        return None if chain is None else Same(chain)

    def note_exports(self, targets: Sequence[ast.expr], names: Sequence[str] | None) -> None:
        """Keep what a module's ``__all__`` is, None where it is not literal."""
        is_module = self.builder.scope is self.builder.module
        if is_module and any(isinstance(t, ast.Name) and t.id == "__all__" for t in targets):
            self.builder.module.exported = names
