"""DO blocks: the statements in a PL/pgSQL body.

Conditions are taken as true and loops as run once: what a block may do counts as done, since
`IF NOT EXISTS … THEN CREATE …` leaves the object behind either way. SQL that the block composes
while it runs cannot be known. Source: PostgreSQL 18, DO and chapter 41.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.split import pieces
from outofband_lint.reader.tokens import Unreadable
from outofband_lint.statement import CreateTableAs, NotUnderstood, Query, Statement, Understood

Read = Callable[[str], tuple[Statement, ...]]

# What PL/pgSQL does by itself, without changing the schema.
_OWN_LIST = """
    end return raise null perform get exit continue open fetch close move assert commit rollback
    call
"""
_OWN = frozenset(_OWN_LIST.split())


def do_block(cursor: Cursor, read: Read) -> list[Statement]:
    """Read DO; its statements come first, the block itself last.

    `read` reads SQL text, as the reader's entry does.
    """
    cursor.expect("do")
    body = None
    while not cursor.at_end():
        if cursor.accept("language"):
            if cursor.identifier() != "plpgsql":
                raise Unreadable("a DO block in another language than plpgsql")
        else:
            body = cursor.string()
    if body is None:
        cursor.fail("a body")
    return [*_statements(body, read), Understood("do")]


def _statements(body: str, read: Read) -> Iterator[Statement]:
    declaring = False
    for piece in pieces(body):
        cursor = Cursor(piece)
        _skip_label(cursor)
        # A declaration ends at its own semicolon, so DECLARE lasts until a piece starts with BEGIN.
        declaring = (declaring or cursor.sees("declare")) and not cursor.accept("begin")
        if declaring:
            continue
        _skip_control(cursor)
        if not cursor.at_end():
            yield from _statement(cursor, read)


def _statement(cursor: Cursor, read: Read) -> Iterator[Statement]:
    start = cursor.position
    text = cursor.tokens.sql[cursor.tokens.starts[start] : cursor.tokens.ends[-1]]
    if cursor.sees_any(*_OWN) or _is_assignment(cursor):
        return
    if cursor.accept("execute"):
        literal = _literal(cursor)
        if literal is None:
            yield NotUnderstood("a DO block composes SQL while it runs", sql=text)
        else:
            yield from read(literal)
    else:
        yield from map(_into_variable, read(text))


def _into_variable(statement: Statement) -> Statement:
    """SELECT … INTO names a variable here, not a table."""
    if isinstance(statement, CreateTableAs) and not statement.sql.lower().startswith("create"):
        return Query("select", sql=statement.sql)
    return statement


def _literal(cursor: Cursor) -> str | None:
    """Return the text after EXECUTE where it is one string and no parameter changes it."""
    if not cursor.sees_string():
        return None
    literal = cursor.string()
    return literal if cursor.at_end() or cursor.sees_any("using", "into") else None


def _is_assignment(cursor: Cursor) -> bool:
    """Tell `variable := …`, `record.field = …` and `array[1] := …` from SQL."""
    start = cursor.position
    try:
        cursor.name()
        while cursor.sees_symbol("["):
            cursor.skip_group()
        return cursor.sees_symbol(":=") or cursor.sees_symbol("=")
    except Unreadable:
        return False
    finally:
        cursor.position = start


def _skip_control(cursor: Cursor) -> None:
    """Step over what controls the flow before the next statement."""
    while not cursor.at_end():
        if cursor.accept_any("begin", "else", "loop", "exception"):
            continue
        if cursor.sees_any("if", "elsif", "elseif", "when", "case"):
            _skip_through(cursor, "then")
        elif cursor.sees_any("for", "foreach", "while"):
            _skip_through(cursor, "loop")
        elif not _skip_label(cursor):
            return


def _skip_through(cursor: Cursor, word: str) -> None:
    """Step past `word`; a CASE expression on the way keeps its own THEN."""
    cases = 0
    cursor.next()
    while not cursor.at_end():
        if not cases and cursor.accept(word):
            return
        cases += cursor.sees("case") - (cursor.sees("end") and cases > 0)
        cursor.skip_one()
    cursor.fail(word.upper())


def _skip_label(cursor: Cursor) -> bool:
    """Step over `<<label>>`, which comes as four symbols; tell whether one stood here."""
    if not (cursor.accept_symbol("<") and cursor.accept_symbol("<")):
        return False
    cursor.identifier()
    cursor.expect_symbol(">")
    cursor.expect_symbol(">")
    return True
