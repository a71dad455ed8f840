"""The scopes of one module while they are being found."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from codeintel.index_python import places, trees
from codeintel.index_python.imports import ImportedName
from codeintel.index_python.scopes import Binding, Chain, Kind, Meaning, Receiver, Scope
from codeintel.index_python.source import Place


class ScopeBuilder:
    """Scopes, uses and mentions so far; ``scope`` is the one that the reader of the tree is in."""

    def __init__(self, module: str) -> None:
        self.module = self.scope = Scope(Kind.MODULE, module, None)
        self.scopes = [self.module]
        self.chains: list[Chain] = []
        self.mentions: list[ImportedName] = []

    def open(self, kind: Kind, name: str) -> Scope:
        """Enter a new scope."""
        self.scope = Scope(kind, name, self.scope)
        self.scopes.append(self.scope)
        return self.scope

    def close(self) -> None:
        """Go back to the scope around."""
        assert self.scope.parent is not None
        self.scope = self.scope.parent

    def bind(
        self, name: str, place: Place | None, meaning: Meaning = None, hover: str = ""
    ) -> None:
        """Bind a name where the present scope says that it is bound.

        What is declared nonlocal is bound outside already: assigning to it is a use.
        """
        if place is None:
            return
        if name in self.scope.nonlocal_names:
            self.use(name, place)
            return
        scope = self.module if name in self.scope.global_names else self.scope
        scope.bindings[name].append(Binding(place, meaning, hover))

    def bind_attribute(self, chain: Chain, meaning: Meaning) -> None:
        """Bind ``self.name`` on the class whose method this is; other objects are not followed."""
        receiver, name = chain.names
        for scope in chain.scope.outward():
            if receiver in scope.bindings:
                is_method = isinstance(scope.bindings[receiver][0].meaning, Receiver)
                if is_method and scope.parent is not None:
                    scope.parent.attributes[name].append(Binding(chain.places[1], meaning))
                return

    def use(self, name: str, place: Place) -> None:
        """Note the use of a variable."""
        self.chains.append(Chain(self.scope, (name,), (place,)))

    def take_imports(self, names: Iterable[ImportedName]) -> None:
        """Bind what an import statement binds and note what else it mentions."""
        for name in names:
            if name.bound:
                self.bind(name.name, name.place, name.imported)
            else:
                self.mentions.append(name)

    def chain(self, node: ast.expr) -> Chain | None:
        """Return the dotted expression that a node is, or None where it is another one."""
        names: list[str] = []
        found: list[Place] = []
        while isinstance(node, ast.Attribute):
            names.append(node.attr)
            found.append(places.end(node, node.attr))
            node = node.value
        from_super = trees.is_super(node)
        if isinstance(node, ast.Name):
            names.append(node.id)
            found.append(places.start(node))
        elif not from_super or not names:
            return None
        return Chain(self.scope, tuple(reversed(names)), tuple(reversed(found)), from_super)
