"""Where in a module each symbol is defined and used."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from codeintel.bundle import Span
from codeintel.index_python.resolve import Foreign, Resolver, Symbol
from codeintel.index_python.scan import Module
from codeintel.index_python.scopes import Binding, Imported
from codeintel.index_python.source import Place

#: A module is defined where its file begins, as other indexers of LSIF have it.
_MODULE_DEFINITION = Span(0, 0, 0, 0)


class Occurrence(NamedTuple):
    """One range of a module; its text is the symbol's name, of a module the last part of it."""

    span: Span
    symbol: Symbol | Foreign
    is_definition: bool


def occurrences(module: Module, resolver: Resolver) -> list[Occurrence]:
    """Return the occurrences in a module in reading order, at most one for each span."""
    whole = Occurrence(_MODULE_DEFINITION, Symbol(module.scope, ""), True)
    found = {whole.span: whole}
    for occurrence in _all(module, resolver):
        # An assignment to self.x is a definition and, as an expression, a use: the former counts.
        found.setdefault(occurrence.span, occurrence)
    return sorted(found.values(), key=lambda occurrence: occurrence.span)


def _all(module: Module, resolver: Resolver) -> Iterator[Occurrence]:
    for name, place, symbol, is_definition in (
        *_bound(module, resolver),
        *_used(module, resolver),
    ):
        span = module.source.span(place, name)
        if span is not None and symbol is not None:
            yield Occurrence(span, symbol, is_definition)


_Found = tuple[str, Place, Symbol | Foreign | None, bool]


def _bound(module: Module, resolver: Resolver) -> Iterator[_Found]:
    for scope in module.scopes:
        for names in (scope.bindings, scope.attributes):
            for name, bindings in names.items():
                for binding in bindings:
                    yield (
                        name,
                        binding.place,
                        *_bound_symbol(Symbol(scope, name), binding, resolver),
                    )


def _bound_symbol(
    symbol: Symbol, binding: Binding, resolver: Resolver
) -> tuple[Symbol | Foreign, bool]:
    """Return what a binding is of, and whether it is its definition.

    What an import binds is defined where it comes from, so the import is a use; that goes for a
    foreign thing under a new name too, although nothing in the dump defines it then.
    """
    imported = None
    if isinstance(binding.meaning, Imported):
        imported = resolver.imported(binding.meaning)
        if isinstance(imported, Symbol) and not binding.meaning.renamed:
            return imported, False
    origin = resolver.follow(symbol)
    return origin, origin == symbol and not isinstance(imported, Foreign)


def _used(module: Module, resolver: Resolver) -> Iterator[_Found]:
    for mention in module.mentions:
        yield mention.name, mention.place, resolver.imported(mention.imported), False
    for chain in module.chains:
        for name, place, referent in zip(
            chain.names, chain.places, resolver.resolve(chain), strict=True
        ):
            yield name, place, referent, False
