"""What a CHECK proves about NULLs, so that SET NOT NULL need not read the table.

Source: PostgreSQL 18, ALTER TABLE, SET NOT NULL; ConstraintImpliedByRelConstraint (tablecmds.c).
"""

from __future__ import annotations

from outofband_lint.names import QualifiedName
from outofband_lint.reader.tokens import Unreadable, is_name, tokenize
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
        return _proved(tokenize(expression).texts)
    except Unreadable:
        return frozenset()


def _proved(texts: list[str]) -> frozenset[str]:
    texts = _bare(texts)
    parts = _conjuncts(texts)
    if len(parts) > 1:
        return frozenset().union(*map(_proved, parts))
    match texts:
        case [*name, "is", "not", "null"]:
            return _column(name)
        case ["not", *negated]:
            return _never_null(_bare(negated))
    return frozenset()


def _never_null(texts: list[str]) -> frozenset[str]:
    match texts:
        case [*name, "is", "null"]:
            return _column(name)
    return frozenset()


def _bare(texts: list[str]) -> list[str]:
    """Take off the parentheses around the whole."""
    while len(texts) > 1 and texts[0] == "(" and _closing(texts) == len(texts) - 1:
        texts = texts[1:-1]
    return texts


def _closing(texts: list[str]) -> int:
    """Return where the parenthesis that comes first closes."""
    depth = 0
    for index, text in enumerate(texts):
        depth += _depth(text)
        if depth == 0:
            return index
    return -1


def _conjuncts(texts: list[str]) -> list[list[str]]:
    """Split at the ANDs of the outermost level; OR binds weaker, so it leaves nothing to split."""
    parts: list[list[str]] = [[]]
    depth = 0
    for text in texts:
        depth += _depth(text)
        if depth == 0 and text in ("or", "between", "case"):
            return [texts]
        if depth == 0 and text == "and":
            parts.append([])
        else:
            parts[-1].append(text)
    return parts


def _depth(text: str) -> int:
    return (text in ("(", "[")) - (text in (")", "]"))


def _column(texts: list[str]) -> frozenset[str]:
    """Return the column that the tokens name, as `column` or `table.column`; none for others."""
    texts = _bare(texts)
    names = [text for text in texts if text != "."]
    is_column = len(texts) == 2 * len(names) - 1 and all(map(is_name, names))
    return frozenset({texts[-1].removeprefix('"')} if is_column else ())
