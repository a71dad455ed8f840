"""One decoded line of a dump -> a typed element."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

from codeintel.bundle import Diagnostic, Span
from codeintel.lsif import elements

_Json = dict[str, Any]

#: Between the parts of a hover: a rule, as editors draw it.
_HOVER_RULE = "\n\n---\n\n"


def parse(line: Any) -> elements.Element:
    """Return the element that a decoded line states.

    Raises KeyError, TypeError, ValueError or AttributeError where it states none; the reader, which
    knows the number of the line, says so in words.
    """
    if line["type"] == "edge":
        return _edge(line)
    if line["type"] == "vertex":
        make = _VERTICES.get(line["label"], _plain)
        return make(str(line["id"]), line)
    raise ValueError("its type is neither vertex nor edge")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{type(value).__name__} stands where a text is expected")
    return value


def _storable(value: Any) -> str:
    """Return a text that a column of the store can hold: no NUL, no half of a surrogate pair."""
    text = _text(value)
    if "\0" in text:
        raise ValueError("there is a NUL in a name")
    text.encode()
    return text


def _edge(line: _Json) -> elements.Edge:
    targets = line["inVs"] if "inVs" in line else [line["inV"]]
    return elements.Edge(
        id=str(line["id"]),
        label=_text(line["label"]),
        source=str(line["outV"]),
        targets=tuple(map(str, targets)),
        document=str(line.get("document", "")),
        property=_text(line.get("property", "")),
    )


def _plain(vertex_id: str, line: _Json) -> elements.Vertex:
    return elements.Vertex(vertex_id, _text(line["label"]))


def _meta_data(vertex_id: str, line: _Json) -> elements.MetaData:
    return elements.MetaData(vertex_id, _text(line["version"]), unquote(_text(line["projectRoot"])))


def _event(vertex_id: str, line: _Json) -> elements.Event:
    return elements.Event(vertex_id, _text(line["kind"]), _text(line["scope"]), str(line["data"]))


def _document(vertex_id: str, line: _Json) -> elements.Document:
    return elements.Document(vertex_id, _storable(unquote(_text(line["uri"]))))


def _range(vertex_id: str, line: _Json) -> elements.Range:
    return elements.Range(vertex_id, _span(line))


def _span(json: _Json) -> Span:
    start, end = json["start"], json["end"]
    span = Span(start["line"], start["character"], end["line"], end["character"])
    if not all(isinstance(number, int) and number >= 0 for number in span):
        raise ValueError("its positions are not counts")
    return span


def _hover_result(vertex_id: str, line: _Json) -> elements.HoverResult:
    contents = line["result"]["contents"]
    parts = contents if isinstance(contents, list) else [contents]
    return elements.HoverResult(vertex_id, _HOVER_RULE.join(filter(None, map(_hover_part, parts))))


def _hover_part(part: Any) -> str:
    if isinstance(part, str):
        return part.strip()
    value = _text(part["value"]).strip()
    return f"```{part['language']}\n{value}\n```" if "language" in part else value


def _moniker(vertex_id: str, line: _Json) -> elements.Moniker:
    kind = _text(line.get("kind", "local"))
    return elements.Moniker(
        vertex_id, kind, _storable(line["scheme"]), _storable(line["identifier"])
    )


def _package_information(vertex_id: str, line: _Json) -> elements.PackageInformation:
    name, version = _text(line["name"]), _text(line.get("version", ""))
    return elements.PackageInformation(vertex_id, name, version)


def _diagnostic_result(vertex_id: str, line: _Json) -> elements.DiagnosticResult:
    return elements.DiagnosticResult(vertex_id, tuple(map(_diagnostic, line["result"])))


def _diagnostic(json: _Json) -> Diagnostic:
    return Diagnostic(
        severity=int(json.get("severity", 0)),
        code=str(json.get("code", "")),
        message=_text(json["message"]),
        source=_text(json.get("source", "")),
        span=_span(json["range"]),
    )


_VERTICES: dict[str, Callable[[str, _Json], elements.Element]] = {
    "metaData": _meta_data,
    "$event": _event,
    "document": _document,
    "range": _range,
    "hoverResult": _hover_result,
    "moniker": _moniker,
    "packageInformation": _package_information,
    "diagnosticResult": _diagnostic_result,
}
