"""What the elements of a dump mean together, on dumps small enough to see through."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codeintel.bundle import Bundle, Diagnostic, Location, MonikerKey, Span, result_chunk_index
from codeintel.lsif.correlate import correlate
from codeintel.lsif.graph import DanglingEdge
from codeintel.lsif.read import read
from codeintel.worker import prepare
from outofband.errors import Misuse

WriteDump = Callable[..., Path]
Element = dict[str, Any]


def vertex(key: str, label: str, **properties: Any) -> Element:
    return {"id": key, "type": "vertex", "label": label, **properties}


def edge(label: str, source: str, *targets: str, **properties: Any) -> Element:
    return {"type": "edge", "label": label, "outV": source, "inVs": list(targets), **properties}


def document(key: str, uri: str) -> Element:
    return vertex(key, "document", uri=uri, languageId="x")


def range_(key: str, line: int) -> Element:
    start, end = {"line": line, "character": 0}, {"line": line, "character": 3}
    return vertex(key, "range", start=start, end=end)


def moniker(key: str, identifier: str, **properties: Any) -> Element:
    return vertex(key, "moniker", scheme="s", identifier=identifier, **properties)


def at(path: str, line: int) -> Location:
    return Location(path, Span(line, 0, line, 3))


META_DATA = vertex("0", "metaData", version="0.4.3", projectRoot="file:///p")

#: One symbol, defined on line 0 and used on line 1 of ``a``.
SYMBOL = [
    document("a", "file:///p/a"),
    range_("def", 0),
    range_("use", 1),
    vertex("set", "resultSet"),
    edge("next", "def", "set"),
    edge("next", "use", "set"),
    vertex("definition", "definitionResult"),
    edge("textDocument/definition", "set", "definition"),
    vertex("reference", "referenceResult"),
    edge("textDocument/references", "set", "reference"),
    edge("contains", "a", "def", "use"),
    edge("item", "definition", "def", document="a"),
    edge("item", "reference", "def", document="a", property="definitions"),
    edge("item", "reference", "use", document="a", property="references"),
]
EXPORTED = [moniker("m", "sym", kind="export"), edge("moniker", "set", "m")]

SYM = MonikerKey("s", "sym")


def bundle_of(write_dump: WriteDump, *elements: Element) -> Bundle:
    return correlate(read(write_dump(*elements)))


def test_a_moniker_has_a_row_of_definitions_and_one_of_references(write_dump: WriteDump) -> None:
    bundle = bundle_of(write_dump, *SYMBOL, *EXPORTED)
    assert bundle.definitions == {SYM: (at("a", 0),)}
    assert bundle.references == {SYM: (at("a", 0), at("a", 1))}


def test_ranges_get_the_results_of_their_result_set(write_dump: WriteDump) -> None:
    ranges = bundle_of(write_dump, *SYMBOL).documents["a"].ranges
    assert ranges["use"].definition_result == "definition"
    assert ranges["use"].reference_result == "reference"


def test_what_is_nearer_to_a_range_wins(write_dump: WriteDump) -> None:
    nearer = [
        vertex("own", "definitionResult"),
        edge("textDocument/definition", "use", "own"),
    ]
    ranges = bundle_of(write_dump, *SYMBOL, *nearer).documents["a"].ranges
    assert ranges["use"].definition_result == "own"
    assert ranges["def"].definition_result == "definition"


def test_a_circle_of_result_sets_ends(write_dump: WriteDump) -> None:
    circle = [
        vertex("other", "resultSet"),
        edge("next", "set", "other"),
        edge("next", "other", "set"),
    ]
    bundle = bundle_of(write_dump, *SYMBOL, *EXPORTED, *circle)
    assert bundle.definitions == {SYM: (at("a", 0),)}


@pytest.mark.parametrize("kind", [{}, {"kind": "local"}], ids=["without kind", "local"])
def test_a_local_moniker_has_no_rows(write_dump: WriteDump, kind: dict[str, str]) -> None:
    local = [moniker("m", "sym", **kind), edge("moniker", "set", "m")]
    bundle = bundle_of(write_dump, *SYMBOL, *local)
    assert (bundle.definitions, bundle.references) == ({}, {})


def test_the_monikers_that_a_moniker_leads_to_count_too(write_dump: WriteDump) -> None:
    further = [moniker("n", "package:sym", kind="export"), edge("nextMoniker", "m", "n")]
    bundle = bundle_of(write_dump, *SYMBOL, *EXPORTED, *further)
    assert set(bundle.definitions) == {SYM, MonikerKey("s", "package:sym")}


def test_a_document_knows_its_monikers_and_their_packages(write_dump: WriteDump) -> None:
    package = [
        vertex("pkg", "packageInformation", name="p", version="1.0"),
        edge("packageInformation", "m", "pkg"),
    ]
    found = bundle_of(write_dump, *SYMBOL, *EXPORTED, *package).documents["a"]
    assert found.monikers["m"].package == "pkg"
    assert found.packages == {"pkg": ("p", "1.0")}


def test_linked_reference_results_are_one(write_dump: WriteDump) -> None:
    other = [
        range_("elsewhere", 7),
        vertex("other", "referenceResult"),
        edge("textDocument/references", "elsewhere", "other"),
        edge("item", "other", "elsewhere", document="a", property="references"),
        edge("item", "other", "reference", property="referenceResults"),
    ]
    bundle = bundle_of(write_dump, *SYMBOL, *EXPORTED, *other)
    assert bundle.references == {SYM: (at("a", 0), at("a", 1), at("a", 7))}
    assert bundle.documents["a"].ranges["elsewhere"].reference_result == "reference"


def test_a_document_that_is_written_twice_is_one(write_dump: WriteDump) -> None:
    again = [
        document("b", "file:///p/a"),
        range_("late", 5),
        edge("contains", "b", "late"),
        edge("item", "reference", "late", document="b", property="references"),
    ]
    bundle = bundle_of(write_dump, *SYMBOL, *EXPORTED, *again)
    assert list(bundle.documents) == ["a"]
    assert set(bundle.documents["a"].ranges) == {"def", "use", "late"}
    assert bundle.references[SYM] == (at("a", 0), at("a", 1), at("a", 5))


@pytest.mark.parametrize(
    "uri",
    [
        "file:///elsewhere/lib.d.ts",
        "file:///p/node_modules/q/a.ts",
        "file:///p/../b",
        "file:///pq/a",
        "file:///p",
        "",
    ],
)
def test_documents_outside_the_project_leave_no_trace(write_dump: WriteDump, uri: str) -> None:
    outside = [
        document("lib", uri),
        range_("there", 3),
        edge("contains", "lib", "there"),
        edge("item", "definition", "there", document="lib"),
    ]
    bundle = bundle_of(write_dump, *SYMBOL, *EXPORTED, *outside)
    assert list(bundle.documents) == ["a"]
    assert bundle.definitions == {SYM: (at("a", 0),)}


def test_a_path_is_the_text_that_its_uri_encodes(write_dump: WriteDump) -> None:
    bundle = bundle_of(write_dump, document("a", "file:///p/a%20b/%C3%BC.ts"))
    assert list(bundle.documents) == ["a b/ü.ts"]


def test_a_range_that_only_a_result_names_is_in_its_document(write_dump: WriteDump) -> None:
    stray = [range_("stray", 9), edge("item", "reference", "stray", document="a")]
    assert "stray" in bundle_of(write_dump, *SYMBOL, *stray).documents["a"].ranges


def test_diagnostics_belong_to_their_document(write_dump: WriteDump) -> None:
    span = {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 3}}
    result = [{"severity": 1, "code": 2307, "message": "no", "range": span}]
    found = [
        vertex("d", "diagnosticResult", result=result),
        edge("textDocument/diagnostic", "a", "d"),
    ]
    diagnostics = bundle_of(write_dump, *SYMBOL, *found).documents["a"].diagnostics
    assert diagnostics == (Diagnostic(1, "2307", "no", "", Span(0, 0, 0, 3)),)


DANGLING = {
    "next": edge("next", "def", "ghost"),
    "contains": edge("contains", "a", "ghost"),
    "item range": edge("item", "definition", "ghost", document="a"),
    "item document": edge("item", "definition", "def", document="ghost"),
    "item result": edge("item", "ghost", "def", document="a"),
    "linked result": edge("item", "reference", "ghost", property="referenceResults"),
    "definition": edge("textDocument/definition", "set", "ghost"),
    "references": edge("textDocument/references", "set", "ghost"),
    "hover": edge("textDocument/hover", "set", "ghost"),
    "diagnostic": edge("textDocument/diagnostic", "a", "ghost"),
    "moniker": edge("moniker", "set", "ghost"),
    "next moniker": edge("nextMoniker", "set", "ghost"),
    "package": edge("packageInformation", "set", "ghost"),
}


@pytest.mark.parametrize("dangling", DANGLING.values(), ids=DANGLING.keys())
def test_an_edge_to_what_is_not_there_is_refused(write_dump: WriteDump, dangling: Element) -> None:
    with pytest.raises(DanglingEdge, match="'ghost'"):
        bundle_of(write_dump, *SYMBOL, dangling)


@pytest.mark.parametrize(
    ("result_id", "chunks", "index"),
    # Java's "".hashCode() and "1234567890".hashCode(); the latter is -2054162789.
    [("", 7, 0), ("7", 1000, 55), ("1234567890", 1000, 789), ("1234567890", 1, 0)],
)
def test_the_chunk_of_a_result_is_javas_hash_of_its_id(
    result_id: str, chunks: int, index: int
) -> None:
    assert result_chunk_index(result_id, chunks) == index


def test_every_result_is_in_the_chunk_of_its_hash(write_dump: WriteDump) -> None:
    many = [vertex(str(number), "definitionResult") for number in range(1600)]
    bundle = bundle_of(write_dump, *SYMBOL, *many)
    assert bundle.num_result_chunks == 3
    for index, chunk in bundle.result_chunks.items():
        assert {result_chunk_index(result_id, 3) for result_id in chunk.results} == {index}


WHOLE = [
    *SYMBOL,
    *EXPORTED,
    vertex("hover", "hoverResult", result={"contents": [{"language": "x", "value": "f"}, "Doc."]}),
    edge("textDocument/hover", "set", "hover"),
    vertex("package", "packageInformation", name="p", version="1"),
    edge("packageInformation", "m", "package"),
    vertex(
        "diagnostics",
        "diagnosticResult",
        result=[{"severity": 1, "code": 1, "message": "no", "range": range_("", 0)}],
    ),
    edge("textDocument/diagnostic", "a", "diagnostics"),
]
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda values: st.lists(values) | st.dictionaries(st.text(), values),
    max_leaves=4,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(range(len(WHOLE))), st.data(), JSON)
def test_whatever_stands_in_an_element_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, index: int, data: st.DataObject, value: object
) -> None:
    key = data.draw(st.sampled_from(sorted(WHOLE[index])))
    elements = [*WHOLE[:index], {**WHOLE[index], key: value}, *WHOLE[index + 1 :]]
    path = tmp_path_factory.getbasetemp() / "any.lsif"
    lines = [META_DATA, *elements]
    path.write_text("".join(f"{json.dumps({'id': n, **e})}\n" for n, e in enumerate(lines)))
    with suppress(Misuse):
        prepare(correlate(read(path)))
