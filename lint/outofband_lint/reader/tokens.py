"""SQL text to tokens, by PostgreSQL's lexical rules.

A token is a text whose first character tells its kind: a word is folded to lower case; a quoted
identifier is `"` and its name; a string is `'` and its value; what is left is a number or a symbol
as it was written. Operators come character by character but for `::` and `:=`, since nothing here
computes. Source: PostgreSQL 18, chapter 4.1, and src/backend/parser/scan.l.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from outofband_lint.names import fold_case, quote
from outofband_lint.reader.escapes import backslashes, code_points

_FIRST = r"A-Za-z_\x80-\U0010ffff"
# Each of these is linear in its text also where the closing quote is missing.
_PLAIN_STRING = r"'[^']*+(?:''[^']*+)*'"
_ESCAPED_STRING = r"'[^'\\]*+(?:(?:\\.|'')[^'\\]*+)*'"
_QUOTED_NAME = r'"(?!"(?!"))[^"]*+(?:""[^"]*+)*"'
_GAP = r"[ \t\f\v]*[\n\r]\s*"
"""What may stand between two parts of one string; so a string may go on in the next line."""
_PATTERN = re.compile(
    rf"""
    (?: [ \t\n\r\f\v]++ | --[^\n\r]*+ | /\*[^*/]*+(?:(?:\*(?!/)|/(?!\*))[^*/]*+)*\*/ )*
    (?:
        (?P<escaped> [eE]{_ESCAPED_STRING}(?:{_GAP}{_ESCAPED_STRING})* )
      | (?P<unicode> [uU]&(?:{_PLAIN_STRING}|{_QUOTED_NAME})
                     (?:\s*[uU][eE][sS][cC][aA][pP][eE]\s*'[^']')? )
      | (?P<bits>    [bBxX]'[^']*+' )
      | (?P<word>    [{_FIRST}][{_FIRST}0-9$]* )
      | (?P<symbol>  [(),;=*\[\]] | \.(?![0-9]) | :[:=] )
      | (?P<string>  {_PLAIN_STRING}(?:{_GAP}{_PLAIN_STRING})* )
      | (?P<quoted>  {_QUOTED_NAME} )
      | (?P<number>  (?:0[xXoObB][0-9A-Fa-f_]+|(?:[0-9][0-9_]*(?:\.(?!\.)[0-9_]*)?|\.[0-9][0-9_]*)
                     (?:[eE][+-]?[0-9]+)?) | \$[0-9]+ )
      | (?P<dollar>  (?P<tag>\$(?:[{_FIRST}][{_FIRST}0-9]*)?\$).*?(?P=tag) )
      | (?P<other>   . )
      | (?P<end>     )
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPED, _UNICODE, _BITS, _WORD, _SYMBOL, _STRING, _QUOTED, _NUMBER, _OTHER, _END = (
    _PATTERN.groupindex[name]
    for name in (
        "escaped", "unicode", "bits", "word", "symbol", "string", "quoted", "number", "other", "end"
    )
)  # fmt: skip
_PLAIN_PART = re.compile(r"'([^']*+(?:''[^']*+)*)'")
_ESCAPED_PART = re.compile(r"'([^'\\]*+(?:(?:\\.|'')[^'\\]*+)*)'", re.DOTALL)
_UNICODE_PARTS = re.compile(
    r"""(?:'([^']*+(?:''[^']*+)*)'|"([^"]*+(?:""[^"]*+)*)")(?:\s*uescape\s*'(.)')?""",
    re.DOTALL | re.IGNORECASE,
)
_NESTED = re.compile(r"/\*|\*/")
_OPENS_DOLLAR = re.compile(rf"\$(?:[{_FIRST}][{_FIRST}0-9]*)?\$")
_UNFINISHED = "a quote or a comment does not end"


class Unreadable(Exception):
    """The text is not SQL that this reader knows; the message says what stood in the way."""


@dataclass(slots=True)
class Tokens:
    """Tokens of one text, in order: token `i` stands at `sql[starts[i]:ends[i]]`."""

    sql: str
    texts: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def spelling(self, index: int) -> str:
        """Return one token as SQL: identifiers folded and quoted only where needed."""
        text = self.texts[index]
        if text[0] == '"':
            return quote(text[1:])
        return text if is_word(text) else self.sql[self.starts[index] : self.ends[index]]

    @property
    def text(self) -> str:
        """The text from the first token to the last, as it was written."""
        return self.sql[self.starts[0] : self.ends[-1]]

    def part(self, start: int, end: int) -> Tokens:
        """Return the tokens `start` to `end` alone."""
        return Tokens(self.sql, self.texts[start:end], self.starts[start:end], self.ends[start:end])

    def canonical(self, start: int, end: int) -> str:
        """Return the tokens `start` to `end` as SQL: comments out, spaces single, names folded."""
        pieces: list[str] = []
        previous = self.starts[start] if start < end else 0
        for index in range(start, end):
            if previous < self.starts[index]:
                pieces.append(" ")
            pieces.append(self.spelling(index))
            previous = self.ends[index]
        return "".join(pieces)


def is_word(text: str) -> bool:
    """Tell whether a token is a keyword or an identifier without quotes."""
    first = text[:1]
    return first.isalpha() or first == "_" or first > "\x7f"


def is_name(text: str) -> bool:
    """Tell whether a token may be an identifier, quoted or not."""
    return text[:1] == '"' or is_word(text)


def tokenize(sql: str) -> Tokens:
    """Cut SQL into tokens, comments left out; raises Unreadable where a quote does not end."""
    tokens = Tokens(sql)
    for text, start, end in scan(sql, 0):
        tokens.texts.append(text)
        tokens.starts.append(start)
        tokens.ends.append(end)
    return tokens


def scan(sql: str, position: int) -> Iterator[tuple[str, int, int]]:
    """Yield each token's text, start and end from a position on.

    Raises Unreadable at a quote or a comment that does not end.
    """
    while position < len(sql):
        for match in _PATTERN.finditer(sql, position):
            kind = match.lastindex or _END
            text = match[kind]
            end = match.end()
            if kind == _WORD:
                yield text.lower() if text.isascii() else fold_case(text), end - len(text), end
            elif kind in (_SYMBOL, _NUMBER):
                yield text, end - len(text), end
            elif kind == _END:
                return
            elif kind != _OTHER:
                yield _value(text, kind), end - len(text), end
            elif sql.startswith("/*", end - 1):
                position = _comment_end(sql, end + 1)
                break
            elif text in "'\"" or _OPENS_DOLLAR.match(sql, end - 1):
                raise Unreadable(_UNFINISHED)
            else:
                yield text, end - 1, end


def _value(text: str, kind: int) -> str:
    """Return a string or a quoted identifier without its quotes and escapes."""
    if kind == _STRING:
        return "'" + _joined(text, _PLAIN_PART)
    if kind == _QUOTED:
        return '"' + text[1:-1].replace('""', '"')
    if kind == _ESCAPED:
        return "'" + backslashes(_joined(text[1:], _ESCAPED_PART))
    if kind == _UNICODE:
        return _unicode(text)
    if kind == _BITS:
        return "'" + text[2:-1]
    tag = text[: text.index("$", 1) + 1]
    return "'" + text[len(tag) : -len(tag)]


def _joined(text: str, part: re.Pattern[str]) -> str:
    """Return what stands between the quotes, of all parts where a string goes on."""
    if "\n" in text or "\r" in text:
        return "".join(part.findall(text)).replace("''", "'")
    return text[1:-1].replace("''", "'")


def _unicode(text: str) -> str:
    match = _UNICODE_PARTS.fullmatch(text, 2)
    string, name, escape = match.groups() if match else (text, None, None)
    if name is not None:
        return '"' + code_points(name.replace('""', '"'), escape or "\\")
    return "'" + code_points(string.replace("''", "'"), escape or "\\")


def _comment_end(sql: str, position: int) -> int:
    """Return where a comment that began before `position` ends; comments nest."""
    depth = 1
    for mark in _NESTED.finditer(sql, position):
        depth += 1 if mark[0] == "/*" else -1
        if not depth:
            return mark.end()
    raise Unreadable(_UNFINISHED)
