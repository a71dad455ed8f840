"""The elements of an LSIF 0.4 dump that a code-intelligence store needs, typed.

Names are the specification's (Language Server Index Format 0.4.0). Ids are kept as text, since the
format allows numbers and strings.
"""

from __future__ import annotations

from dataclasses import dataclass

from codeintel.bundle import Diagnostic, Span


@dataclass(frozen=True, slots=True)
class MetaData:
    """The first element of every dump; the root is a URI, percent-decoded."""

    id: str
    version: str
    project_root: str


@dataclass(frozen=True, slots=True)
class Event:
    """The beginning or the end (``kind``) of what is said about ``data``."""

    id: str
    kind: str
    scope: str
    data: str


@dataclass(frozen=True, slots=True)
class Document:
    """A file of the project, or of something that it uses; the URI is percent-decoded."""

    id: str
    uri: str


@dataclass(frozen=True, slots=True)
class Range:
    """A span of a document; which one, a ``contains`` or ``item`` edge says."""

    id: str
    span: Span


@dataclass(frozen=True, slots=True)
class HoverResult:
    """What an editor shows under the cursor, as Markdown."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Moniker:
    """A name that holds across dumps."""

    id: str
    kind: str
    scheme: str
    identifier: str


@dataclass(frozen=True, slots=True)
class PackageInformation:
    """The package that a moniker belongs to."""

    id: str
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class DiagnosticResult:
    """What a compiler had to say about a document."""

    id: str
    diagnostics: tuple[Diagnostic, ...]


@dataclass(frozen=True, slots=True)
class Vertex:
    """A vertex that is nothing but its id: ``resultSet``, ``definitionResult``, …"""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Edge:
    """A relation; ``document`` and ``property`` belong to ``item`` edges only."""

    id: str
    label: str
    source: str
    targets: tuple[str, ...]
    document: str = ""
    property: str = ""


Element = (
    MetaData
    | Event
    | Document
    | Range
    | HoverResult
    | Moniker
    | PackageInformation
    | DiagnosticResult
    | Vertex
    | Edge
)
