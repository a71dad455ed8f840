"""Dumps whose rows say which dump and which version they are."""

from __future__ import annotations

from codeintel.bundle import Document
from codeintel.demo.dumps import Library
from codeintel.store.blobs import encode_document
from codeintel.store.dump import Dump
from codeintel.store.rows import DocumentRow, Rows

_FOLDER = "version/"
_NOTHING = encode_document(Document({}, {}, {}, {}))


def rows_of(library: Library, dump_id: int, version: int) -> Rows:
    """Return the rows of a version of a dump: a package's, and a document of no content."""
    rows = library.rows(dump_id)
    mark = DocumentRow(f"{_FOLDER}{dump_id}-{version}", _NOTHING, 0)
    return Rows(
        metadata=rows.metadata,
        documents=(mark, *rows.documents),
        result_chunks=rows.result_chunks,
        definitions=rows.definitions[version % 3 :],
        references=rows.references,
    )


def version_of(dump: Dump, dump_id: int) -> int:
    """Return which version a dump says it is, -1 where it is another dump or several versions."""
    marks = dump.paths(_FOLDER)
    of, _, version = marks[0].removeprefix(_FOLDER).partition("-") if len(marks) == 1 else ("",) * 3
    return int(version) if of == str(dump_id) else -1
