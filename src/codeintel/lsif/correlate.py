"""The elements of a dump -> the bundle that the store keeps."""

from __future__ import annotations

from collections.abc import Iterable

from codeintel.bundle import Bundle
from codeintel.lsif import group
from codeintel.lsif.canonical import canonicalize
from codeintel.lsif.elements import Element
from codeintel.lsif.graph import collect


def correlate(dump: Iterable[Element]) -> Bundle:
    """Return what a dump says, grouped by table; raises DanglingEdge where it is inconsistent."""
    canonical = canonicalize(collect(dump))
    count = group.num_result_chunks(canonical)
    return Bundle(
        num_result_chunks=count,
        documents=group.documents(canonical),
        result_chunks=group.result_chunks(canonical, count),
        definitions=group.definitions(canonical),
        references=group.references(canonical),
    )
