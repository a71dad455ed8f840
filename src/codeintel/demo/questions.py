"""What readers ask of the store, and the answer that they were promised. Pure but for chance."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from codeintel.store.rows import Rows

WEIGHTS = {
    "definitions": 30,
    "references": 30,
    "document": 20,
    "result_chunk": 10,
    "metadata": 10,
}
"""The queries of the store (store/queries) that are asked, each with its share in a hundred."""


@dataclass(frozen=True, slots=True)
class Question:
    """A query of the store, its parameters, and the one value that answers it, byte for byte."""

    query: str
    parameters: tuple[int | str, ...]
    answer: bytes | int


def question(chance: Random, dump_id: int, rows: Rows) -> Question:
    """Choose something that an upload has put under an id."""
    kind = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
    match kind:
        case "definitions" | "references":
            table = rows.definitions if kind == "definitions" else rows.references
            moniker = chance.choice(table)
            return Question(kind, (dump_id, moniker.scheme, moniker.identifier), moniker.data)
        case "document":
            document = chance.choice(rows.documents)
            return Question(kind, (dump_id, document.path), document.data)
        case "result_chunk":
            chunk = chance.choice(rows.result_chunks)
            return Question(kind, (dump_id, chunk.idx), chunk.data)
        case _:
            return Question("metadata", (dump_id,), rows.metadata.num_result_chunks)
