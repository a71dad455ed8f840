"""Three dumps that another indexer wrote: what their README counts, and that they make sense."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
import pytest

import suites
from codeintel.bundle import Location
from codeintel.commands.stats import row_counts
from codeintel.lsif.correlate import correlate
from codeintel.lsif.read import read
from codeintel.store import blobs
from codeintel.store.dump import Dump
from codeintel.store.folder import BundleFolder
from codeintel.store.postgres import PostgresStore
from codeintel.store.sqlite import SqliteStore
from codeintel.worker import prepare

pytestmark = suites.ORACLE

DUMPS = {
    "mobx": {"documents": 56, "result_chunks": 11, "definitions": 1674, "references": 1886},
    "rxjs7": {"documents": 249, "result_chunks": 22, "definitions": 2438, "references": 2702},
    "ethers": {"documents": 140, "result_chunks": 38, "definitions": 5934, "references": 6488},
}


@pytest.mark.parametrize(("name", "counts"), DUMPS.items(), ids=DUMPS.keys())
def test_a_dump_has_the_rows_that_its_readme_counts(
    real_dumps: Path, name: str, counts: dict[str, int]
) -> None:
    assert row_counts(correlate(read(real_dumps / f"{name}.lsif.gz"))) == counts


#: 1,000 ranges of the three dumps, drawn by lot. The others of each dump behave alike.
ASKED = {"mobx": 300, "rxjs7": 350, "ethers": 350}


@pytest.mark.parametrize("name", ASKED)
def test_a_range_leads_to_the_same_text_through_either_store(
    real_dumps: Path,
    migrated: psycopg.Connection[Any],
    folder: BundleFolder,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
) -> None:
    # The same bytes decode to the same value, and a thousand requests meet the same documents.
    for decode in (blobs.decode_document, blobs.decode_result_chunk):
        monkeypatch.setattr(blobs, decode.__name__, cache(decode))
    path = real_dumps / f"{name}.lsif.gz"
    texts = _texts(path)
    bundle = correlate(read(path))
    rows = prepare(bundle)
    by_place = {
        Location(document_path, range_.span): texts[key]
        for document_path, document in bundle.documents.items()
        for key, range_ in document.ranges.items()
    }
    asked = sorted(place for place, text in by_place.items() if text)
    asked = random.Random(1).sample(asked, ASKED[name])
    PostgresStore(migrated).write(1, rows)
    SqliteStore(folder).write(1, rows)
    with PostgresStore(migrated).open(1) as by_rows, SqliteStore(folder).open(1) as by_file:
        led = [_led_to(by_rows, place) for place in asked]
        assert [_led_to(by_file, place) for place in asked] == led
    found = [
        (by_place[place], by_place[location])
        for place, locations in zip(asked, led, strict=True)
        for location in locations
    ]
    # Empty is a module, which begins where its file does. Of all ranges of mobx 9,522 lead to the
    # same text, 165 to a module, and 703 nowhere: they are defined in the compiler's own library,
    # which is no part of the project. A quoted key of an object is its property.
    assert [pair for pair in found if pair[1] and _bare(pair[0]) != _bare(pair[1])] == []
    assert sum(asked == found for asked, found in found) > 0.8 * len(asked)


def _led_to(dump: Dump, place: Location) -> Sequence[Location]:
    return dump.definitions(place.path, place.span.start_line, place.span.start_character)


def _bare(text: str) -> str:
    return text.strip("'\"")


def _texts(path: Path) -> dict[str, str]:
    """Return the text of each range, which this writer puts into a tag."""
    with gzip.open(path, "rt") as lines:
        elements = (json.loads(line) for line in lines if '"label":"range"' in line)
        return {str(element["id"]): element["tag"]["text"] for element in elements}
