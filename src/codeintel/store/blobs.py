"""The ``data`` columns: gzip(JSON), compact, the same bytes for the same value.

A span is four numbers; a range is a JSON array of its span, its definition, reference and hover
result and an array of its monikers; a location is an array of a path and a span; whatever has ids
is an object. Every version of the rows (rows.py) has this layout.
"""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterable
from typing import Any

from codeintel.bundle import (
    Diagnostic,
    Document,
    Location,
    Moniker,
    Package,
    Range,
    RangeKey,
    ResultChunk,
    Span,
)
from outofband.errors import StateUnknown

#: Measured on alembic's blobs: 9 takes half as long again as 6 and saves less than 1 %.
_LEVEL = 6


class BlobUnreadable(StateUnknown):
    """A row of the store holds something else than this code writes."""


def encode_document(document: Document) -> bytes:
    """Return the blob of a row of ``lsif_data_documents``."""
    return _pack(
        {
            "ranges": {key: _range_to_json(range_) for key, range_ in document.ranges.items()},
            "hovers": dict(document.hovers),
            "monikers": {
                key: [m.kind, m.scheme, m.identifier, m.package]
                for key, m in document.monikers.items()
            },
            "packages": dict(document.packages),
            "diagnostics": [
                [d.severity, d.code, d.message, d.source, *d.span] for d in document.diagnostics
            ],
        }
    )


def decode_document(blob: bytes) -> Document:
    """Return what encode_document was given; raises BlobUnreadable."""
    json_ = _unpack(blob)
    try:
        return Document(
            ranges={key: _range_from_json(value) for key, value in json_["ranges"].items()},
            hovers=json_["hovers"],
            monikers={key: Moniker(*value) for key, value in json_["monikers"].items()},
            packages={key: Package(*value) for key, value in json_["packages"].items()},
            diagnostics=tuple(map(_diagnostic_from_json, json_["diagnostics"])),
        )
    except _MISSHAPEN as error:
        raise _unreadable("not a document") from error


def encode_result_chunk(chunk: ResultChunk) -> bytes:
    """Return the blob of a row of ``lsif_data_result_chunks``."""
    return _pack({"paths": dict(chunk.paths), "results": dict(chunk.results)})


def decode_result_chunk(blob: bytes) -> ResultChunk:
    """Return what encode_result_chunk was given; raises BlobUnreadable."""
    json_ = _unpack(blob)
    try:
        results = json_["results"].items()
        return ResultChunk(
            paths=json_["paths"],
            results={key: tuple(RangeKey(*pair) for pair in pairs) for key, pairs in results},
        )
    except _MISSHAPEN as error:
        raise _unreadable("not a result chunk") from error


def encode_locations(locations: Iterable[Location]) -> bytes:
    """Return the blob of a row of ``lsif_data_definitions`` or ``lsif_data_references``."""
    return _pack([[location.path, *location.span] for location in locations])


def decode_locations(blob: bytes) -> tuple[Location, ...]:
    """Return what encode_locations was given; raises BlobUnreadable."""
    json_ = _unpack(blob)
    try:
        return tuple(Location(path, Span(*span)) for path, *span in json_)
    except _MISSHAPEN as error:
        raise _unreadable("not a list of locations") from error


_MISSHAPEN = (AttributeError, KeyError, TypeError, ValueError)


def _range_to_json(range_: Range) -> list[Any]:
    return [
        *range_.span,
        range_.definition_result,
        range_.reference_result,
        range_.hover_result,
        range_.monikers,
    ]


def _range_from_json(json_: list[Any]) -> Range:
    *span, definition, reference, hover, monikers = json_
    return Range(Span(*span), definition, reference, hover, tuple(monikers))


def _diagnostic_from_json(json_: list[Any]) -> Diagnostic:
    severity, code, message, source, *span = json_
    return Diagnostic(severity, code, message, source, Span(*span))


def _pack(json_: Any) -> bytes:
    text = json.dumps(json_, ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate pair is no text, and real sources have it in strings: JSON lets it through.
    return gzip.compress(text.encode("utf-8", "surrogatepass"), _LEVEL, mtime=0)


def _unpack(blob: bytes) -> Any:
    try:
        return json.loads(gzip.decompress(blob))
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise _unreadable("not gzipped JSON") from error


def _unreadable(why: str) -> BlobUnreadable:
    return BlobUnreadable(
        "a row of the store cannot be read", why=f"its data is {why}", do="Upload the dump again"
    )
