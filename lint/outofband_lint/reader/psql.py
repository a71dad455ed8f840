"""psql's meta-commands: which of them send no SQL of their own.

Source: PostgreSQL 18, psql, Meta-Commands.
"""

from __future__ import annotations

from outofband_lint.reader import data
from outofband_lint.reader.cursor import Cursor
from outofband_lint.reader.tokens import Unreadable, tokenize
from outofband_lint.statement import Statement, Understood

_HARMLESS_LIST = r"""
    a bind bind_named C cd close_prepared conninfo copyright crosstabview e echo ed edit ef elif
    else encoding endif errverbose ev f flush flushrequest g gdesc gset gx getenv getresults h H
    help html if lo_list o out p parse password print prompt pset q qecho quit r reset restrict s
    set setenv startpipeline endpipeline syncpipeline sendpipeline sf sv t T timing unrestrict
    unset w warn watch write x z ? ;
"""
_HARMLESS = frozenset(_HARMLESS_LIST.split())
_REFUSED = {
    "c": "the rest runs in another database or session",
    "connect": "the rest runs in another database or session",
    "gexec": "it runs what the query returns",
    "i": "another file is run here",
    "include": "another file is run here",
    "include_relative": "another file is run here",
    "ir": "another file is run here",
    "!": "a program of the shell is run here",
}


def meta_command(cursor: Cursor) -> Statement:
    r"""Read one meta-command; conditions (`\if`) are taken as true, as in a DO block."""
    command = cursor.next()
    name = command[1:]
    if name == "copy":
        return _copy(cursor)
    if name.rstrip("+Sx") in _HARMLESS or name[:1] in ("d", "l") or name in _HARMLESS:
        return Understood(command)
    raise Unreadable(_REFUSED.get(name, f"no meta-command of psql is called {command}"))


def _copy(cursor: Cursor) -> Statement:
    r"""Read `\copy`, whose arguments are those of COPY, with a file of the client's side."""
    arguments = Cursor(tokenize(cursor.tokens.text[1:]))
    return data.copy(arguments)
