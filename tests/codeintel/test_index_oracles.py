"""The index of real packages against those who should know: the text itself, symtable and jedi."""

from __future__ import annotations

import random
import symtable
import warnings
from collections.abc import Iterator
from pathlib import Path

import jedi
import pytest

import suites
from codeintel.bundle import Bundle, Location, Range, Span
from codeintel.index_python.index import index
from codeintel.index_python.package import find_package
from codeintel.index_python.scan import scan
from codeintel.index_python.scopes import Kind, Scope
from codeintel.index_python.source import read_source
from codeintel.lsif.correlate import correlate
from codeintel.lsif.read import read

pytestmark = suites.ORACLE

PACKAGES = ["click", "alembic"]
SAMPLE = 500
"""How many references are asked about."""
AGREEMENT = 0.95


class Index:
    """The dump of an installed package, with the texts that it is about."""

    def __init__(self, package: str, folder: Path) -> None:
        index(package, folder / "out.lsif")
        self.root = find_package(package).root
        self.bundle: Bundle = correlate(read(folder / "out.lsif"))
        self.lines = {
            path: read_source(self.root / path)[0].split("\n") for path in self.bundle.documents
        }

    def text(self, path: str, span: Span) -> str:
        assert span.start_line == span.end_line
        line = self.lines[path][span.start_line].encode("utf-16-le")
        return line[2 * span.start_character : 2 * span.end_character].decode("utf-16-le")

    def ranges(self) -> Iterator[tuple[str, Range]]:
        for path, document in self.bundle.documents.items():
            for range_ in document.ranges.values():
                yield path, range_

    def results(self) -> dict[str, set[Location]]:
        """Return the locations of every definition and reference result."""
        documents = self.bundle.documents
        return {
            result: {
                Location(
                    chunk.paths[key.document],
                    documents[chunk.paths[key.document]].ranges[key.range].span,
                )
                for key in keys
            }
            for chunk in self.bundle.result_chunks.values()
            for result, keys in chunk.results.items()
        }


@pytest.fixture(scope="module", params=PACKAGES)
def indexed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Index:
    return Index(request.param, tmp_path_factory.mktemp(request.param))


def test_the_text_of_every_range_is_the_name_of_its_symbol(indexed: Index) -> None:
    results = indexed.results()
    checked = 0
    for path, range_ in indexed.ranges():
        text = indexed.text(path, range_.span)
        texts = {indexed.text(*location) for location in results[range_.reference_result]}
        # Empty is the beginning of a module's file, whose name stands only where it is used.
        assert texts - {""} <= {text} or text == "", (path, range_.span, texts)
        checked += bool(text)
    assert checked > 10_000


def test_the_last_part_of_a_moniker_is_the_text_of_its_ranges(indexed: Index) -> None:
    for (_, identifier), locations in indexed.bundle.references.items():
        _, module, qualified = identifier.split(":")
        name = (qualified or module).rpartition(".")[2]
        texts = {indexed.text(*location) for location in locations}
        assert texts - {""} <= {name}, identifier


def test_sampled_references_agree_with_jedi(indexed: Index) -> None:
    results = indexed.results()
    references = [
        (path, range_.span, results[range_.definition_result])
        for path, range_ in indexed.ranges()
        if range_.definition_result
        and Location(path, range_.span) not in results[range_.definition_result]
    ]
    project = jedi.Project(indexed.root)
    scripts: dict[str, jedi.Script] = {}
    disagreed = []
    for path, span, ours in random.Random(SAMPLE).sample(references, SAMPLE):
        if path not in scripts:
            scripts[path] = jedi.Script(path=indexed.root / path, project=project)
        theirs = set(_jedi_definitions(scripts[path], indexed, path, span))
        # Where jedi has no answer it counts against us: the index would be the only witness.
        if not theirs & {(location.path, location.span.start_line) for location in ours}:
            disagreed.append((path, span, theirs))
    assert len(disagreed) <= SAMPLE * (1 - AGREEMENT), disagreed


def _jedi_definitions(
    script: jedi.Script, indexed: Index, path: str, span: Span
) -> Iterator[tuple[str, int]]:
    """Yield path and line of what jedi finds, following imports as the index does."""
    before = indexed.text(path, Span(span.start_line, 0, span.start_line, span.start_character))
    for name in script.goto(span.start_line + 1, len(before), follow_imports=True):
        if name.module_path is not None and name.module_path.is_relative_to(indexed.root):
            line = 0 if name.type == "module" else name.line - 1
            yield name.module_path.relative_to(indexed.root).as_posix(), line


def test_scopes_bind_what_the_compiler_says(indexed: Index) -> None:
    scopes = 0
    for path in indexed.bundle.documents:
        text, source = read_source(indexed.root / path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            table = symtable.symtable(text, path, "exec")
        ours = sorted(map(_described, scan("m", False, text, source).scopes))
        assert ours == sorted(_compiled(table)), path
        scopes += len(ours)
    assert scopes > 500


def _described(scope: Scope) -> tuple[str, list[str]]:
    name = scope.name.strip("<>") if scope.kind in (Kind.FUNCTION, Kind.CLASS) else ""
    return name, sorted(_mangled(scope, bound) for bound in scope.bindings)


def _mangled(scope: Scope, name: str) -> str:
    """Return a private name as the compiler spells it inside a class."""
    around = [outer.name.lstrip("_") for outer in scope.outward() if outer.kind is Kind.CLASS]
    is_private = name.startswith("__") and not name.endswith("__")
    return f"_{around[0]}{name}" if around and is_private else name


COMPREHENSIONS = {"listcomp", "setcomp", "dictcomp", "genexpr"}


def _compiled(table: symtable.SymbolTable) -> Iterator[tuple[str, list[str]]]:
    """Yield name and bound names of every scope, as symtable has them."""
    is_nameless = table.get_type() == "module" or table.get_name() in COMPREHENSIONS
    bound = [symbol.get_name() for symbol in table.get_symbols() if _is_bound(table, symbol)]
    yield "" if is_nameless else table.get_name(), sorted(bound)
    for child in table.get_children():
        yield from _compiled(child)


def _is_bound(table: symtable.SymbolTable, symbol: symtable.Symbol) -> bool:
    if symbol.get_name() == ".0":  # the first iterable of a comprehension
        return False
    if table.get_type() == "module":
        return symbol.is_assigned() or symbol.is_imported()
    return symbol.is_local() or symbol.is_parameter()
