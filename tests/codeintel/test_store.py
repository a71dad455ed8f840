"""What every store answers: one suite for rows, for files, and for the reader over both."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import psycopg
import pytest

from codeintel.bundle import Bundle, Diagnostic, Document, Location, MonikerKey, Range, Span
from codeintel.store.dump import Dump
from codeintel.store.errors import DumpAlreadyStored, DumpNotStored
from codeintel.store.fallback import FallbackReader
from codeintel.store.folder import BundleFolder
from codeintel.store.interface import Reader, Store
from codeintel.store.positions import Page
from codeintel.store.postgres import PostgresStore
from codeintel.store.queries import named_queries, query
from codeintel.store.rows import Rows
from codeintel.store.sqlite import SqliteStore
from codeintel.store.upkeep import named_statements, statement
from codeintel.worker import prepare

Connection = psycopg.Connection[Any]

ECHO = MonikerKey("python", "click:click.utils:echo")
DECORATORS = "click/decorators.py"
ROOT = Path(click.__file__).parents[1]


@dataclass(frozen=True)
class Stored:
    """A store that is written, and a reader that is asked."""

    store: Store
    reader: Reader


STORES = ["rows", "files", "rows, with a fallback", "files to fall back on"]


def stored_in(kind: str, migrated: Connection, folder: BundleFolder) -> Stored:
    rows, files, either = (
        PostgresStore(migrated),
        SqliteStore(folder),
        FallbackReader(migrated, folder),
    )
    stored: dict[str, Stored] = {
        "rows": Stored(rows, rows),
        "files": Stored(files, files),
        "rows, with a fallback": Stored(rows, either),
        "files to fall back on": Stored(files, either),
    }
    return stored[kind]


@pytest.fixture(params=STORES)
def stored(request: pytest.FixtureRequest, migrated: Connection, folder: BundleFolder) -> Stored:
    return stored_in(request.param, migrated, folder)


@pytest.fixture(scope="module")
def click_rows(click_bundle: Bundle) -> Rows:
    return prepare(click_bundle)


@pytest.fixture(scope="module", params=STORES)
def library(
    request: pytest.FixtureRequest,
    make_database: Callable[..., str],
    last_revision: str,
    tmp_path_factory: pytest.TempPathFactory,
    click_rows: Rows,
) -> Iterator[Reader]:
    """The reader of a store with dump 7, for tests that only read."""
    folder = BundleFolder(tmp_path_factory.mktemp("library") / "lsif-storage")
    with psycopg.connect(make_database(template=last_revision), autocommit=True) as migrated:
        stored = stored_in(request.param, migrated, folder)
        stored.store.write(7, click_rows)
        yield stored.reader


@pytest.fixture
def dump(library: Reader) -> Iterator[Dump]:
    with library.open(7) as dump:
        yield dump


def small(*paths: str, message: str = "no") -> Rows:
    """Return the rows of a dump that has a diagnostic in each of some documents."""
    diagnostic = Diagnostic(1, "E", message, "ty", Span(0, 0, 0, 1))
    document = Document({"1": Range(Span(0, 0, 0, 1))}, {}, {}, {}, (diagnostic,))
    return prepare(Bundle(1, dict.fromkeys(paths, document), {}, {}, {}))


def messages(reader: Reader, dump_id: int) -> list[tuple[str, str]]:
    with reader.open(dump_id) as dump:
        return [(path, diagnostic.message) for path, diagnostic in dump.diagnostics()]


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
    found = dump.monikers(path, span.start_line, span.start_character)
    # By the module that defines it, and by the package that offers it.
    assert {(moniker.scheme, moniker.identifier) for moniker, _ in found} == {
        ECHO,
        ("python", "click:click:echo"),
    }
    assert {package.name for _, package in found if package} == {"click"}


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


def test_a_prefix_of_paths_is_text_not_a_pattern(stored: Stored) -> None:
    stored.store.write(1, small("a_b/x", "a%b/x", "acb/x", "A_b/x", "a\\b"))
    with stored.reader.open(1) as dump:
        assert dump.paths("a_") == ["a_b/x"]
        assert [path for path, _ in dump.diagnostics("a%")] == ["a%b/x"]
        assert dump.paths("a\\") == ["a\\b"]


def test_paths_come_in_one_order_whatever_the_databases_collation(stored: Stored) -> None:
    paths = ["B", "_a", "a", "a-b", "a/b", "ab", "ä", "𐍈", "\uffee"]
    stored.store.write(1, small(*paths))
    with stored.reader.open(1) as dump:
        assert dump.paths() == sorted(paths)


@pytest.mark.parametrize("key", ["a\0b", "a\ud800b"], ids=["a NUL", "half a surrogate pair"])
def test_what_no_store_can_hold_is_not_there(dump: Dump, key: str) -> None:
    assert not dump.exists(key)
    assert dump.paths(key) == []
    assert dump.moniker_definitions(MonikerKey("python", key)) == []
    assert dump.moniker_references(MonikerKey(key, "x")) == []


def test_a_dump_that_was_never_written_is_not_there(stored: Stored) -> None:
    assert not stored.reader.exists(1)
    assert stored.reader.dumps() == []
    with pytest.raises(DumpNotStored, match="dump 1"), stored.reader.open(1):
        pass


def test_ids_come_in_pages_by_keyset(stored: Stored) -> None:
    for dump_id in (5, 1, 30, 12, 7):
        stored.store.write(dump_id, small("a"))
    assert stored.reader.dumps(limit=3) == [1, 5, 7]
    assert stored.reader.dumps(after=7, limit=3) == [12, 30]
    assert stored.reader.dumps(after=30) == []


def test_a_dump_is_written_once(stored: Stored) -> None:
    stored.store.write(1, small("a", message="first"))
    with pytest.raises(DumpAlreadyStored, match="dump 1") as refused:
        stored.store.write(1, small("a", message="second"))
    assert refused.value.exit_status == 3
    assert messages(stored.reader, 1) == [("a", "first")]


def test_a_dump_that_is_replaced_has_nothing_of_the_one_before(stored: Stored) -> None:
    stored.store.write(1, small("a", "b", message="first"))
    stored.store.write(2, small("a", message="other"))
    stored.store.write(1, small("b", "c", message="second"), replace=True)
    assert messages(stored.reader, 1) == [("b", "second"), ("c", "second")]
    assert messages(stored.reader, 2) == [("a", "other")]


def test_replacing_what_is_not_there_is_writing(stored: Stored) -> None:
    stored.store.write(1, small("a"), replace=True)
    assert stored.reader.exists(1)


def test_a_dump_that_is_deleted_is_gone_and_can_be_written_again(stored: Stored) -> None:
    stored.store.write(1, small("a", message="first"))
    stored.store.write(2, small("b"))
    assert stored.store.delete(1)
    assert not stored.store.delete(1)
    assert not stored.reader.exists(1)
    assert stored.reader.dumps() == [2]
    stored.store.write(1, small("c", message="second"))
    assert messages(stored.reader, 1) == [("c", "second")]


@pytest.mark.parametrize("change", ["replaced", "deleted"])
def test_a_request_sees_one_state_of_a_dump(
    stored: Stored, migrated_url: str, folder: BundleFolder, change: str
) -> None:
    stored.store.write(1, small("a", "b", message="first"))
    with ExitStack() as stack:
        dump = stack.enter_context(stored.reader.open(1))
        dump.paths()
        connection = stack.enter_context(psycopg.connect(migrated_url, autocommit=True))
        is_files = isinstance(stored.store, SqliteStore)
        elsewhere: Store = SqliteStore(folder) if is_files else PostgresStore(connection)
        if change == "replaced":
            elsewhere.write(1, small("z", message="second"), replace=True)
        else:
            elsewhere.delete(1)
        assert [d.message for _, d in dump.diagnostics()] == ["first", "first"]
    if change == "replaced":
        assert messages(stored.reader, 1) == [("z", "second")]
    else:
        assert not stored.reader.exists(1)


def test_blobs_are_the_same_bytes_in_both_stores(
    migrated: Connection, folder: BundleFolder, click_rows: Rows
) -> None:
    PostgresStore(migrated).write(1, click_rows)
    SqliteStore(folder).write(1, click_rows)
    with closing(sqlite3.connect(folder.bundle(1))) as file:
        for table, key, column in (
            ("documents", "path", "path"),
            ("result_chunks", "idx", "id"),
            ("definitions", "scheme, identifier", "scheme, identifier"),
            ("references", "scheme, identifier", "scheme, identifier"),
        ):
            rows = set(migrated.execute(f"SELECT {key}, data FROM lsif_data_{table}"))
            assert rows == set(file.execute(f'SELECT {column}, data FROM "{table}"'))
            assert rows


@pytest.mark.parametrize("name", named_queries())
def test_postgres_understands_every_query(store: Connection, name: str) -> None:
    store.execute(f"PREPARE asked AS {query(name)}")


@pytest.mark.parametrize("name", named_statements())
def test_postgres_understands_every_statement_of_the_upkeep(
    migrated: Connection, name: str
) -> None:
    migrated.execute(f"PREPARE asked AS {statement(name)}")
