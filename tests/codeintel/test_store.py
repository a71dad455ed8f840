"""The store asked by position, on a dump of ``click`` in a real Postgres."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import psycopg
import pytest

from codeintel.bundle import Bundle, Diagnostic, Document, Location, MonikerKey, Range, Span
from codeintel.store.positions import Page
from codeintel.store.postgres import Dump, DumpNotStored
from codeintel.store.queries import named_queries, query
from codeintel.worker import prepare, write

Store = psycopg.Connection[Any]

ECHO = MonikerKey("python", "click:click.utils:echo")
DECORATORS = "click/decorators.py"
ROOT = Path(click.__file__).parents[1]


@pytest.fixture
def dump(store: Store, click_bundle: Bundle) -> Dump:
    write(store, 7, prepare(click_bundle))
    return Dump(store, 7)


def text_at(location: Location) -> str:
    lines = (ROOT / location.path).read_text().split("\n")
    span = location.span
    return lines[span.start_line][span.start_character : span.end_character]


def a_use_of_echo(bundle: Bundle) -> Location:
    [definition] = bundle.definitions[ECHO]
    return next(use for use in bundle.references[ECHO] if use.path != definition.path)


def test_a_use_leads_to_its_definition_in_another_document(
    dump: Dump, click_bundle: Bundle
) -> None:
    path, span = a_use_of_echo(click_bundle)
    found = dump.definitions(path, span.start_line, span.start_character + 1)
    assert found == list(click_bundle.definitions[ECHO])
    assert [text_at(location) for location in found] == ["echo"]


def test_every_definition_found_has_the_text_of_what_was_asked(
    dump: Dump, click_bundle: Bundle
) -> None:
    ranges = sorted(range_.span for range_ in click_bundle.documents[DECORATORS].ranges.values())
    found = 0
    for span in ranges[:: len(ranges) // 40]:
        asked = text_at(Location(DECORATORS, span))
        for location in dump.definitions(DECORATORS, span.start_line, span.start_character):
            found += 1
            assert text_at(location) in (asked, ""), "empty: a module, at the start of its file"
    assert found > 20


def test_a_definition_leads_to_its_uses_each_once(dump: Dump, click_bundle: Bundle) -> None:
    [(path, span)] = click_bundle.definitions[ECHO]
    found = dump.references(path, span.start_line, span.start_character)
    assert sorted(found) == sorted(click_bundle.references[ECHO])
    assert {text_at(location) for location in found} == {"echo"}


def test_references_come_in_pages(dump: Dump, click_bundle: Bundle) -> None:
    [(path, span)] = click_bundle.definitions[ECHO]
    place = (path, span.start_line, span.start_character)
    whole = dump.references(*place)
    assert dump.references(*place, Page(2, 3)) == whole[2:5]
    assert dump.references(*place, Page(len(whole), 3)) == []


def test_a_hover_shows_the_declaration_and_the_docstring(dump: Dump, click_bundle: Bundle) -> None:
    path, span = a_use_of_echo(click_bundle)
    hover = dump.hover(path, span.start_line, span.start_character)
    assert hover is not None
    assert hover.startswith("```python\ndef echo(\n")
    assert "Print a message and newline to stdout" in hover


def test_the_monikers_under_a_cursor_come_with_their_package(
    dump: Dump, click_bundle: Bundle
) -> None:
    path, span = a_use_of_echo(click_bundle)
    [(moniker, package)] = dump.monikers(path, span.start_line, span.start_character)
    assert (moniker.scheme, moniker.identifier) == ECHO
    assert package is not None
    assert package.name == "click"


def test_a_moniker_leads_to_definitions_and_references(dump: Dump, click_bundle: Bundle) -> None:
    assert dump.moniker_definitions(ECHO) == click_bundle.definitions[ECHO]
    assert dump.moniker_references(ECHO, Page(0, 2)) == click_bundle.references[ECHO][:2]
    assert dump.moniker_definitions(MonikerKey("python", "nowhere")) == []


def test_the_ranges_of_some_lines_come_with_their_results(dump: Dump, click_bundle: Bundle) -> None:
    path, span = a_use_of_echo(click_bundle)
    found = dump.ranges(path, span.start_line, span.start_line + 1)
    by_span = {range_.span: results for range_, *results in found}
    definitions, references = by_span[span]
    assert definitions == list(click_bundle.definitions[ECHO])
    assert Location(path, span) in references


def test_a_document_that_is_not_there_answers_nothing(dump: Dump) -> None:
    assert dump.exists(DECORATORS)
    assert not dump.exists("click/nowhere.py")
    assert dump.definitions("click/nowhere.py", 0, 0) == []
    assert dump.references("click/nowhere.py", 0, 0) == []
    assert dump.hover("click/nowhere.py", 0, 0) is None
    assert dump.ranges("click/nowhere.py", 0, 9) == []
    assert dump.monikers("click/nowhere.py", 0, 0) == []


def test_a_cursor_on_blank_space_finds_nothing(dump: Dump) -> None:
    assert dump.definitions(DECORATORS, 10**6, 0) == []
    assert dump.hover(DECORATORS, 10**6, 0) is None


def test_a_prefix_of_paths_is_text_not_a_pattern(store: Store) -> None:
    diagnostic = Diagnostic(1, "E", "no", "ty", Span(0, 0, 0, 1))
    documents = {
        path: Document({"1": Range(Span(0, 0, 0, 1))}, {}, {}, {}, (diagnostic,))
        for path in ("a_b/x", "a%b/x", "acb/x")
    }
    write(store, 1, prepare(Bundle(1, documents, {}, {}, {})))
    assert Dump(store, 1).paths("a_") == ["a_b/x"]
    assert Dump(store, 1).diagnostics("a%") == [("a%b/x", diagnostic)]
    assert len(Dump(store, 1).paths()) == 3


def test_a_dump_without_metadata_is_not_there_for_readers(store: Store, dump: Dump) -> None:
    store.execute("DELETE FROM lsif_data_metadata")
    with pytest.raises(DumpNotStored, match="dump 7"):
        dump.num_result_chunks()


@pytest.mark.parametrize("name", named_queries())
def test_postgres_understands_every_query(store: Store, name: str) -> None:
    store.execute(f"PREPARE asked AS {query(name)}")
