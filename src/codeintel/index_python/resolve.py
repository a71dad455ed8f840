"""What each name of a package refers to, across its modules.

The rules are those of the language reference (Python 3.11): 4.2.2 Resolution of names, 5 The import
system. A class is searched in its body and methods first, then base by base, depth first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeGuard, TypeVar

from codeintel.index_python.scopes import (
    Binding,
    Chain,
    Imported,
    InstanceOf,
    Kind,
    Receiver,
    Same,
    Scope,
)

Key = TypeVar("Key")
Value = TypeVar("Value")


class Symbol(NamedTuple):
    """A name of a scope, all its bindings together; the empty name is the module itself."""

    scope: Scope
    name: str


class Foreign(NamedTuple):
    """A name of a module outside the package; the empty name is the module itself."""

    module: str
    name: str


class _Instance(NamedTuple):
    """An object of a class."""

    scope: Scope


class _Bases(NamedTuple):
    """What ``super()`` looks in."""

    scope: Scope


#: What attributes are looked up in; a scope is a module or a class.
_Entity = Scope | _Instance | _Bases | Foreign

_Referent = Symbol | Foreign | None


class Resolver:
    """Answers for one package; ``modules`` has the scopes of its modules by dotted name."""

    def __init__(self, package: str, modules: Mapping[str, Scope]) -> None:
        self._package = package
        self._modules = modules
        self.follow = _once(self._origin, while_asking=lambda symbol: symbol)
        self._entity_of = _once(self._find_entity, while_asking=lambda _: None)
        self._starred = _once(self._find_starred, while_asking=lambda _: None)
        self._classes = _once(self._find_classes, while_asking=lambda scope: [scope])

    def resolve(self, chain: Chain) -> Iterator[_Referent]:
        """Yield what each name of a chain refers to; None for builtins and what is not evident."""
        entity: _Entity | None
        names = chain.names
        if chain.from_super:
            entity = _bases_around(chain.scope)
        else:
            referent = self._variable(chain.scope, names[0])
            yield referent
            entity, names = self._entity(referent), names[1:]
        for name in names:
            referent = self._attribute(entity, name)
            yield referent
            entity = self._entity(referent)

    def imported(self, imported: Imported) -> _Referent:
        """Return what an import names; None for what the package should have and has not."""
        top = imported.module.partition(".")[0]
        if top and top != self._package:
            return Foreign(imported.module, imported.name)
        module = self._modules.get(imported.module)
        if module is None:
            return None
        return self._attribute(module, imported.name) if imported.name else Symbol(module, "")

    def _origin(self, symbol: Symbol) -> Symbol | Foreign:
        """Return where a symbol comes from that an import binds; others are their own origin.

        A name that some branches import and others define is the package's where it is imported
        from the package, else this module's own.
        """
        bindings = symbol.scope.members(symbol.name)
        origins = [
            self.imported(binding.meaning)
            for binding in bindings
            if isinstance(binding.meaning, Imported) and not binding.meaning.renamed
        ]
        for origin in origins:
            if isinstance(origin, Symbol) and origin != symbol:
                return origin
        foreign = [origin for origin in origins if isinstance(origin, Foreign)]
        return foreign[0] if foreign and len(foreign) == len(bindings) else symbol

    def _variable(self, scope: Scope, name: str) -> _Referent:
        for candidate in scope.outward():
            if name in candidate.global_names:
                break
            if name in candidate.bindings and (
                candidate is scope or candidate.kind is not Kind.CLASS
            ):
                return self.follow(Symbol(candidate, name))
        return self._in_module(scope.module, name)

    def _in_module(self, module: Scope, name: str) -> _Referent:
        symbol = Symbol(module, name)
        return self.follow(symbol) if name in module.bindings else self._starred(symbol)

    def _find_starred(self, symbol: Symbol) -> _Referent:
        """Return what a star import brings a module under a name; the last one wins."""
        for star in reversed(symbol.scope.stars):
            source = self._modules.get(star)
            if source is not None and _exports(source, symbol.name):
                found = self._attribute(source, symbol.name)
                if found is not None:
                    return found
        return None

    def _attribute(self, entity: _Entity | None, name: str) -> _Referent:
        match entity:
            case None:
                return None
            case Foreign():
                return Foreign(entity.module, name)
            case Scope(kind=Kind.MODULE):
                return self._module_attribute(entity, name)
            case Scope():
                classes = self._classes(entity)
            case _Instance(scope=scope):
                classes = self._classes(scope)
            case _Bases(scope=scope):
                classes = self._classes(scope)[1:]
        owner = next((scope for scope in classes if name in scope), None)
        return None if owner is None else self.follow(Symbol(owner, name))

    def _module_attribute(self, module: Scope, name: str) -> _Referent:
        """Return a name of a module, or else its submodule of that name."""
        found = self._in_module(module, name)
        submodule = self._modules.get(f"{module.name}.{name}")
        # ``from . import x`` in a package's own __init__ binds x to nothing but the submodule.
        if submodule is not None and (found is None or found == Symbol(module, name)):
            return Symbol(submodule, "")
        return found

    def _entity(self, referent: _Referent) -> _Entity | None:
        match referent:
            case Foreign(name=""):
                return referent
            case Symbol(scope=scope, name=""):
                return scope
            case Symbol():
                return self._entity_of(referent)
            case _:
                return None

    def _find_entity(self, symbol: Symbol) -> _Entity | None:
        bindings = symbol.scope.members(symbol.name)
        found = (self._meant(symbol.scope, binding) for binding in bindings)
        return next((entity for entity in found if entity is not None), None)

    def _meant(self, scope: Scope, binding: Binding) -> _Entity | None:
        match binding.meaning:
            case Scope() as class_scope:
                return class_scope
            case Imported() as imported:
                return self._entity(self.imported(imported))
            case Same(chain=chain):
                return self._value(chain)
            case InstanceOf(chain=chain):
                value = self._value(chain)
                return _Instance(value) if _is_class(value) else None
            case Receiver.INSTANCE if scope.parent is not None:
                return _Instance(scope.parent)
            case Receiver.CLASS:
                return scope.parent
            case _:
                return None

    def _value(self, chain: Chain) -> _Entity | None:
        *_, referent = self.resolve(chain)
        return self._entity(referent)

    def _find_classes(self, scope: Scope) -> list[Scope]:
        """Return a class and its bases, as far as the package has them, in the order of search."""
        found = {scope: None}
        for base in map(self._value, scope.bases):
            if _is_class(base):
                found.update(dict.fromkeys(self._classes(base)))
        return list(found)


def _is_class(entity: _Entity | None) -> TypeGuard[Scope]:
    return isinstance(entity, Scope) and entity.kind is Kind.CLASS


def _exports(module: Scope, name: str) -> bool:
    """Answer whether a star import takes the name: ``__all__`` decides where it is literal."""
    if module.exported is not None:
        return name in module.exported
    return "__all__" not in module.bindings and not name.startswith("_")


def _bases_around(scope: Scope) -> _Bases | None:
    classes = (around for around in scope.outward() if around.kind is Kind.CLASS)
    around = next(classes, None)
    return None if around is None else _Bases(around)


def _once(
    find: Callable[[Key], Value], while_asking: Callable[[Key], Value]
) -> Callable[[Key], Value]:
    """Return ``find`` with a memory; a question asked again on the way to its own answer, as a
    circular import asks it, is answered by ``while_asking``.
    """
    known: dict[Key, Value] = {}
    asking: set[Key] = set()

    def answer(key: Key) -> Value:
        if key in known:
            return known[key]
        if key in asking:
            return while_asking(key)
        asking.add(key)
        known[key] = find(key)
        asking.remove(key)
        return known[key]

    return answer
