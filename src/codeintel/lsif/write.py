"""Elements -> the lines of a dump. Ids count from 1, so the same calls write the same bytes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from codeintel.bundle import Span

LSIF_VERSION = "0.4.3"

_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Writer:
    """Writes elements in the order in which it is told of them; a vertex before its edges."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._ids = itertools.count(1)

    def vertex(self, label: str, **properties: Any) -> int:
        """Write a vertex and return its id."""
        return self._element({"type": "vertex", "label": label, **properties})

    def edge(self, label: str, source: int, target: int) -> None:
        """Write a relation to one vertex."""
        self._element({"type": "edge", "label": label, "outV": source, "inV": target})

    def edges(self, label: str, source: int, targets: Iterable[int], **properties: Any) -> None:
        """Write a relation to any number of vertices: ``contains``, ``item``."""
        ins = list(targets)
        self._element({"type": "edge", "label": label, "outV": source, "inVs": ins, **properties})

    def range(self, span: Span) -> int:
        """Write a range and return its id."""
        start = {"line": span.start_line, "character": span.start_character}
        end = {"line": span.end_line, "character": span.end_character}
        return self.vertex("range", start=start, end=end)

    def _element(self, properties: dict[str, Any]) -> int:
        element_id = next(self._ids)
        self._out.write(_encode({"id": element_id, **properties}).encode() + b"\n")
        return element_id
