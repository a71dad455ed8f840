"""Every error: its id, what it means, its exit status, what it says and what to do."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from inspect import getdoc

import outofband
from outofband import errors as tree
from outofband.errors import Misuse, NothingChanged, OutofbandError, PartlyDone, StateUnknown
from reference.raised import GAP, Raised, raised
from reference.weave import one_line, table

FAMILIES: tuple[type[OutofbandError], ...] = (Misuse, NothingChanged, PartlyDone, StateUnknown)
_PROGRAMS = "outofband.ephemeral.watcher"


def errors() -> str:
    """Return a table of the errors, and a section for each: every class of ours, by exit status."""
    _import_all()
    parts = []
    for family in FAMILIES:
        found = sorted({kind for kind in _below(family) if _is_of(kind, family)}, key=_id)
        rows = [(f"[{_id(kind)}](#{_id(kind)})", _meaning(kind)) for kind in found]
        parts.append(f"## Exit status {family.exit_status}: {_meaning(family)}")
        parts.append(table(("error", "it means"), rows))
        parts += [_section(kind) for kind in found]
    return "\n\n".join(parts)


def _is_of(kind: type[OutofbandError], family: type[OutofbandError]) -> bool:
    """Tell whether a kind ends a command as the family does: some are of two families."""
    return kind.exit_status == family.exit_status


def _section(kind: type[OutofbandError]) -> str:
    said = [place for place in raised().get(kind.__name__, ()) if place.says_something]
    parts = [f"### {_id(kind)}", _meaning(kind), f"*{_state(kind)}.*"]
    if said:
        rows = [(_what(place), _do(place)) for place in said]
        parts.append(table(("it says", "do"), rows))
    return "\n\n".join(part for part in parts if part)


def _what(place: Raised) -> str:
    why = place.why if place.why.strip(f"{GAP} ") else ""
    return f"{place.what}: {why}" if why else place.what


def _do(place: Raised) -> str:
    return place.do if place.do.strip(f"{GAP} ") else "as it says"


def _state(kind: type[OutofbandError]) -> str:
    return kind.default_state or tree.StateUnknown.default_state


def _id(kind: type[OutofbandError]) -> str:
    return kind.id


def _meaning(kind: type[OutofbandError]) -> str:
    return one_line((getdoc(kind) or "").split("\n\n")[0])


def _below(kind: type[OutofbandError]) -> Iterator[type[OutofbandError]]:
    for child in kind.__subclasses__():
        if child.__module__.startswith("outofband."):
            yield child
            yield from _below(child)


def _import_all() -> None:
    for module in pkgutil.walk_packages(outofband.__path__, "outofband."):
        if module.name != _PROGRAMS and not module.name.endswith(".__main__"):
            importlib.import_module(module.name)
