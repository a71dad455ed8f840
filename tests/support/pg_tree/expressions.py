"""Expressions as their trees without places, so that two spellings of one expression are equal."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

import postgast

_PLACE = re.compile(r"\s*\b\w*(?:location|list_start|list_end): -?\d+")


def key(node: Any) -> str:
    """Return what identifies an expression's tree."""
    return " ".join(_PLACE.sub("", str(node)).split())


@cache
def key_of(expression: str) -> str:
    """Return the key of an expression that is given as SQL, as the reader gives it."""
    tree = postgast.parse(f"SELECT ({expression})")
    return key(tree.stmts[0].stmt.select_stmt.target_list[0].res_target.val)
