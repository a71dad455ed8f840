"""What a module binds and uses, scope by scope: values between scanning and resolving."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import NamedTuple, TypeAlias

from codeintel.index_python.source import Place


class Kind(Enum):
    """What opens a scope; lambdas are functions."""

    MODULE = "module"
    CLASS = "class"
    FUNCTION = "function"
    COMPREHENSION = "comprehension"


class Chain(NamedTuple):
    """A dotted expression ``a.b.c``: its names, and the place of each.

    ``from_super`` is true for ``super().b.c``, whose names are ``b`` and ``c``.
    """

    scope: Scope
    names: tuple[str, ...]
    places: tuple[Place, ...]
    from_super: bool = False


class Imported(NamedTuple):
    """What an import binds: a module, or a name of it; ``renamed`` by ``as`` to something else."""

    module: str
    name: str = ""
    renamed: bool = False


class Same(NamedTuple):
    """The value of another expression: ``x = a.b``."""

    chain: Chain


class InstanceOf(NamedTuple):
    """An instance of what an expression names: ``x = C()``, ``x: C``."""

    chain: Chain


class Receiver(Enum):
    """The first parameter of a method."""

    INSTANCE = "self"
    CLASS = "cls"


Meaning: TypeAlias = "Scope | Imported | Same | InstanceOf | Receiver | None"


class Binding(NamedTuple):
    """One place that gives a name a meaning; None where what it means is not evident.

    ``hover`` is what an editor shows of it, as Markdown.
    """

    place: Place
    meaning: Meaning = None
    hover: str = ""


def _bindings() -> dict[str, list[Binding]]:
    return defaultdict(list)


@dataclass(slots=True, eq=False)
class Scope:
    """A region of text in which names are bound."""

    kind: Kind
    name: str
    parent: Scope | None
    bindings: dict[str, list[Binding]] = field(default_factory=_bindings)
    #: Names declared global or nonlocal here: they are not bound here, whatever is assigned.
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    #: Of a class: what its methods bind on self and cls.
    attributes: dict[str, list[Binding]] = field(default_factory=_bindings)
    #: Of a class.
    bases: list[Chain] = field(default_factory=list)
    #: Of a module: the modules of its star imports.
    stars: list[str] = field(default_factory=list)
    #: Of a module: the names in a literal ``__all__``; None without one.
    exported: Sequence[str] | None = None
    #: Of a module: what an editor shows of it.
    hover: str = ""

    def outward(self) -> Iterator[Scope]:
        """Yield the scope and those around it, up to the module."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent

    @property
    def module(self) -> Scope:
        """The module that the scope is part of."""
        return list(self.outward())[-1]

    def members(self, name: str) -> list[Binding]:
        """Return everything that binds a name here, as a variable or as an attribute."""
        return [*self.bindings.get(name, ()), *self.attributes.get(name, ())]

    def __contains__(self, name: str) -> bool:
        return name in self.bindings or name in self.attributes
