"""What one dump says, grouped as the store keeps it: the values between reading and writing.

Identifiers are the LSIF ids as text, ``""`` where there is none. Lines and characters count from 0,
characters in UTF-16 code units (LSIF 0.4.3, ``positionEncoding``); ends are exclusive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

#: The path of a document, relative to the project's root, with ``/`` between its parts.
Path = str


class Span(NamedTuple):
    """A stretch of text: from the first character to the one after the last."""

    start_line: int
    start_character: int
    end_line: int
    end_character: int

    def covers(self, line: int, character: int) -> bool:
        """Answer whether a cursor there stands on, or just behind, the stretch."""
        return self[:2] <= (line, character) <= self[2:]


class Location(NamedTuple):
    """A span in a document of the dump."""

    path: Path
    span: Span


@dataclass(frozen=True, slots=True)
class Range:
    """A span that means something, and where its meaning is kept."""

    span: Span
    definition_result: str = ""
    reference_result: str = ""
    hover_result: str = ""
    monikers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moniker:
    """A name that holds across dumps; ``package`` is an id in the document's ``packages``."""

    kind: str
    scheme: str
    identifier: str
    package: str = ""


class Package(NamedTuple):
    """The package that a moniker belongs to."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """What a compiler had to say about a span; severity 1 is an error, 4 a hint (LSP 3.15)."""

    severity: int
    code: str
    message: str
    source: str
    span: Span


@dataclass(frozen=True, slots=True)
class Document:
    """Everything that is known of one file: ranges by id, and what they point at by id."""

    ranges: Mapping[str, Range]
    hovers: Mapping[str, str]
    monikers: Mapping[str, Moniker]
    packages: Mapping[str, Package]
    diagnostics: tuple[Diagnostic, ...] = ()


class RangeKey(NamedTuple):
    """One range of one document, both by id."""

    document: str
    range: str


@dataclass(frozen=True, slots=True)
class ResultChunk:
    """A share of the definition and reference results: result id -> ranges, document id -> path."""

    paths: Mapping[str, Path]
    results: Mapping[str, tuple[RangeKey, ...]]


class MonikerKey(NamedTuple):
    """What a row of definitions or references is found by."""

    scheme: str
    identifier: str


@dataclass(frozen=True, slots=True)
class Bundle:
    """One dump, grouped: a mapping for each table of the store."""

    num_result_chunks: int
    documents: Mapping[Path, Document]
    result_chunks: Mapping[int, ResultChunk]
    definitions: Mapping[MonikerKey, tuple[Location, ...]]
    references: Mapping[MonikerKey, tuple[Location, ...]]


def result_chunk_index(result_id: str, num_result_chunks: int) -> int:
    """Return the chunk that holds a result: Java's string hash of the id, modulo the chunks.

    The hash wraps at 32 bits, as the store of the incident computed it.
    """
    value = 0
    for character in result_id:
        value = (value * 31 + ord(character)) & 0xFFFFFFFF
    signed = value - (1 << 32) if value >> 31 else value
    return abs(signed) % num_result_chunks
