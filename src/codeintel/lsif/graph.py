"""The elements of a dump, each where the next question finds it: by id and by what it hangs on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from codeintel.bundle import Diagnostic
from codeintel.lsif import elements
from outofband.errors import Misuse

T = TypeVar("T")


class DanglingEdge(Misuse):
    """An edge of the dump names something that no line before it defines."""


@dataclass(slots=True)
class Result:
    """A definition or reference result: the ranges in it, by document, and results linked to it."""

    ranges: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    linked: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Graph:
    """A dump as it was written. Keys are ids; "owner" is the id of a range or a result set."""

    project_root: str = ""
    documents: dict[str, str] = field(default_factory=dict)
    contents: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    diagnostic_results: dict[str, tuple[Diagnostic, ...]] = field(default_factory=dict)
    diagnostics_of: dict[str, list[Diagnostic]] = field(default_factory=lambda: defaultdict(list))
    ranges: dict[str, elements.Range] = field(default_factory=dict)
    result_sets: dict[str, elements.Vertex] = field(default_factory=dict)
    following: dict[str, str] = field(default_factory=dict)
    definitions: dict[str, Result] = field(default_factory=dict)
    references: dict[str, Result] = field(default_factory=dict)
    hovers: dict[str, str] = field(default_factory=dict)
    monikers: dict[str, elements.Moniker] = field(default_factory=dict)
    packages: dict[str, elements.PackageInformation] = field(default_factory=dict)
    package_of: dict[str, str] = field(default_factory=dict)
    further_monikers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    monikers_of: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    definition_of: dict[str, str] = field(default_factory=dict)
    reference_of: dict[str, str] = field(default_factory=dict)
    hover_of: dict[str, str] = field(default_factory=dict)


def collect(dump: Iterable[elements.Element]) -> Graph:
    """Return the graph of a dump; raises DanglingEdge for an edge to what was not defined."""
    graph = Graph()
    for element in dump:
        match element:
            case elements.Edge(targets=()):
                pass  # "contains" of an empty document
            case elements.Edge():
                _EDGES.get(element.label, _ignore)(graph, element)
            case elements.Range():
                graph.ranges[element.id] = element
            case elements.Moniker():
                graph.monikers[element.id] = element
            case elements.Vertex(label="resultSet"):
                graph.result_sets[element.id] = element
            case elements.Vertex(label="definitionResult"):
                graph.definitions[element.id] = Result()
            case elements.Vertex(label="referenceResult"):
                graph.references[element.id] = Result()
            case elements.HoverResult():
                graph.hovers[element.id] = element.text
            case elements.PackageInformation():
                graph.packages[element.id] = element
            case elements.Document():
                graph.documents[element.id] = element.uri
            case elements.DiagnosticResult():
                graph.diagnostic_results[element.id] = element.diagnostics
            case elements.MetaData():
                graph.project_root = element.project_root
    return graph


def _ignore(graph: Graph, edge: elements.Edge) -> None:
    """Leave out what the store does not keep: folding ranges, symbols of a document, …"""


def _contains(graph: Graph, edge: elements.Edge) -> None:
    if edge.source in graph.documents:
        for target in edge.targets:
            _lookup(graph.ranges, target, edge)
        graph.contents[edge.source].update(dict.fromkeys(edge.targets))


def _item(graph: Graph, edge: elements.Edge) -> None:
    result = graph.definitions.get(edge.source) or _lookup(graph.references, edge.source, edge)
    if edge.property == "referenceResults":
        for target in edge.targets:
            _lookup(graph.references, target, edge)
        result.linked.extend(edge.targets)
        return
    _lookup(graph.documents, edge.document, edge)
    for target in edge.targets:
        _lookup(graph.ranges, target, edge)
    result.ranges[edge.document].extend(edge.targets)
    # A result may name a range that its document was never said to contain.
    graph.contents[edge.document].update(dict.fromkeys(edge.targets))


def _next(graph: Graph, edge: elements.Edge) -> None:
    _lookup(graph.result_sets, edge.targets[0], edge)
    graph.following[edge.source] = edge.targets[0]


def _moniker(graph: Graph, edge: elements.Edge) -> None:
    _lookup(graph.monikers, edge.targets[0], edge)
    graph.monikers_of[edge.source].append(edge.targets[0])


def _next_moniker(graph: Graph, edge: elements.Edge) -> None:
    _lookup(graph.monikers, edge.targets[0], edge)
    graph.further_monikers[edge.source].append(edge.targets[0])


def _package_information(graph: Graph, edge: elements.Edge) -> None:
    _lookup(graph.packages, edge.targets[0], edge)
    graph.package_of[edge.source] = edge.targets[0]


def _definition(graph: Graph, edge: elements.Edge) -> None:
    _lookup(graph.definitions, edge.targets[0], edge)
    graph.definition_of[edge.source] = edge.targets[0]


def _references(graph: Graph, edge: elements.Edge) -> None:
    _lookup(graph.references, edge.targets[0], edge)
    graph.reference_of[edge.source] = edge.targets[0]


def _hover(graph: Graph, edge: elements.Edge) -> None:
    _lookup(graph.hovers, edge.targets[0], edge)
    graph.hover_of[edge.source] = edge.targets[0]


def _diagnostic(graph: Graph, edge: elements.Edge) -> None:
    found = _lookup(graph.diagnostic_results, edge.targets[0], edge)
    graph.diagnostics_of[edge.source].extend(found)


def _lookup(known: Mapping[str, T], key: str, edge: elements.Edge) -> T:
    try:
        return known[key]
    except KeyError:
        raise DanglingEdge(
            f"the dump's edge {edge.id} ({edge.label}) names {key!r}",
            why="no line before it defines that",
            do="Make the dump again",
        ) from None


_EDGES: dict[str, Callable[[Graph, elements.Edge], None]] = {
    "contains": _contains,
    "item": _item,
    "next": _next,
    "moniker": _moniker,
    "nextMoniker": _next_moniker,
    "packageInformation": _package_information,
    "textDocument/definition": _definition,
    "textDocument/references": _references,
    "textDocument/hover": _hover,
    "textDocument/diagnostic": _diagnostic,
}
