"""The occurrences of a package -> the elements of its LSIF dump."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from codeintel.index_python.aliases import Alias
from codeintel.index_python.occurrences import Occurrence
from codeintel.index_python.package import InstalledPackage
from codeintel.index_python.resolve import Foreign, Symbol
from codeintel.index_python.scopes import Kind
from codeintel.lsif.write import LSIF_VERSION, Writer

SCHEME = "python"


@dataclass(slots=True)
class _Results:
    """What is known of one symbol until all documents are written: ranges by document."""

    result_set: int
    definitions: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    references: dict[int, list[int]] = field(default_factory=lambda: defaultdict(list))


class DumpWriter:
    """Writes one dump: ``document`` for each file, then ``finish``."""

    def __init__(
        self,
        writer: Writer,
        package: InstalledPackage,
        aliases: Mapping[Symbol, Sequence[Alias]],
    ) -> None:
        """Write what a dump begins with."""
        self._writer = writer
        self._aliases = aliases
        self._package = package
        self._root = package.root.as_uri()
        self._results: dict[Symbol | Foreign, _Results] = {}
        self._packages: dict[str, int] = {}
        self._documents: list[int] = []
        writer.vertex(
            "metaData",
            version=LSIF_VERSION,
            projectRoot=self._root,
            positionEncoding="utf-16",
            toolInfo={"name": "codeintel"},
        )
        self._project = writer.vertex("project", kind="python")
        self._event("begin", "project", self._project)

    def document(self, path: str, occurrences: Sequence[Occurrence]) -> None:
        """Write a file: its ranges, and the symbols that occur in it for the first time."""
        writer = self._writer
        uri = f"{self._root}/{quote(path)}"
        document = writer.vertex("document", uri=uri, languageId="python")
        self._documents.append(document)
        self._event("begin", "document", document)
        ranges = [self._range(document, occurrence) for occurrence in occurrences]
        writer.edges("contains", document, ranges)
        self._event("end", "document", document)

    def finish(self) -> None:
        """Write where each symbol is defined and used, and the end of the dump."""
        for results in self._results.values():
            self._write_results(results)
        self._writer.edges("contains", self._project, self._documents)
        self._event("end", "project", self._project)

    def _event(self, kind: str, scope: str, data: int) -> None:
        self._writer.vertex("$event", kind=kind, scope=scope, data=data)

    def _range(self, document: int, occurrence: Occurrence) -> int:
        results = self._results.get(occurrence.symbol)
        if results is None:
            results = _Results(self._result_set(occurrence.symbol))
            self._results[occurrence.symbol] = results
        range_ = self._writer.range(occurrence.span)
        self._writer.edge("next", range_, results.result_set)
        kind = results.definitions if occurrence.is_definition else results.references
        kind[document].append(range_)
        return range_

    def _result_set(self, symbol: Symbol | Foreign) -> int:
        result_set = self._writer.vertex("resultSet")
        for identifier in self._identifiers(symbol):
            self._moniker(result_set, identifier, isinstance(symbol, Foreign))
        if text := _hover(symbol):
            hover = self._writer.vertex("hoverResult", result={"contents": [text]})
            self._writer.edge("textDocument/hover", result_set, hover)
        return result_set

    def _identifiers(self, symbol: Symbol | Foreign) -> Iterator[str]:
        if own := _identifier(symbol):
            yield own
        if isinstance(symbol, Symbol):
            for alias in self._aliases.get(symbol, ()):
                yield _join(alias.module, [alias.name])

    def _moniker(self, result_set: int, identifier: str, is_foreign: bool) -> None:
        kind = "import" if is_foreign else "export"
        moniker = self._writer.vertex("moniker", kind=kind, scheme=SCHEME, identifier=identifier)
        self._writer.edge("moniker", result_set, moniker)
        package = identifier.partition(":")[0]
        if package not in self._packages:
            self._packages[package] = self._package_information(package)
        self._writer.edge("packageInformation", moniker, self._packages[package])

    def _package_information(self, name: str) -> int:
        """Write a package: of others the version is unknown, since any may be installed."""
        version = {"version": self._package.version} if name == self._package.name else {}
        return self._writer.vertex("packageInformation", name=name, manager="pip", **version)

    def _write_results(self, results: _Results) -> None:
        writer = self._writer
        if results.definitions:
            definition = writer.vertex("definitionResult")
            writer.edge("textDocument/definition", results.result_set, definition)
            for document, ranges in results.definitions.items():
                writer.edges("item", definition, ranges, document=document)
        reference = writer.vertex("referenceResult")
        writer.edge("textDocument/references", results.result_set, reference)
        for document, ranges in results.definitions.items():
            writer.edges("item", reference, ranges, document=document, property="definitions")
        for document, ranges in results.references.items():
            writer.edges("item", reference, ranges, document=document, property="references")


def _identifier(symbol: Symbol | Foreign) -> str:
    """Return ``package:module:qualified.name``, nothing for what a function keeps to itself."""
    if isinstance(symbol, Foreign):
        return _join(symbol.module, [symbol.name])
    module, *inner = reversed(list(symbol.scope.outward()))
    if any(scope.kind is not Kind.CLASS for scope in inner):
        return ""
    return _join(module.name, [*(scope.name for scope in inner), symbol.name])


def _join(module: str, names: Sequence[str]) -> str:
    return f"{module.partition('.')[0]}:{module}:{'.'.join(names)}"


def _hover(symbol: Symbol | Foreign) -> str:
    if isinstance(symbol, Foreign):
        return ""
    if not symbol.name:
        return symbol.scope.hover
    bindings = symbol.scope.members(symbol.name)
    return next((binding.hover for binding in bindings if binding.hover), "")
