"""What a CHECK proves about NULLs, so that SET NOT NULL need not read the table.

Source: PostgreSQL 18, ALTER TABLE, SET NOT NULL; ConstraintImpliedByRelConstraint (tablecmds.c).
"""

from __future__ import annotations

from outofband_lint.names import QualifiedName
from outofband_lint.reader.tokens import Kind, Token, Unreadable, tokenize
from outofband_lint.schema import Schema
from outofband_lint.schema.unknown import full


def is_proved_not_null(name: QualifiedName, column: str, schema: Schema) -> bool:
    """Tell whether a validated CHECK, or a validated NOT NULL, shows that the column has no NULL.

    The constraint itself, joined by AND with others, or NOT (… IS NULL); Postgres may see more.
    """
    table = schema.table(name)
    constraints = schema.constraints.get(full(name), ()) if table is None else table.constraints
    own = None if table is None else table.column(column)
    not_null = [c for c in constraints if c.kind == "not_null" and column in c.columns]
    if own is not None and own.not_null and all(c.validated for c in not_null):
        return True
    return any(
        column in proved_not_null(constraint.expression or "")
        for constraint in constraints
        if constraint.kind == "check" and constraint.validated
    )


def proved_not_null(expression: str) -> frozenset[str]:
    """Return the columns that are never NULL where the expression holds."""
    try:
        return _proved(tokenize(expression))
    except Unreadable:
        return frozenset()


def _proved(tokens: tuple[Token, ...]) -> frozenset[str]:
    tokens = _bare(tokens)
    parts = _conjuncts(tokens)
    if len(parts) > 1:
        return frozenset().union(*map(_proved, parts))
    match _words(tokens):
        case [*name, "is", "not", "null"]:
            return _column(tokens[: len(name)])
        case ["not", *_]:
            return _never_null(_bare(tokens[1:]))
    return frozenset()


def _never_null(tokens: tuple[Token, ...]) -> frozenset[str]:
    match _words(tokens):
        case [*name, "is", "null"]:
            return _column(tokens[: len(name)])
    return frozenset()


def _bare(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """Take off the parentheses around the whole."""
    while len(tokens) > 1 and tokens[0].text == "(" and _closing(tokens) == len(tokens) - 1:
        tokens = tokens[1:-1]
    return tokens


def _closing(tokens: tuple[Token, ...]) -> int:
    """Return where the parenthesis that comes first closes."""
    depth = 0
    for index, token in enumerate(tokens):
        depth += _depth(token)
        if depth == 0:
            return index
    return -1


def _conjuncts(tokens: tuple[Token, ...]) -> list[tuple[Token, ...]]:
    """Split at the ANDs of the outermost level; OR binds weaker, so it leaves nothing to split."""
    parts: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        depth += _depth(token)
        is_word = token.kind is Kind.WORD and depth == 0
        if is_word and token.text in ("or", "between", "case"):
            return [tokens]
        if is_word and token.text == "and":
            parts.append([])
        else:
            parts[-1].append(token)
    return [tuple(part) for part in parts]


def _depth(token: Token) -> int:
    if token.kind is not Kind.SYMBOL:
        return 0
    return (token.text in "([") - (token.text in ")]")


def _words(tokens: tuple[Token, ...]) -> list[str]:
    return [token.text if token.kind is Kind.WORD else "" for token in tokens]


def _column(tokens: tuple[Token, ...]) -> frozenset[str]:
    """Return the column that the tokens name, as `column` or `table.column`; none for others."""
    tokens = _bare(tokens)
    kinds = [token.kind for token in tokens if token.text != "."]
    dots = len(tokens) - len(kinds)
    is_name = len(kinds) == dots + 1 and all(kind in (Kind.WORD, Kind.QUOTED) for kind in kinds)
    return frozenset({tokens[-1].text} if is_name else ())
