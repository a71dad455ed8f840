"""The reader against PostgreSQL's own grammar, over PostgreSQL's own regression SQL.

`make test` reads every tenth file; `make test-oracle` reads them all.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import postgast
import pytest

import regression_sql
from outofband_lint.reader import read_piece
from outofband_lint.reader.split import Piece, pieces
from outofband_lint.statement import NotUnderstood, SetParameter, SetSearchPath
from pg_tree.comparable import comparable
from pg_tree.statements import statement_of

EVERY = int(os.environ.get("ORACLE_EVERY", "10"))
NOT_DDL = frozenset(
    [
        "call_stmt",
        "checkpoint_stmt",
        "close_portal_stmt",
        "copy_stmt",
        "deallocate_stmt",
        "declare_cursor_stmt",
        "delete_stmt",
        "discard_stmt",
        "do_stmt",
        "execute_stmt",
        "explain_stmt",
        "fetch_stmt",
        "insert_stmt",
        "listen_stmt",
        "load_stmt",
        "merge_stmt",
        "notify_stmt",
        "prepare_stmt",
        "select_stmt",
        "transaction_stmt",
        "unlisten_stmt",
        "update_stmt",
        "variable_set_stmt",
        "variable_show_stmt",
    ]
)
# A WITH that writes, in a subquery: the grammar takes it, the analysis behind it refuses it, and
# our reader reports the write.
ONLY_GRAMMATICAL = ("SELECT * FROM (\n\tWITH t AS (UPDATE y SET a=a+1 RETURNING *)",)


@dataclass
class Tally:
    """What the comparison found."""

    statements: int = 0
    refused: int = 0
    ddl: int = 0
    ddl_understood: int = 0
    not_understood: Counter[str] = field(default_factory=Counter)
    different: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.ddl_understood / self.ddl


@pytest.fixture(scope="module")
def corpus() -> list[Path]:
    try:
        return regression_sql.files()[::EVERY]
    except regression_sql.CorpusNotFound as reason:
        pytest.skip(f"PostgreSQL's regression SQL is not here: {reason}")


@pytest.fixture(scope="module")
def tally(corpus: list[Path]) -> Tally:
    found = Tally()
    for path in corpus:
        for piece in pieces(path.read_text(encoding="utf-8", errors="replace")):
            if piece.broken is None and not piece.texts[0].startswith("\\"):
                compare(piece, found)
    return found


def compare(piece: Piece, tally: Tally) -> None:
    text = piece.sql[piece.starts[0] : piece.ends[-1]]
    try:
        tree = postgast.parse(text)
    except postgast.PgQueryError:
        tally.refused += 1
        return
    if len(tree.stmts) != 1:
        tally.different.append(f"{len(tree.stmts)} statements in one piece: {text}")
        return
    kind = tree.stmts[0].stmt.WhichOneof("node")
    read = read_piece(piece)
    statement = read[-1] if kind == "do_stmt" else read[0]
    understood = not isinstance(statement, NotUnderstood)
    tally.statements += 1
    tally.ddl += kind not in NOT_DDL
    tally.ddl_understood += kind not in NOT_DDL and understood
    if not understood:
        tally.not_understood[kind] += 1
    elif not is_set_config(kind, statement) and not text.startswith(ONLY_GRAMMATICAL):
        expected, given = statement_of(tree), comparable(statement)
        if expected != given:
            tally.different.append(f"{text}\n  expected {expected}\n  read     {given}")


def is_set_config(kind: str, statement: object) -> bool:
    """A SELECT set_config() is a SET to the reader, and a SELECT in the tree."""
    return kind == "select_stmt" and isinstance(statement, SetParameter | SetSearchPath)


def test_every_statement_is_read_as_postgres_parses_it_or_not_understood(tally: Tally) -> None:
    assert not tally.different, "\n".join(tally.different[:5])


def test_the_pieces_are_statements(tally: Tally) -> None:
    """The corpus holds errors and psql variables on purpose; a wrong cut would add to these."""
    assert tally.refused < 0.02 * tally.statements


def test_at_least_99_percent_of_ddl_is_understood(
    tally: Tally, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stdout.write(
            f"\n{tally.statements} statements compared, {tally.refused} refused by PostgreSQL; "
            f"of {tally.ddl} DDL statements {tally.share:.2%} understood; "
            f"not understood: {dict(tally.not_understood.most_common())}\n"
        )
    assert tally.share >= 0.99


def test_different_statements_are_not_taken_for_equal() -> None:
    first, second = "DROP TABLE a", "DROP TABLE b"
    (piece,) = pieces(first)
    assert comparable(read_piece(piece)[0]) == statement_of(postgast.parse(first))
    assert comparable(read_piece(piece)[0]) != statement_of(postgast.parse(second))
