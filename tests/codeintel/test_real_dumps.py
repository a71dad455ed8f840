"""Three dumps that another indexer wrote: what their README counts, and that they make sense."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import psycopg
import pytest

from codeintel.commands.stats import row_counts
from codeintel.lsif.correlate import correlate
from codeintel.lsif.read import read
from codeintel.store.postgres import Dump
from codeintel.worker import prepare, write

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


def test_definitions_found_through_the_rows_have_the_text_of_what_was_asked(
    real_dumps: Path, store: psycopg.Connection[object]
) -> None:
    path = real_dumps / "mobx.lsif.gz"
    texts = _texts(path)
    bundle = correlate(read(path))
    write(store, 1, prepare(bundle))
    dump = Dump(store, 1)
    by_place = {
        (name, range_.span): texts[key]
        for name, document in bundle.documents.items()
        for key, range_ in document.ranges.items()
    }
    asked = [place for place, text in by_place.items() if text]
    same = other = 0
    for name, span in random.Random(1).sample(asked, 300):
        for location in dump.definitions(name, span.start_line, span.start_character):
            found = by_place[location.path, location.span]
            # Empty is a module, which begins where its file does.
            same += found == by_place[name, span]
            other += found not in ("", by_place[name, span])
    # Of all ranges of this dump 9,522 lead to the same text, 165 to a module, and 703 nowhere:
    # they are defined in the compiler's own library, which is no part of the project.
    assert other == 0
    assert same > 250


def _texts(path: Path) -> dict[str, str]:
    """Return the text of each range, which this writer puts into a tag."""
    with gzip.open(path, "rt") as lines:
        elements = (json.loads(line) for line in lines if '"label":"range"' in line)
        return {str(element["id"]): element["tag"]["text"] for element in elements}
