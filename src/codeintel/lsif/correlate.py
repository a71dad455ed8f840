"""The elements of a dump -> the bundle that the store keeps."""

from __future__ import annotations

from collections.abc import Iterable

from codeintel.bundle import Bundle
from codeintel.collector import without_cycle_collection
from codeintel.lsif import group
from codeintel.lsif.canonical import Canonical, canonicalize
from codeintel.lsif.elements import Element
from codeintel.lsif.graph import collect


def correlate(dump: Iterable[Element]) -> Bundle:
    """Return what a dump says, grouped by table; raises DanglingEdge where it is inconsistent."""
    with without_cycle_collection():
        return _bundle(canonicalize(collect(dump)))


def _bundle(canonical: Canonical) -> Bundle:
    count = group.num_result_chunks(canonical)
    return Bundle(
        num_result_chunks=count,
        documents=group.documents(canonical),
        result_chunks=group.result_chunks(canonical, count),
        definitions=group.definitions(canonical),
        references=group.references(canonical),
    )
