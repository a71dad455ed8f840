"""A canonical dump -> what each table of the store keeps of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping

from codeintel import bundle
from codeintel.bundle import Location, MonikerKey, Path, Range, RangeKey, ResultChunk
from codeintel.lsif.canonical import Canonical
from codeintel.lsif.graph import Result

_RESULTS_PER_CHUNK = 500
_MAX_RESULT_CHUNKS = 1000


def num_result_chunks(dump: Canonical) -> int:
    """Return how many chunks the results are spread over: one for each 500, from 1 to 1000."""
    results = len(dump.definitions) + len(dump.references)
    return min(_MAX_RESULT_CHUNKS, max(1, results // _RESULTS_PER_CHUNK))


def documents(dump: Canonical) -> dict[Path, bundle.Document]:
    """Return each document of the project with its ranges and what they point at."""
    same_path: dict[str, list[str]] = defaultdict(list)
    for key, first in dump.first_document.items():
        same_path[first].append(key)
    return {dump.paths[first]: _document(dump, keys) for first, keys in same_path.items()}


def _document(dump: Canonical, keys: list[str]) -> bundle.Document:
    graph = dump.graph
    range_ids = [range_id for key in keys for range_id in graph.contents.get(key, ())]
    ranges = {range_id: dump.ranges[range_id] for range_id in range_ids}
    moniker_ids = dict.fromkeys(
        moniker for range_ in ranges.values() for moniker in range_.monikers
    )
    monikers = {key: _moniker(dump, key) for key in moniker_ids}
    package_ids = dict.fromkeys(m.package for m in monikers.values() if m.package)
    hover_ids = dict.fromkeys(r.hover_result for r in ranges.values() if r.hover_result)
    return bundle.Document(
        ranges=ranges,
        hovers={key: graph.hovers[key] for key in hover_ids},
        monikers=monikers,
        packages={
            key: bundle.Package(graph.packages[key].name, graph.packages[key].version)
            for key in package_ids
        },
        diagnostics=tuple(found for key in keys for found in graph.diagnostics_of.get(key, ())),
    )


def _moniker(dump: Canonical, key: str) -> bundle.Moniker:
    moniker = dump.graph.monikers[key]
    package = dump.graph.package_of.get(key, "")
    return bundle.Moniker(moniker.kind, moniker.scheme, moniker.identifier, package)


def result_chunks(dump: Canonical, count: int) -> dict[int, ResultChunk]:
    """Return the results of the dump, spread over ``count`` chunks by the hash of their ids."""
    paths: dict[int, dict[str, Path]] = {index: {} for index in range(count)}
    results: dict[int, dict[str, tuple[RangeKey, ...]]] = {index: {} for index in range(count)}
    for table in (dump.definitions, dump.references):
        for key, result in table.items():
            index = bundle.result_chunk_index(key, count)
            results[index][key] = tuple(_range_keys(dump, result))
            for range_key in results[index][key]:
                paths[index][range_key.document] = dump.paths[range_key.document]
    return {index: ResultChunk(paths[index], results[index]) for index in range(count)}


def _range_keys(dump: Canonical, result: Result) -> Iterator[RangeKey]:
    keys = (
        RangeKey(dump.first_document[document], range_id)
        for document, range_ids in result.ranges.items()
        if document in dump.first_document
        for range_id in range_ids
    )
    return iter(dict.fromkeys(keys))


def definitions(dump: Canonical) -> dict[MonikerKey, tuple[Location, ...]]:
    """Return where each moniker is defined, for those that are defined in the project."""
    return _by_moniker(dump, dump.definitions, lambda range_: range_.definition_result)


def references(dump: Canonical) -> dict[MonikerKey, tuple[Location, ...]]:
    """Return where each moniker is used, for those that are used in the project."""
    return _by_moniker(dump, dump.references, lambda range_: range_.reference_result)


def _by_moniker(
    dump: Canonical, results: Mapping[str, Result], result_of: Callable[[Range], str]
) -> dict[MonikerKey, tuple[Location, ...]]:
    monikers_of: dict[str, dict[str, None]] = defaultdict(dict)
    for range_ in dump.ranges.values():
        monikers_of[result_of(range_)].update(dict.fromkeys(range_.monikers))
    rows: dict[MonikerKey, dict[Location, None]] = defaultdict(dict)
    for key, result in results.items():
        locations = dict.fromkeys(_locations(dump, result))
        for moniker_id in monikers_of.get(key, ()) if locations else ():
            moniker = dump.graph.monikers[moniker_id]
            rows[MonikerKey(moniker.scheme, moniker.identifier)].update(locations)
    return {key: tuple(locations) for key, locations in rows.items()}


def _locations(dump: Canonical, result: Result) -> Iterator[Location]:
    for range_key in _range_keys(dump, result):
        yield Location(dump.paths[range_key.document], dump.ranges[range_key.range].span)
