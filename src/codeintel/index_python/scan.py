"""The syntax tree of a module -> its scopes, and every use of a name in them.

The scoping rules are those of the language reference (Python 3.11, 4.2 Naming and binding): what is
evaluated where a function, class or comprehension stands, and what inside it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from codeintel.index_python import places
from codeintel.index_python.hover import hover
from codeintel.index_python.imports import (
    ImportedName,
    absolute,
    names_of_import,
    names_of_import_from,
)
from codeintel.index_python.scopes import (
    Binding,
    Chain,
    InstanceOf,
    Kind,
    Meaning,
    Receiver,
    Same,
    Scope,
)
from codeintel.index_python.source import Place, Source

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

#: Methods that get the class as their first argument without being told so.
_IMPLICIT_CLASS_METHODS = frozenset({"__new__", "__init_subclass__", "__class_getitem__"})


@dataclass(frozen=True, slots=True)
class Module:
    """A scanned module: its dotted name, its scopes and what they use."""

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
    scanner = _Scanner(name, is_package, source)
    scanner.visit(ast.parse(text))
    return Module(name, source, scanner.scopes, scanner.chains, scanner.mentions)


class _Scanner(ast.NodeVisitor):
    """One walk over one tree; ``scope`` is where it is."""

    def __init__(self, name: str, is_package: bool, source: Source) -> None:
        self.source = source
        self.package = name if is_package else name.rpartition(".")[0]
        self.scope = Scope(Kind.MODULE, name, None)
        self.module = self.scope
        self.scopes = [self.scope]
        self.chains: list[Chain] = []
        self.mentions: list[ImportedName] = []

    # Binding and using

    def bind(
        self, name: str, place: Place | None, meaning: Meaning = None, hover: str = ""
    ) -> None:
        if place is None:
            return
        if name in self.scope.nonlocal_names:
            self.use(name, place)
            return
        scope = self.module if name in self.scope.global_names else self.scope
        scope.bindings[name].append(Binding(place, meaning, hover))

    def use(self, name: str, place: Place) -> None:
        self.chains.append(Chain(self.scope, (name,), (place,)))

    def visit_all(self, nodes: Iterable[ast.AST | None]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node)

    def open(self, kind: Kind, name: str) -> Scope:
        self.scope = Scope(kind, name, self.scope)
        self.scopes.append(self.scope)
        return self.scope

    def close(self) -> None:
        assert self.scope.parent is not None
        self.scope = self.scope.parent

    # Expressions

    def visit_Constant(self, node: ast.Constant) -> None:
        """A constant names nothing."""

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Store):
            self.bind(node.id, places.start(node))
        else:
            self.use(node.id, places.start(node))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        chain = self.chain(node)
        if chain is None or chain.from_super:
            self.visit(_innermost(node))
        if chain is None:
            return
        self.chains.append(chain)
        if isinstance(node.ctx, ast.Store) and len(chain.names) == 2 and not chain.from_super:
            self.bind_attribute(chain)

    def chain(self, node: ast.expr) -> Chain | None:
        """Return the dotted expression that a node is, or None where it is another one."""
        names: list[str] = []
        found: list[Place] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            found.append(places.end(node, node.attr))
            node = node.value
        from_super = _is_super(node)
        if isinstance(node, ast.Name):
            names.append(node.id)
            found.append(places.start(node))
        elif not from_super or not names:
            return None
        return Chain(self.scope, tuple(names[::-1]), tuple(found[::-1]), from_super)

    def bind_attribute(self, chain: Chain) -> None:
        """Bind ``self.name`` on the class whose method this is."""
        receiver, name = chain.names
        for scope in chain.scope.outward():
            if receiver in scope.bindings:
                meaning = scope.bindings[receiver][0].meaning
                if isinstance(meaning, Receiver) and scope.parent is not None:
                    scope.parent.attributes[name].append(Binding(chain.places[1]))
                return

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        inside = self.scope
        while self.scope.kind is Kind.COMPREHENSION:
            self.close()
        self.visit(node.target)
        self.scope = inside

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.visit_all(_defaults(node.args))
        self.open(Kind.FUNCTION, "<lambda>")
        self.bind_parameters(node.args)
        self.visit(node.body)
        self.close()

    def visit_comprehension_scope(self, node: _Comprehension) -> None:
        first = node.generators[0]
        self.visit(first.iter)
        self.open(Kind.COMPREHENSION, "<comprehension>")
        for generator in node.generators:
            if generator is not first:
                self.visit(generator.iter)
            self.visit(generator.target)
            self.visit_all(generator.ifs)
        elements = (node.key, node.value) if isinstance(node, ast.DictComp) else (node.elt,)
        self.visit_all(elements)
        self.close()

    visit_ListComp = visit_comprehension_scope
    visit_SetComp = visit_comprehension_scope
    visit_DictComp = visit_comprehension_scope
    visit_GeneratorExp = visit_comprehension_scope

    # Functions and classes

    def visit_function(self, node: _Function) -> None:
        self.visit_all(node.decorator_list)
        self.visit_all(_defaults(node.args))
        self.visit_all(parameter.annotation for parameter in _parameters(node.args))
        self.visit_all([node.returns])
        place = places.definition(self.source, node)
        self.bind(node.name, place, hover=hover(self.source, node))
        receiver = self.receiver(node)
        self.open(Kind.FUNCTION, node.name)
        self.bind_parameters(node.args, receiver)
        self.visit_all(node.body)
        self.close()

    visit_FunctionDef = visit_function
    visit_AsyncFunctionDef = visit_function

    def receiver(self, node: _Function) -> Receiver | None:
        """Return what the first parameter of a function is, None outside a class body."""
        decorators = {item.id for item in node.decorator_list if isinstance(item, ast.Name)}
        if self.scope.kind is not Kind.CLASS or "staticmethod" in decorators:
            return None
        if "classmethod" in decorators or node.name in _IMPLICIT_CLASS_METHODS:
            return Receiver.CLASS
        return Receiver.INSTANCE

    def bind_parameters(self, arguments: ast.arguments, receiver: Receiver | None = None) -> None:
        positional = [*arguments.posonlyargs, *arguments.args]
        for parameter in _parameters(arguments):
            is_first = bool(positional) and parameter is positional[0]
            meaning = receiver if is_first else None
            self.bind(
                parameter.arg, places.start(parameter), meaning or self.typed(parameter.annotation)
            )

    def typed(self, annotation: ast.expr | None) -> InstanceOf | None:
        """Return what an annotation says of its variable, where it names a class."""
        chain = None if annotation is None else self.chain(annotation)
        return None if chain is None else InstanceOf(chain)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_all(node.decorator_list)
        self.visit_all(node.bases)
        self.visit_all(node.keywords)
        bases = [self.chain(_unsubscripted(base)) for base in node.bases]
        outside = self.scope
        scope = self.open(Kind.CLASS, node.name)
        scope.bases = [base for base in bases if base is not None]
        self.visit_all(node.body)
        self.scope = outside
        place = places.definition(self.source, node)
        self.bind(node.name, place, scope, hover(self.source, node))

    # Statements

    def visit_Assign(self, node: ast.Assign) -> None:
        self.visit(node.value)
        if len(node.targets) == 1 and isinstance(target := node.targets[0], ast.Name):
            self.bind(target.id, places.start(target), self.valued(node.value))
            self.note_exports(target, node.value)
        else:
            self.visit_all(node.targets)

    def valued(self, value: ast.expr) -> Same | InstanceOf | None:
        """Return what a variable is that gets this value, where that is evident."""
        if isinstance(value, ast.Call):
            return self.typed(value.func)
        chain = self.chain(value)
        return None if chain is None else Same(chain)

    def note_exports(self, target: ast.Name, value: ast.expr) -> None:
        if target.id != "__all__" or self.scope is not self.module:
            return
        try:
            names = ast.literal_eval(value)
        except ValueError:
            return
        if isinstance(names, list | tuple):
            self.module.exported = [name for name in names if isinstance(name, str)]

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit_all([node.annotation, node.value])
        if isinstance(node.target, ast.Name):
            place = places.start(node.target)
            self.bind(node.target.id, place, self.typed(node.annotation))
        else:
            self.visit(node.target)

    def visit_Import(self, node: ast.Import) -> None:
        self.take_imports(names_of_import(node))

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = absolute(self.package, node)
        if module is None:
            return
        self.take_imports(names_of_import_from(self.source, module, node))
        if node.names[0].name == "*":
            self.module.stars.append(module)

    def take_imports(self, names: Iterable[ImportedName]) -> None:
        for name in names:
            if name.bound:
                self.bind(name.name, name.place, name.imported)
            else:
                self.mentions.append(name)

    def visit_Global(self, node: ast.Global) -> None:
        self.scope.global_names.update(node.names)
        self.use_declared(node)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.scope.nonlocal_names.update(node.names)
        self.use_declared(node)

    def use_declared(self, node: ast.Global | ast.Nonlocal) -> None:
        for name, place in zip(node.names, places.declared(self.source, node)):
            self.use(name, place)

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.visit_all([node.type])
        if node.name:
            self.bind(node.name, places.caught(self.source, node))
        self.visit_all(node.body)

    # Patterns

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.visit_all([node.pattern])
        if node.name:
            self.bind(node.name, places.end(node, node.name))

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        if node.name:
            self.bind(node.name, places.end(node, node.name))

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.generic_visit(node)
        if node.rest:
            self.bind(node.rest, places.rest(self.source, node))


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    extra = [arguments.vararg, arguments.kwarg]
    return [
        *arguments.posonlyargs,
        *arguments.args,
        *arguments.kwonlyargs,
        *(parameter for parameter in extra if parameter is not None),
    ]


def _defaults(arguments: ast.arguments) -> list[ast.expr | None]:
    return [*arguments.defaults, *arguments.kw_defaults]


def _is_super(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    )


def _unsubscripted(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def _innermost(node: ast.expr) -> ast.expr:
    """Return what the attributes of ``x().a.b`` hang on."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node
