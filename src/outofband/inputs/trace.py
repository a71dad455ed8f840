"""Takes down what a run looks at, in this process and in those that it forks.

Files and folders are learnt from Python's audit events (PEP 578), which no code in the process can
keep from us; a look at whether a file exists raises none, nor does reading an environment variable,
so these two are wrapped while a trace is kept.
"""

from __future__ import annotations

import importlib
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from outofband.inputs import state

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_CACHE = f"{os.sep}__pycache__{os.sep}"
# Who lists a folder only for what can be imported or is installed there.
_IMPORTERS = ("<frozen importlib", os.path.dirname(importlib.__file__))
# What such a call answers may be another thing the next time, and nobody could tell.
_UNFORESEEABLE = frozenset(
    {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "sqlite3.connect"}
    | {"subprocess.Popen", "os.system", "os.posix_spawn", "os.exec"}
)
_HARMLESS = frozenset({os.devnull, "/dev/urandom", "/dev/random", "/dev/tty"})


@dataclass(slots=True)
class Trace:
    """What was looked at.

    ``own`` are those of the ``files`` that nothing but the work on themselves has opened;
    ``subject`` is the file that is worked on now.
    ``folders`` and ``modules`` hold what :func:`.state.of_names` said of a folder when it was
    listed, by the project's code and by Python looking for modules. ``unforeseeable`` names a call
    whose answer cannot be told from anything here, empty where there was none. ``tools`` is their
    state at the start, which is at ``started``, in nanoseconds of the wall clock, and ``environ``
    are the variables then: env.py may set some.
    """

    files: set[str] = field(default_factory=set)
    own: set[str] = field(default_factory=set)
    subject: str = ""
    present: set[str] = field(default_factory=set)
    folders: dict[str, str] = field(default_factory=dict)
    modules: dict[str, str] = field(default_factory=dict)
    variables: set[str] = field(default_factory=set)
    unforeseeable: str = ""
    started: int = field(default_factory=time.time_ns)
    tools: str = field(default_factory=state.of_tools)
    environ: Mapping[str, str] = field(default_factory=os.environ.copy, repr=False)

    def told(self) -> dict[str, Any]:
        """Return the trace as JSON can hold it."""
        return {
            "files": sorted(self.files),
            "own": sorted(self.own),
            "present": sorted(self.present),
            "folders": self.folders,
            "modules": self.modules,
            "variables": sorted(self.variables),
            "unforeseeable": self.unforeseeable,
        }

    def add(self, told: dict[str, Any]) -> None:
        """Add what another process :meth:`told`."""
        others = set(told["files"]) - set(told["own"])
        self.own = (self.own | set(told["own"])) - others - (self.files - self.own)
        self.files.update(told["files"])
        self.present.update(told["present"])
        self.folders.update(told["folders"])
        self.modules.update(told["modules"])
        self.variables.update(told["variables"])
        self.unforeseeable = self.unforeseeable or told["unforeseeable"]

    def opened(self, path: object) -> None:
        """Take down a file by its path."""
        name = _absolute(path)
        if name is None:
            return
        if _CACHE in name and name.endswith(".pyc"):
            name = _source_of(name)
        if state.is_installed(name):
            return
        if name != self.subject:
            self.own.discard(name)
        elif name not in self.files:
            self.own.add(name)
        self.files.add(name)

    def listed(self, path: object, *, modules: bool) -> None:
        """Take down a folder, and what it holds at this moment."""
        name = _absolute(os.curdir if path is None else path)
        into = self.modules if modules else self.folders
        if name is not None and name not in into and not state.is_installed(os.path.join(name, "")):
            into[name] = state.of_names(name, modules=modules)


_kept: Trace | None = None
_hooked = False


@contextmanager
def tracing() -> Iterator[Trace]:
    """Keep a trace of what this process looks at; a forked one goes on with a copy of it."""
    global _kept, _hooked
    if not _hooked:
        _hooked = True
        sys.addaudithook(_event)
    before, _kept = _kept, Trace()
    variables, looks = type(os.environ), os.stat
    get, iterate = variables.__getitem__, variables.__iter__
    variables.__getitem__, variables.__iter__ = _getting(get), _iterating(iterate)  # type: ignore[method-assign]
    os.stat = _looking(looks)
    try:
        yield _kept
    finally:
        os.stat = looks
        variables.__getitem__, variables.__iter__ = get, iterate  # type: ignore[method-assign]
        _kept = before


def current() -> Trace | None:
    """Return the trace that is kept now, if one is."""
    return _kept


@contextmanager
def paused() -> Iterator[None]:
    """Let the trace, if one is kept, rest while we look at what it has taken down."""
    global _kept
    before, _kept = _kept, None
    try:
        yield
    finally:
        _kept = before


@contextmanager
def about(path: str) -> Iterator[None]:
    """Tell the trace, if one is kept, that the work within is on a file."""
    if _kept is None:
        yield
        return
    before, _kept.subject = _kept.subject, path
    try:
        yield
    finally:
        _kept.subject = before


def looked_at(path: str) -> None:
    """Tell the trace, if one is kept, of a file that an earlier run has read for this one."""
    if _kept is not None:
        _kept.opened(path)


def imported_before() -> None:
    """Tell the trace, if one is kept, of the modules that are there: nobody opens them again."""
    for module in tuple(sys.modules.values()):
        path = getattr(module, "__dict__", {}).get("__file__")
        if _kept is not None and isinstance(path, str):
            _kept.opened(path)


def looked_at_before(inputs: dict[str, Any]) -> None:
    """Tell the trace, if one is kept, what an earlier run looked at whose results are used."""
    if _kept is not None:
        told = {name: inputs[name] for name in ("files", "present", "folders", "modules")}
        _kept.add(
            {**told, "own": [], "variables": inputs["variables"]["names"], "unforeseeable": ""}
        )


def unforeseen(what: str) -> None:
    """Tell the trace, if one is kept, that an answer came from more than it can hold."""
    if _kept is not None:
        _kept.unforeseeable = _kept.unforeseeable or what


def _event(event: str, arguments: tuple[Any, ...]) -> None:
    if _kept is None:
        return
    if event == "open":
        path, _, flags = arguments
        if not (isinstance(flags, int) and flags & _WRITES):
            _kept.opened(path)
    elif event == "import":
        if arguments[1] is not None:
            _kept.opened(arguments[1])
    elif event in ("os.listdir", "os.scandir"):
        importer = sys._getframe(1).f_code.co_filename.startswith(_IMPORTERS)
        kept = _kept
        with paused():  # listing raises the event again
            kept.listed(arguments[0], modules=importer)
    elif event in _UNFORESEEABLE:
        unforeseen(event)


def _source_of(cached: str) -> str:
    """Return the file that a .pyc was made of; importlib's own answer refuses names with dots."""
    folder, name = os.path.split(cached)
    stem = name.rpartition(f".{sys.implementation.cache_tag}")[0]
    return os.path.join(os.path.dirname(folder), f"{stem}.py")


def _absolute(path: object) -> str | None:
    if isinstance(path, int) or path is None:
        return None
    name = os.path.abspath(os.fsdecode(path))  # type: ignore[arg-type]
    return None if name in _HARMLESS else name


def _getting(original: Callable[[Any, str], str]) -> Callable[[Any, str], str]:
    def get(self: Any, name: str) -> str:
        if _kept is not None and self is os.environ and isinstance(name, str):
            _kept.variables.add(name)
        return original(self, name)

    return get


def _iterating(original: Callable[[Any], Iterator[str]]) -> Callable[[Any], Iterator[str]]:
    def iterate(self: Any) -> Iterator[str]:
        if _kept is not None and self is os.environ:
            _kept.variables.add("*")
        return original(self)

    return iterate


def _looking(original: Callable[..., os.stat_result]) -> Any:
    def look(path: Any, *arguments: Any, **named: Any) -> os.stat_result:
        if _kept is not None and not named.get("dir_fd"):
            name = _absolute(path)
            if name is not None and not state.is_installed(name):
                _kept.present.add(name)
        return original(path, *arguments, **named)

    return look
