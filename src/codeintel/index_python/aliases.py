"""By which further names a package offers what it defines elsewhere: ``from .utils import echo`` in
its ``__init__``.

Another package says ``from click import echo``, and its dump knows no more than that. So what is
offered anew has a moniker for each of its names; else neither dump would be found from the other.
Only what is meant to be offered counts: names in a literal ``__all__``, and public names of a
package's ``__init__``. Every import of a module is one of its names too, and a moniker for each
would repeat the references of a symbol once for every module that uses it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from codeintel.index_python.resolve import Resolver, Symbol
from codeintel.index_python.scopes import Imported, Scope


class Alias(NamedTuple):
    """A name of a module for what is defined elsewhere in the package."""

    module: str
    name: str


def aliases(resolver: Resolver, modules: Mapping[str, Scope]) -> dict[Symbol, list[Alias]]:
    """Return the further names of each symbol, in the order of the modules."""
    found: dict[Symbol, list[Alias]] = defaultdict(list)
    parents = {name.rpartition(".")[0] for name in modules}
    for module, scope in modules.items():
        is_package = module in parents or "." not in module
        for name in _offered(scope, modules) if is_package or scope.exported is not None else ():
            symbol = Symbol(scope, name)
            origin = resolver.imported(Imported(module, name))
            if isinstance(origin, Symbol) and origin != symbol:
                found[origin].append(Alias(module, name))
    return found


def _offered(scope: Scope, modules: Mapping[str, Scope]) -> list[str]:
    """Return the names that a star import of a module would take, each once."""
    offered: dict[str, None] = {}
    pending, seen = [scope], {scope.name}
    while pending:
        module = pending.pop()
        if module.exported is not None:
            offered.update(dict.fromkeys(module.exported))
            continue
        offered.update(dict.fromkeys(name for name in module.bindings if name[0] != "_"))
        stars = [star for star in module.stars if star in modules and star not in seen]
        seen.update(stars)
        pending += [modules[star] for star in stars]
    return list(offered)
