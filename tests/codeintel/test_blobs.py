"""The data columns: what goes in comes out, and what did not go in is refused."""

from __future__ import annotations

import gzip
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from codeintel.bundle import Document, Location, ResultChunk
from codeintel.store import blobs

#: A busy machine is no reason to fail.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@UNHURRIED
@given(st.from_type(Document))
def test_a_document_comes_out_as_it_went_in(document: Document) -> None:
    assert blobs.decode_document(blobs.encode_document(document)) == document


@UNHURRIED
@given(st.from_type(ResultChunk))
def test_a_result_chunk_comes_out_as_it_went_in(chunk: ResultChunk) -> None:
    assert blobs.decode_result_chunk(blobs.encode_result_chunk(chunk)) == chunk


@UNHURRIED
@given(st.lists(st.from_type(Location)).map(tuple))
def test_locations_come_out_as_they_went_in(locations: tuple[Location, ...]) -> None:
    assert blobs.decode_locations(blobs.encode_locations(locations)) == locations


def test_half_a_surrogate_pair_comes_out_as_it_went_in() -> None:
    document = Document({}, {"1": "a \ud83d b"}, {}, {})
    assert blobs.decode_document(blobs.encode_document(document)) == document


def test_the_same_value_is_the_same_bytes_at_any_time() -> None:
    blob = blobs.encode_locations([])
    assert blob[4:8] == bytes(4), "gzip's time stamp"


FOREIGN = {
    "nested without end": gzip.compress(b"[" * 100_000),
    "not gzip": b"{}",
    "cut off": gzip.compress(b"{}")[:-3],
    "not JSON": gzip.compress(b"\xff\x80gob"),
    "another shape": gzip.compress(b'{"ranges": [1]}'),
    "another span": gzip.compress(b'[["a", 1, 2]]'),
}


@pytest.mark.parametrize("blob", FOREIGN.values(), ids=FOREIGN.keys())
@pytest.mark.parametrize(
    "decode", [blobs.decode_document, blobs.decode_result_chunk, blobs.decode_locations]
)
def test_a_foreign_blob_is_refused(decode: Callable[[bytes], object], blob: bytes) -> None:
    with pytest.raises(blobs.BlobUnreadable):
        decode(blob)
