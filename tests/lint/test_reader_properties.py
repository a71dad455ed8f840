"""What holds for every text, and for every statement that a small grammar of DDL yields."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from outofband_lint.names import QualifiedName, quote
from outofband_lint.reader import read
from outofband_lint.reader.split import pieces
from outofband_lint.reader.tokens import Unreadable, tokenize
from outofband_lint.statement import (
    AddColumn,
    AddConstraint,
    AlterColumnType,
    AlterTable,
    ColumnDefinition,
    Constraint,
    CreateIndex,
    CreateTable,
    DataType,
    DropColumn,
    DropIndex,
    DropTable,
    IndexKey,
    Statement,
)

FRAGMENTS = """
    create table index on only ( ) , ; . t a 1 'x' $$ $b$ ' " -- /* */ alter add column constraint
    primary key do begin end case set drop [ ] := U& E' type int partition of reindex select into
    copy from stdin \\. \\g \\gexec \\echo \\; : :a :'a' atomic with update insert values language
    numeric float interval schema execute using where not null default foreign references \\
"""
TEXTS = st.text() | st.lists(
    st.sampled_from([*FRAGMENTS.split(), "\n", "\r", "\t", "\0", "é"])
).map(" ".join)

IDENTIFIERS = st.text(
    st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12
)
NAMES = st.builds(QualifiedName, IDENTIFIERS, st.none() | IDENTIFIERS)
TYPES = st.sampled_from(
    [
        ("int", DataType("integer")),
        ("VARCHAR(20)", DataType("character varying", modifiers=("20",))),
        ("timestamptz", DataType("timestamp", suffix=" with time zone")),
        ("numeric(8, 2) []", DataType("numeric", modifiers=("8", "2"), array=True)),
        ('app."Mood"', DataType("Mood", "app", builtin=False)),
    ]
)
SPACES = st.sampled_from([" ", "\n", "\t", " /* ; */ ", " -- '\n", "\r\n"])


@st.composite
def columns(draw: st.DrawFn) -> tuple[str, ColumnDefinition]:
    name = draw(IDENTIFIERS)
    spelled, type_ = draw(TYPES)
    not_null, default = draw(st.booleans()), draw(st.none() | st.sampled_from(["0", "now()"]))
    sql = f"{quote(name)} {spelled}"
    sql += f" DEFAULT {default}" if default else ""
    sql += " NOT NULL" if not_null else ""
    return sql, ColumnDefinition(name, type_, not_null=not_null, default=default)


@st.composite
def creations(draw: st.DrawFn) -> tuple[str, Statement]:
    table = draw(NAMES)
    given_columns = draw(st.lists(columns(), max_size=4))
    if_not_exists, unlogged = draw(st.booleans()), draw(st.booleans())
    sql = f"CREATE {'UNLOGGED ' * unlogged}TABLE {'IF NOT EXISTS ' * if_not_exists}{table}"
    sql += f" ({', '.join(text for text, _ in given_columns)})"
    read_columns = tuple(column for _, column in given_columns)
    return sql, CreateTable(table, read_columns, unlogged=unlogged, if_not_exists=if_not_exists)


@st.composite
def alterations(draw: st.DrawFn) -> tuple[str, Statement]:
    table, only = draw(NAMES), draw(st.booleans())
    actions = draw(st.lists(table_actions(), min_size=1, max_size=3))
    sql = f"ALTER TABLE {'ONLY ' * only}{table} {', '.join(text for text, _ in actions)}"
    return sql, AlterTable(table, tuple(action for _, action in actions), only=only)


@st.composite
def table_actions(draw: st.DrawFn) -> tuple[str, object]:
    name = draw(IDENTIFIERS)
    column_sql, column = draw(columns())
    spelled, type_ = draw(TYPES)
    other = draw(NAMES)
    return draw(
        st.sampled_from(
            [
                (f"ADD COLUMN {column_sql}", AddColumn(column)),
                (f"DROP {quote(name)} CASCADE", DropColumn(name, cascade=True)),
                (f"ALTER {quote(name)} TYPE {spelled}", AlterColumnType(name, type_)),
                (
                    f"ADD CONSTRAINT {quote(name)} FOREIGN KEY ({quote(name)}) "
                    f"REFERENCES {other} ON DELETE SET NULL NOT VALID",
                    AddConstraint(
                        Constraint(
                            "foreign_key",
                            name,
                            (name,),
                            references=other,
                            not_valid=True,
                            on_delete="set null",
                        )
                    ),
                ),
            ]
        )
    )


@st.composite
def index_statements(draw: st.DrawFn) -> tuple[str, Statement]:
    name, table = draw(IDENTIFIERS), draw(NAMES)
    keys = draw(st.lists(st.tuples(IDENTIFIERS, st.booleans()), min_size=1, max_size=3))
    unique, concurrently = draw(st.booleans()), draw(st.booleans())
    spelled = ", ".join(f"{quote(key)}{' DESC' * descending}" for key, descending in keys)
    sql = f"CREATE {'UNIQUE ' * unique}INDEX {'CONCURRENTLY ' * concurrently}{quote(name)} "
    read_keys = tuple(IndexKey(key, descending=descending) for key, descending in keys)
    return sql + f"ON {table} ({spelled})", CreateIndex(
        name, table, read_keys, unique=unique, concurrently=concurrently
    )


@st.composite
def drops(draw: st.DrawFn) -> tuple[str, Statement]:
    names = tuple(draw(st.lists(NAMES, min_size=1, max_size=3)))
    if_exists, cascade = draw(st.booleans()), draw(st.booleans())
    kind, statement = draw(st.sampled_from([("TABLE", DropTable), ("INDEX", DropIndex)]))
    sql = (
        f"DROP {kind} {'IF EXISTS ' * if_exists}{', '.join(map(str, names))}{' CASCADE' * cascade}"
    )
    return sql, statement(names, if_exists=if_exists, cascade=cascade)


DDL = creations() | alterations() | index_statements() | drops()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(DDL, SPACES), max_size=4))
def test_generated_ddl_is_read_as_what_it_was_generated_from(
    written: list[tuple[tuple[str, Statement], str]],
) -> None:
    script = "".join(f"{sql}{space};{space}" for (sql, _), space in written)
    assert read(script) == tuple(statement for (_, statement), _ in written)


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_reading_never_raises_and_each_statement_has_its_own_text(sql: str) -> None:
    for statement in read(sql):
        assert statement.sql


@settings(max_examples=400, deadline=None)
@given(st.binary())
def test_bytes_in_any_encoding_never_raise(content: bytes) -> None:
    read(content.decode("latin-1"))
    read(content.decode("utf-8", errors="replace"))


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_every_token_is_in_exactly_one_piece(sql: str) -> None:
    found = list(pieces(sql))
    assert all(before.end <= after.start for before, after in pairwise(found))
    if "\\" in sql or "copy" in sql.lower():
        return  # meta-commands and rows are no tokens of SQL
    try:
        tokens = tokenize(sql)
    except Unreadable:
        assert found[-1].broken
        return
    cut = [text for piece in found for text in piece.texts]
    assert [text for text in cut if text != ";"] == [t for t in tokens.texts if t != ";"]


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_cutting_what_was_cut_changes_nothing(sql: str) -> None:
    for piece in pieces(sql):
        if piece.broken is None:
            assert [again.text for again in pieces(piece.text)] == [piece.text]
