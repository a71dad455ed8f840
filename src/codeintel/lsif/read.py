"""A file -> the elements of the dump in it, or one sentence on why there are none."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

from codeintel.lsif.elements import Element, Event, MetaData
from codeintel.lsif.parse import parse
from outofband.errors import Misuse

_GZIP_MAGIC = b"\x1f\x8b"
_VERSION = "0.4."


class DumpUnreadable(Misuse):
    """There is no file of that name, or it may not be read."""


class DumpTruncated(Misuse):
    """The dump begins well and ends too early: an interrupted copy or a writer that died."""


class NotAnLsifDump(Misuse):
    """The file is something else than an LSIF 0.4 dump, or has a line that is no element of one."""


def read(path: Path) -> Iterator[Element]:
    """Yield the elements of a dump, plain or gzipped JSON lines, holding one line at a time.

    Raises DumpUnreadable, DumpTruncated or NotAnLsifDump; the latter two name the line.
    """
    try:
        with _open(path) as lines:
            yield from _elements(path, lines)
    except OSError as error:
        raise DumpUnreadable(
            f"the dump {path} cannot be read",
            why=error.strerror or "it is not a readable file",
            do="Name a file with an LSIF 0.4 dump, plain or gzipped",
        ) from error


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        gzipped = file.read(len(_GZIP_MAGIC)) == _GZIP_MAGIC
    return cast(BinaryIO, gzip.open(path)) if gzipped else path.open("rb")


def _elements(path: Path, lines: BinaryIO) -> Iterator[Element]:
    number = 0
    open_events: dict[str, Event] = {}
    for number, line in enumerate(_lines(path, lines), start=1):
        if number > 1 and not line.strip():
            continue
        element = _element(path, number, line)
        if isinstance(element, Event):
            _follow(open_events, element)
        yield element
    if number == 0:
        raise _foreign(path, 1, "the file is empty")
    if open_events:
        event = next(iter(open_events.values()))
        raise _truncated(path, number, f"it ends inside {event.scope} {event.data}")


def _lines(path: Path, lines: BinaryIO) -> Iterator[bytes]:
    number = 1
    try:
        for line in lines:
            yield line
            number += 1
    except EOFError as error:
        raise _truncated(path, number, "the gzip stream ends before its end mark") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise _foreign(path, number, "the gzip stream is damaged") from error


def _element(path: Path, number: int, line: bytes) -> Element:
    try:
        element = parse(json.loads(line.decode()))
    except UnicodeDecodeError as error:
        raise _foreign(path, number, "it is not UTF-8 text") from error
    except json.JSONDecodeError as error:
        if number > 1 and not line.endswith(b"\n"):
            raise _truncated(path, number, "the last line stops in the middle") from error
        raise _foreign(path, number, f"it is not JSON ({error.msg})") from error
    except KeyError as error:
        raise _foreign(path, number, f"it is no element of LSIF (it lacks {error})") from error
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise _foreign(path, number, f"it is no element of LSIF ({error})") from error
    if number == 1:
        _check_meta_data(path, element)
    return element


def _check_meta_data(path: Path, element: Element) -> None:
    if not isinstance(element, MetaData):
        raise _foreign(path, 1, "the first element is not metaData")
    if not element.version.startswith(_VERSION):
        raise _foreign(path, 1, f"it is LSIF {element.version}, and only 0.4 is known here")


def _follow(open_events: dict[str, Event], event: Event) -> None:
    if event.kind == "begin":
        open_events[event.data] = event
    else:
        open_events.pop(event.data, None)


def _truncated(path: Path, number: int, why: str) -> DumpTruncated:
    return DumpTruncated(
        f"the dump {path} is cut off at line {number}",
        why=why,
        do="Make or copy the dump again",
    )


def _foreign(path: Path, number: int, why: str) -> NotAnLsifDump:
    return NotAnLsifDump(
        f"{path} is not an LSIF 0.4 dump at line {number}",
        why=why,
        do="Name a file with an LSIF 0.4 dump, plain or gzipped",
    )
