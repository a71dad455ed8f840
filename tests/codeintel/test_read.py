"""Which files are dumps, and what is said of those that are none."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from codeintel.lsif import elements
from codeintel.lsif.read import DumpTruncated, DumpUnreadable, NotAnLsifDump, read

META_DATA = (
    b'{"id":1,"type":"vertex","label":"metaData","version":"0.4.3","projectRoot":"file:///p"}\n'
)
BEGIN = b'{"id":2,"type":"vertex","label":"$event","kind":"begin","scope":"project","data":9}\n'
RANGE = (
    b'{"id":"r","type":"vertex","label":"range",'
    b'"start":{"line":0,"character":1},"end":{"line":0,"character":4}}\n'
)


@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzipped"])
def test_a_dump_is_read_plain_or_gzipped_whatever_its_name(
    tmp_path: Path, pack: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "dump.bin"
    path.write_bytes(pack(META_DATA + RANGE))
    meta_data, found = read(path)
    assert meta_data == elements.MetaData("1", "0.4.3", "file:///p")
    assert found == elements.Range("r", (0, 1, 0, 4))  # type: ignore[arg-type]


def test_reading_does_not_wait_for_the_end_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "dump.lsif"
    path.write_bytes(META_DATA + b"no JSON\n")
    assert next(read(path)) == elements.MetaData("1", "0.4.3", "file:///p")


FOREIGN = {
    "nothing": (b"", 1, "empty"),
    "a picture": (b"\x89PNG\r\n\x1a\n\xff", 1, "not UTF-8"),
    "prose": (b"Dear reader,\n", 1, "not JSON"),
    "a list": (b"[1, 2]\n", 1, "no element of LSIF"),
    "a bottomless list": (b"[" * 100_000 + b"\n", 1, "no element of LSIF"),
    "an object of another format": (b'{"name": "x"}\n', 1, "it lacks 'type'"),
    "another first element": (RANGE, 1, "not metaData"),
    "a later version": (META_DATA.replace(b"0.4.3", b"0.6.0"), 1, "LSIF 0.6.0"),
    "a line in the middle that is no JSON": (META_DATA + b"oops\n" + RANGE, 2, "not JSON"),
    "an edge without an end": (
        META_DATA + b'{"id":2,"type":"edge","label":"next","outV":1}\n',
        2,
        "inV",
    ),
    "a position below zero": (META_DATA + RANGE.replace(b":1}", b":-1}"), 2, "not counts"),
    "gzip of prose": (gzip.compress(b"Dear reader,\n"), 1, "not JSON"),
    "damaged gzip": (gzip.compress(META_DATA * 99)[:-9] + b"\0" * 9, 100, "damaged"),
}


@pytest.mark.parametrize(("content", "line", "why"), FOREIGN.values(), ids=FOREIGN.keys())
def test_a_foreign_file_is_refused_with_the_line_that_shows_it(
    tmp_path: Path, content: bytes, line: int, why: str
) -> None:
    path = tmp_path / "dump.lsif"
    path.write_bytes(content)
    with pytest.raises(NotAnLsifDump) as refused:
        list(read(path))
    assert f"at line {line}:" in str(refused.value)
    assert why in str(refused.value)
    assert refused.value.exit_status == 2


TRUNCATED = {
    "in the middle of a line": (META_DATA + RANGE[:-20], 2, "stops in the middle"),
    "between two lines": (META_DATA + BEGIN + RANGE, 3, "ends inside project 9"),
    "in the gzip stream": (gzip.compress(META_DATA + BEGIN + RANGE)[:-4], 4, "end mark"),
}


@pytest.mark.parametrize(("content", "line", "why"), TRUNCATED.values(), ids=TRUNCATED.keys())
def test_a_dump_that_was_cut_off_is_told_from_a_foreign_file(
    tmp_path: Path, content: bytes, line: int, why: str
) -> None:
    path = tmp_path / "dump.lsif"
    path.write_bytes(content)
    with pytest.raises(DumpTruncated) as refused:
        list(read(path))
    assert f"at line {line}:" in str(refused.value)
    assert why in str(refused.value)


def test_every_cut_through_a_gzipped_dump_is_noticed(tmp_path: Path) -> None:
    whole = gzip.compress(META_DATA + BEGIN + RANGE * 50)
    path = tmp_path / "dump.lsif.gz"
    for length in range(2, len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises((DumpTruncated, NotAnLsifDump)):
            list(read(path))


@pytest.mark.parametrize("name", ["missing.lsif", "."])
def test_what_cannot_be_opened_is_said_so(tmp_path: Path, name: str) -> None:
    with pytest.raises(DumpUnreadable, match="cannot be read"):
        list(read(tmp_path / name))


def test_blank_lines_between_elements_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / "dump.lsif"
    path.write_bytes(META_DATA + b"\n" + RANGE + b"\n\n")
    assert len(list(read(path))) == 2


HOVERS = {
    "a string": ("plain", "plain"),
    "marked code": ({"language": "ts", "value": "let x"}, "```ts\nlet x\n```"),
    "markup": ({"kind": "markdown", "value": "*x*"}, "*x*"),
    "several": ([{"language": "ts", "value": "f"}, "Doc."], "```ts\nf\n```\n\n---\n\nDoc."),
    "empty parts": (["", "Doc."], "Doc."),
}


@pytest.mark.parametrize(("contents", "text"), HOVERS.values(), ids=HOVERS.keys())
def test_a_hover_is_one_text_of_markdown(tmp_path: Path, contents: object, text: str) -> None:
    hover = {"id": 2, "type": "vertex", "label": "hoverResult", "result": {"contents": contents}}
    path = tmp_path / "dump.lsif"
    path.write_bytes(META_DATA + json.dumps(hover).encode())
    assert list(read(path))[1] == elements.HoverResult("2", text)
