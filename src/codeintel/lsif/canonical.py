"""A graph in which everything is said once and on the range itself.

Writers of dumps hang results on chains of result sets, link reference results to each other and may
write a document twice. A store that answers by position wants none of that.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from codeintel.bundle import Path, Range
from codeintel.lsif.graph import Graph, Result


@dataclass(frozen=True, slots=True)
class Canonical:
    """A dump with every range flat, every reference result united, every path known.

    ``paths`` has the documents of the project only; libraries that it merely uses are left out.
    ``first_document`` leads from each of them to the first that has its path.
    """

    graph: Graph
    ranges: Mapping[str, Range]
    definitions: Mapping[str, Result]
    references: Mapping[str, Result]
    paths: Mapping[str, Path]
    first_document: Mapping[str, str]


def canonicalize(graph: Graph) -> Canonical:
    """Return the canonical form of a graph."""
    references, united = _unite(graph.references)
    paths = _project_paths(graph)
    first: dict[Path, str] = {}
    return Canonical(
        graph=graph,
        ranges={key: _flat(graph, key, united) for key in graph.ranges},
        definitions=graph.definitions,
        references=references,
        paths=paths,
        first_document={key: first.setdefault(path, key) for key, path in paths.items()},
    )


def _project_paths(graph: Graph) -> dict[str, Path]:
    paths = ((key, _relative(uri, graph.project_root)) for key, uri in graph.documents.items())
    return {key: path for key, path in paths if path is not None and not _is_library(path)}


def _relative(uri: str, root: str) -> Path | None:
    """Return the path from the root, None for what lies outside."""
    folder = f"{root.rstrip('/')}/"
    if not uri.startswith(folder):
        return None
    path = posixpath.normpath(uri.removeprefix(folder))
    return None if path.split("/")[0] in ("", ".", "..") else path


def _is_library(path: Path) -> bool:
    return "node_modules" in path.split("/")


def _flat(graph: Graph, range_id: str, united: Mapping[str, str]) -> Range:
    """Return a range with what its chain of result sets says; what is nearer to the range wins."""
    chain = list(_chain(graph, range_id))
    references = _nearest(graph.reference_of, chain)
    return Range(
        span=graph.ranges[range_id].span,
        definition_result=_nearest(graph.definition_of, chain),
        reference_result=united.get(references, ""),
        hover_result=_nearest(graph.hover_of, chain),
        monikers=tuple(_lasting_monikers(graph, chain)),
    )


def _chain(graph: Graph, owner: str) -> Iterator[str]:
    seen: set[str] = set()
    following: str | None = owner
    while following is not None and following not in seen:
        seen.add(following)
        yield following
        following = graph.following.get(following)


def _nearest(results: Mapping[str, str], chain: Sequence[str]) -> str:
    return next((results[owner] for owner in chain if owner in results), "")


def _lasting_monikers(graph: Graph, chain: Sequence[str]) -> Iterator[str]:
    """Yield the monikers of a chain and those they lead to; a local one means nothing elsewhere."""
    pending = [moniker for owner in reversed(chain) for moniker in graph.monikers_of.get(owner, ())]
    seen: set[str] = set()
    while pending:
        moniker = pending.pop()
        if moniker in seen:
            continue
        seen.add(moniker)
        pending.extend(reversed(graph.further_monikers.get(moniker, ())))
        if graph.monikers[moniker].kind != "local":
            yield moniker


def _unite(references: Mapping[str, Result]) -> tuple[dict[str, Result], dict[str, str]]:
    """Return the reference results with linked ones made one, and which one each of them is now.

    The one that stays is the first of them in the dump.
    """
    first = {key: key for key in references}

    def find(key: str) -> str:
        while first[key] != key:
            key = first[key]
        return key

    order = {key: position for position, key in enumerate(references)}
    for key, result in references.items():
        for linked in result.linked:
            stays, goes = sorted((find(key), find(linked)), key=order.__getitem__)
            first[goes] = stays
    united: dict[str, Result] = {}
    for key, result in references.items():
        whole = united.setdefault(find(key), Result())
        for document, ranges in result.ranges.items():
            whole.ranges[document].extend(ranges)
    return united, {key: find(key) for key in first}
