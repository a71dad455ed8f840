"""What a name in a Python package refers to, and where: small packages with marks in their text.

``◆`` stands before a definition, ``→`` before a use of it; a case is right when every marked use
leads to exactly the marked definitions. ``✗`` stands before a name that leads nowhere.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from codeintel.bundle import Bundle, Location, MonikerKey, Span
from codeintel.index_python.index import Summary, index
from codeintel.lsif.correlate import correlate
from codeintel.lsif.read import read

MARK = re.compile("[◆→✗]")
LINE_END = re.compile("\r\n|\r|\n")

Install = Callable[[dict[str, str]], Path]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Install:
    """Write files, by path, to where the interpreter finds packages."""
    root = tmp_path / "site"
    monkeypatch.syspath_prepend(root)

    def write(files: dict[str, str]) -> Path:
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, newline="")
        importlib.invalidate_caches()
        return root

    return write


def dump_of(root: Path, package: str = "pkg") -> tuple[Bundle, Summary]:
    out = root / "out.lsif"
    summary = index(package, out)
    return correlate(read(out)), summary


def definitions(bundle: Bundle, path: str, span: Span) -> set[Location] | None:
    """Return where the range there is defined, None where there is no range."""
    document = bundle.documents[path]
    found = [range_ for range_ in document.ranges.values() if range_.span == span]
    if not found:
        return None
    [range_] = found
    return {
        Location(
            chunk.paths[key.document],
            bundle.documents[chunk.paths[key.document]].ranges[key.range].span,
        )
        for chunk in bundle.result_chunks.values()
        for key in chunk.results.get(range_.definition_result, ())
    }


def marked(text: str) -> tuple[str, dict[str, list[Span]]]:
    """Return the text without its marks, and the spans of the names behind each mark."""
    spans: dict[str, list[Span]] = {"◆": [], "→": [], "✗": []}
    for number, line in enumerate(LINE_END.split(text)):
        for found in re.finditer(r"([◆→✗])(\w+)", line):
            before = MARK.sub("", line[: found.start()])
            start, end = (
                len(part.encode("utf-16-le")) // 2 for part in (before, before + found[2])
            )
            spans[found[1]].append(Span(number, start, number, end))
    return MARK.sub("", text), spans


ONE_MODULE = {
    "a module's variable": "◆x = 1\nprint(→x)\n",
    "a variable bound twice": "◆x = 1\n◆x = 2\n→x\n",
    "a function": "def ◆f(): ...\n→f()\n",
    "an async function": "async  def ◆d(): ...\n→d()\n",
    "a class": "class ◆C: ...\n→C()\n",
    "a decorated function": "def ◆d(f): ...\n@→d\ndef f(): ...\n",
    "a parameter": "def f(◆a): return →a\n",
    "every kind of parameter": "def f(a, /, b, *◆c, d=1, **e): return →c\n",
    "a keyword-only parameter": "def f(*, ◆d=1): return →d\n",
    "a parameter hides a global": "a = 1\ndef f(◆a): return →a\n",
    "a local variable hides a global": "a = 1\ndef f():\n    ◆a = 2\n    return →a\n",
    "a local variable before it is bound": "a = 1\ndef f():\n    →a\n    ◆a = 2\n",
    "a global read in a function": "◆a = 1\ndef f(): return →a\n",
    "a global bound later": "def f(): return →a\n◆a = 1\n",
    "a global statement": "◆a = 1\ndef f():\n    global →a\n    ◆a = 2\n    return →a\n",
    "a global bound in a function only": "def f():\n    global →a\n    ◆a = 2\n→a\n",
    "a nonlocal statement": (
        "def f():\n    ◆a = 1\n    def g():\n        nonlocal →a\n        →a = 2\n    return →a\n"
    ),
    "two names declared": "◆a = ◆a = 1\nb = 2\ndef f():\n    global b, →a\n",
    "a closure": "def f(◆a):\n    def g(): return →a\n    return g\n",
    "a default value": "◆a = 1\ndef f(a=→a): ...\n",
    "a default value of a lambda": "◆a = 1\nf = lambda a=→a: a\n",
    "a lambda's parameter": "a = 1\nf = lambda ◆a: →a\n",
    "an annotation": "class ◆C: ...\ndef f(x: →C) -> →C: ...\ny: →C\n",
    "a quoted annotation": "class ◆C: ...\ndef f(x: '→C', y: list['→C']): ...\n",
    "a dotted quoted annotation": "class A:\n    class ◆C: ...\nx: 'list[A.→C]'\n",
    "a literal is no annotation": (
        "from typing import Literal\n◆C = 1\ndef f(x: Literal['✗C']) -> →C: ...\n"
    ),
    "a comprehension": "x = 0\n[→x for ◆x in []]\n",
    "a comprehension's condition": "[1 for ◆x in [] if →x]\n",
    "a nested comprehension": "[→y for x in [] for ◆y in x]\n",
    "a dict comprehension": "{1: →v for k, ◆v in []}\n",
    "the first iterable belongs outside": "◆x = []\n[x for x in →x]\n",
    "a comprehension's variable stays inside": "◆x = 1\n[x for x in []]\n→x\n",
    "a walrus": "if (◆n := 1): →n\n",
    "a walrus in a comprehension binds outside": "[◆n := x for x in []]\n→n\n",
    "a for loop": "for ◆i in []: →i\n",
    "unpacking": "a, (◆b, *c) = 1, (2, 3)\n→b\n",
    "a with statement": "with open('') as ◆f: →f\n",
    "an except clause": "try: ...\nexcept OSError as ◆e: →e\n",
    "an except clause in parentheses": "try: ...\nexcept (OSError) as ◆e: →e\n",
    "an exception group": "try: ...\nexcept* OSError as ◆e: →e\n",
    "a capture pattern": "match 1:\n    case ◆x: →x\n",
    "an as pattern": "match 1:\n    case int() as ◆x: →x\n",
    "a star pattern": "match []:\n    case [_, *◆x]: →x\n",
    "a rest pattern": "match {}:\n    case {'a': 1, **◆x}: →x\n",
    "a rest alone": "match {}:\n    case {**◆x}: →x\n",
    "a value pattern": "class ◆C:\n    a = 1\nmatch 1:\n    case →C.a: ...\n",
    "a deletion": "◆x = 1\ndel →x\n",
    "an augmented assignment binds": "◆x = 1\n◆x += 1\n→x\n",
    "a class variable in the class": "class C:\n    ◆a = 1\n    b = →a\n",
    "a class scope is skipped by methods": (
        "◆a = 1\nclass C:\n    a = 2\n    def f(self): return →a\n"
    ),
    "a class scope is skipped by comprehensions": (
        "◆a = 1\nclass C:\n    a = 2\n    b = [→a for _ in []]\n"
    ),
    "a method's default sees the class": "class C:\n    ◆a = 1\n    def f(self, x=→a): ...\n",
    "an attribute of a class": "class C:\n    ◆a = 1\nC.→a\n",
    "a method through self": "class C:\n    def ◆f(self): self.→f()\n",
    "an attribute set on self": (
        "class C:\n    def __init__(self): self.◆a = 1\n    def f(self): self.→a\n"
    ),
    "self in a closure": (
        "class C:\n    def ◆f(self):\n        def g(): self.→f()\n        return g\n"
    ),
    "self by another name": "class C:\n    def ◆f(me): me.→f()\n",
    "cls": "class C:\n    ◆a = 1\n    @classmethod\n    def f(cls): cls.→a\n",
    "a static method has no self": (
        "class C:\n    a = 1\n    @staticmethod\n    def f(self): self.✗a\n"
    ),
    "an inherited attribute": "class A:\n    ◆a = 1\nclass B(A):\n    def f(self): self.→a\n",
    "the nearer base wins": (
        "class A:\n    a = 1\nclass B(A):\n    ◆a = 2\nclass C(B):\n    def f(self): self.→a\n"
    ),
    "super": "class A:\n    def ◆f(self): ...\nclass B(A):\n    def f(self): super().→f()\n",
    "super with arguments": (
        "class A:\n    def ◆f(self): ...\nclass B(A):\n    def f(self): super(B, self).→f()\n"
    ),
    "a generic base": "class A:\n    ◆a = 1\nclass B(A[int]):\n    def f(self): self.→a\n",
    "a nested class": "class A:\n    class B:\n        ◆c = 1\nA.B.→c\n",
    "an evident instance": "class C:\n    ◆a = 1\nx = C()\nx.→a\n",
    "an annotated parameter": "class C:\n    ◆a = 1\ndef f(x: C | None): x.→a\n",
    "an optional parameter": (
        "import typing\nclass C:\n    ◆a = 1\ndef f(x: 'typing.Optional[C]'): x.→a\n"
    ),
    "an instance kept on self": (
        "class C:\n    ◆a = 1\nclass D:\n    def __init__(self, c: C): self.c = c\n"
        "    def f(self): self.c.→a\n"
    ),
    "another name for a class": "class C:\n    ◆a = 1\nD = C\nD.→a\n",
    "an attribute of a call is not evident": "class C:\n    a = 1\ndef f(): ...\nf().✗a\n",
    "an instance is not its call": "class C:\n    a = 1\nc = C()\nd = c()\nd.✗a\n",
    "a builtin": "✗print(✗len)\n",
    "bases that go in circles": "class A(B):\n    def f(self): self.✗x\nclass B(A): ...\n",
    "a name behind wide characters": "s = '𝔘𝔫𝔦 ü'; ◆x = 1; f'ü𝔘'; →x\n",
    "a name of wide characters": "◆größe = 1\n'𝔘'; →größe\n",
    "carriage returns": "a = 1\r\n◆x = 1\r\nb = 2\r→x\n",
    "a form feed is no line end": "a = '\x0c'\n◆x = 1\n→x\n",
}


@pytest.mark.parametrize("text", ONE_MODULE.values(), ids=ONE_MODULE.keys())
def test_a_name_leads_to_what_binds_it(install: Install, text: str) -> None:
    check(install, {"pkg/__init__.py": "", "pkg/m.py": text})


PACKAGES: dict[str, dict[str, str]] = {
    "import from": {"a.py": "◆x = 1\n", "b.py": "from pkg.a import →x\n→x\n"},
    "a relative import": {"a.py": "◆x = 1\n", "b.py": "from .a import →x\n→x\n"},
    "a relative import from above": {
        "a.py": "◆x = 1\n",
        "sub/__init__.py": "",
        "sub/b.py": "from ..a import →x\n→x\n",
    },
    "an import from the package itself": {"__init__.py": "◆x = 1\n", "b.py": "from . import →x\n"},
    "a chain of re-exports": {
        "a.py": "◆x = 1\n",
        "b.py": "from .a import →x\n",
        "__init__.py": "from .b import →x as →x\n",
        "c.py": "from pkg import →x\n→x\n",
    },
    "a new name is a symbol of its own": {
        "a.py": "x = 1\n",
        "b.py": "from .a import x as ◆y\n→y\n",
    },
    "the old name in an import as": {"a.py": "◆x = 1\n", "b.py": "from .a import →x as y\n"},
    "an attribute through a new name": {
        "a.py": "◆x = 1\n",
        "b.py": "from . import a as z\nz.→x\n",
    },
    "a new name for a class": {
        "a.py": "class A:\n    ◆x = 1\n",
        "b.py": "from .a import A as B\nclass C(B):\n    def f(self): self.→x\n",
    },
    "an attribute of a module": {"a.py": "◆x = 1\n", "b.py": "from . import a\na.→x\n"},
    "an attribute by its full name": {"a.py": "◆x = 1\n", "b.py": "import pkg.a\npkg.a.→x\n"},
    "an attribute of an imported class": {
        "a.py": "class A:\n    def ◆f(self): ...\n",
        "b.py": "from . import a\na.A.→f\n",
    },
    "a base in another module": {
        "a.py": "class A:\n    def ◆f(self): ...\n",
        "b.py": "from .a import A\nclass B(A):\n    def g(self): self.→f()\n",
    },
    "a star import": {"a.py": "◆x = 1\n", "b.py": "from .a import *\n→x\n"},
    "a star leaves private names": {"a.py": "_x = 1\n", "b.py": "from .a import *\n✗_x\n"},
    "a star takes what __all__ says": {
        "a.py": "__all__ = ['_x']\n◆_x = 1\n",
        "b.py": "from .a import *\n→_x\n",
    },
    "a star takes what is added to __all__": {
        "a.py": "__all__ = ['y']\n__all__ += ['_x']\n◆_x = y = 1\n",
        "b.py": "from .a import *\n→_x\n",
    },
    "a star leaves what __all__ does not say": {
        "a.py": "__all__ = ['y']\nx = y = 1\n",
        "b.py": "from .a import *\n✗x\n",
    },
    "a star with a computed __all__ is not evident": {
        "a.py": "x = 1\n__all__ = list(globals())\n",
        "b.py": "from .a import *\n✗x\n",
    },
    "a star of a star": {
        "a.py": "◆x = 1\n",
        "b.py": "from .a import *\n",
        "c.py": "from .b import *\n→x\n",
    },
    "the last star wins": {
        "a.py": "x = 1\n",
        "b.py": "◆x = 1\n",
        "c.py": "from .a import *\nfrom .b import *\n→x\n",
    },
    "stars in a circle": {
        "a.py": "from .b import *\n✗x\n",
        "b.py": "from .a import *\n✗x\n",
    },
    "modules that import each other": {
        "a.py": "from .b import f\n◆x = 1\n",
        "b.py": "from .a import →x\ndef f(): return →x\n",
    },
    "an import under a condition": {
        "a.py": "◆x = 1\n",
        "b.py": "try:\n    from .a import →x\nexcept ImportError:\n    →x = None\n→x\n",
    },
    "an import that the package cannot serve": {"b.py": "from .nowhere import ◆x\n→x\n"},
    "something foreign": {"b.py": "from json import ✗dumps\n✗dumps\n"},
    "something foreign by a new name": {"b.py": "import json as ✗j\n✗j.✗dumps\n"},
    "something foreign with a substitute": {
        "b.py": "try:\n    import →json\nexcept ImportError:\n    ◆json = None\n→json\n"
    },
    "an import above the package": {"b.py": "from ...nowhere import ◆x\n→x\n"},
}


@pytest.mark.parametrize("files", PACKAGES.values(), ids=PACKAGES.keys())
def test_a_name_leads_through_imports(install: Install, files: dict[str, str]) -> None:
    check(install, {"pkg/__init__.py": "", **{f"pkg/{name}": text for name, text in files.items()}})


def test_a_name_that_goes_in_circles_comes_to_an_end(install: Install) -> None:
    files = {"pkg/a.py": "from .b import x\n", "pkg/b.py": "from .a import x\n"}
    bundle, _ = dump_of(install({"pkg/__init__.py": "", **files}))
    assert set(bundle.documents) == {"pkg/__init__.py", *files}


def check(install: Install, files: dict[str, str]) -> None:
    cleaned = {name: marked(text) for name, text in files.items()}
    root = install({name: text for name, (text, _) in cleaned.items()})
    bundle, summary = dump_of(root)
    assert summary.skipped == ()
    wanted = {Location(name, span) for name, (_, spans) in cleaned.items() for span in spans["◆"]}
    for name, (_, spans) in cleaned.items():
        for span in [*spans["◆"], *spans["→"]]:
            assert definitions(bundle, name, span) == wanted, (name, span)
        for span in spans["✗"]:
            assert not definitions(bundle, name, span), (name, span)


MODULE_START = Span(0, 0, 0, 0)


def test_a_module_is_defined_at_the_beginning_of_its_file(install: Install) -> None:
    text, spans = marked("import →pkg.→a\nfrom →pkg import →a\nfrom . import →a\n→pkg.→a\n")
    bundle, _ = dump_of(install({"pkg/__init__.py": "", "pkg/a.py": "", "pkg/b.py": text}))
    package, module = Location("pkg/__init__.py", MODULE_START), Location("pkg/a.py", MODULE_START)
    found = [definitions(bundle, "pkg/b.py", span) for span in spans["→"]]
    assert found == [{package}, {module}, {package}, {module}, {module}, {package}, {module}]


MONIKERS = {
    "x = 1": "pkg:pkg.m:x",
    "def f(): ...": "pkg:pkg.m:f",
    "class C: ...": "pkg:pkg.m:C",
    "class C:\n    def f(self): ...": "pkg:pkg.m:C.f",
    "class C:\n    def f(self): self.a = 1": "pkg:pkg.m:C.a",
    "class C:\n    class D: ...": "pkg:pkg.m:C.D",
    "": "pkg:pkg.m:",
}


@pytest.mark.parametrize(("text", "identifier"), MONIKERS.items(), ids=MONIKERS.values())
def test_what_a_module_offers_has_a_moniker(install: Install, text: str, identifier: str) -> None:
    bundle, _ = dump_of(install({"pkg/__init__.py": "", "pkg/m.py": text}))
    [location] = bundle.definitions[MonikerKey("python", identifier)]
    assert location.path == "pkg/m.py"


def test_what_a_function_keeps_to_itself_has_no_moniker(install: Install) -> None:
    text = "def f(a):\n    b = 1\n    class C:\n        d = 2\n"
    bundle, _ = dump_of(install({"pkg/__init__.py": "", "pkg/m.py": text}))
    assert {key.identifier for key in bundle.definitions} == {
        "pkg:pkg:",
        "pkg:pkg.m:",
        "pkg:pkg.m:f",
    }


def test_foreign_names_have_import_monikers_by_which_other_dumps_are_found(
    install: Install,
) -> None:
    files = {
        "pkg/__init__.py": "import lib.m\nfrom lib.m import x\nlib.m.y\n",
        "lib/__init__.py": "",
        "lib/m.py": "x = 1\n",
    }
    root = install(files)
    user, _ = dump_of(root, "pkg")
    library, _ = dump_of(root, "lib")
    key = MonikerKey("python", "lib:lib.m:x")
    assert [location.path for location in user.references[key]] == ["pkg/__init__.py"]
    assert [location.path for location in library.definitions[key]] == ["lib/m.py"]
    assert key not in user.definitions
    kinds = {m.identifier: m.kind for m in user.documents["pkg/__init__.py"].monikers.values()}
    assert kinds["lib:lib.m:x"] == "import"
    assert kinds["pkg:pkg:"] == "export"


OFFERED = {
    "by name": "from .m import f\n",
    "under another name": "from .m import f as f\n",
    "by a star": "from .m import *\n",
    "by a star and a literal __all__": "from .m import *\n__all__ = ['f']\n",
    "by a star of a star": "from .stars import *\n",
}


@pytest.mark.parametrize("init", OFFERED.values(), ids=OFFERED.keys())
def test_what_a_package_offers_anew_is_found_from_other_packages(
    install: Install, init: str
) -> None:
    files = {
        "lib/__init__.py": init,
        "lib/m.py": "def f(): ...\n",
        "lib/stars.py": "from .m import *\n",
        "pkg/__init__.py": "import lib\nfrom lib import f\nf()\nlib.f()\n",
    }
    root = install(files)
    user, _ = dump_of(root, "pkg")
    library, _ = dump_of(root, "lib")
    key = MonikerKey("python", "lib:lib:f")
    assert [location.path for location in library.definitions[key]] == ["lib/m.py"]
    assert len(user.references[key]) == 3
    document = library.documents["lib/m.py"]
    [moniker] = [m for m in document.monikers.values() if m.identifier == key.identifier]
    assert moniker.kind == "export"
    assert document.packages[moniker.package].name == "lib"


NOT_OFFERED = {
    "a private name": ("lib/__init__.py", "from .m import _f\n"),
    "a name that __all__ leaves out": ("lib/__init__.py", "from .m import f\n__all__ = []\n"),
    "an import of a module that is no package": ("lib/n.py", "from .m import f\n"),
}


@pytest.mark.parametrize(("path", "text"), NOT_OFFERED.values(), ids=NOT_OFFERED.keys())
def test_what_a_module_merely_uses_has_no_further_moniker(
    install: Install, path: str, text: str
) -> None:
    files = {"lib/__init__.py": "", "lib/m.py": "def f(): ...\ndef _f(): ...\n", path: text}
    bundle, _ = dump_of(install(files), "lib")
    assert {key.identifier for key in bundle.definitions if key.identifier.endswith("f")} == {
        "lib:lib.m:f",
        "lib:lib.m:_f",
    }


HEADERS = {
    "one line": ("def f(a, b=':'): return a\n", "def f(a, b=':')"),
    "several lines": (
        "def f(\n    a,  # why: that\n    b,\n) -> int:\n    ...\n",
        "def f(\n    a,  # why: that\n    b,\n) -> int",
    ),
    "a comment behind it": ("class f(object):  # it\n    # more\n    x = 1\n", "class f(object)"),
    "a decorated body": ("class f:\n    @property\n    def g(self): ...\n", "class f"),
    "inside a class": ("class C:\n    async def f(self):\n        ...\n", "async def f(self)"),
}


@pytest.mark.parametrize(("text", "header"), HEADERS.values(), ids=HEADERS.keys())
def test_a_hover_has_the_declaration_as_it_is_written(
    install: Install, text: str, header: str
) -> None:
    bundle, _ = dump_of(install({"pkg/__init__.py": text}))
    assert f"```python\n{header}\n```" in bundle.documents["pkg/__init__.py"].hovers.values()


SHOWN = {
    "a module": ('"""Doc."""\n', "```python\nmodule pkg\n```\n\n---\n\nDoc."),
    "a variable": ("x = 1  # one\n", "```python\nx = 1\n```"),
    "a variable with a type": ("x: int\n", "```python\nx: int\n```"),
    "an attribute": ("class C:\n    x: int = 1\n", "```python\nx: int = 1\n```"),
    "several lines": ("x = [\n    1,\n]\n", "```python\nx = [ …\n```"),
    "a long value": (f"x = '{'ü' * 200}'\n", f"```python\nx = '{'ü' * 97} …\n```"),
}


@pytest.mark.parametrize(("text", "hover"), SHOWN.values(), ids=SHOWN.keys())
def test_modules_and_variables_have_a_hover_too(install: Install, text: str, hover: str) -> None:
    bundle, _ = dump_of(install({"pkg/__init__.py": text}))
    assert hover in bundle.documents["pkg/__init__.py"].hovers.values()


def test_what_a_function_keeps_to_itself_has_no_hover(install: Install) -> None:
    bundle, _ = dump_of(install({"pkg/__init__.py": "def f():\n    x = 1\n"}))
    hovers = bundle.documents["pkg/__init__.py"].hovers.values()
    assert not any("x = 1" in hover for hover in hovers)


UNREADABLE = {
    "a syntax error": b"def f(:\n",
    "another coding than it says": "# coding: ascii\nx = 'ü'\n".encode(),
    "an unknown coding": b"# coding: klingon\n",
    "no UTF-8": b"x = '\xff'\n",
    "a null byte": b"x = 1\0\n",
    "bottomless nesting": b"x = " + b"-" * 5000 + b"1\n",
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE.keys())
def test_a_file_that_does_not_parse_is_left_out_and_counted(
    install: Install, content: bytes
) -> None:
    root = install({"pkg/__init__.py": "x = 1\n"})
    (root / "pkg" / "bad.py").write_bytes(content)
    bundle, summary = dump_of(root)
    assert [skipped.path for skipped in summary.skipped] == ["pkg/bad.py"]
    assert summary.skipped[0].why
    assert list(bundle.documents) == ["pkg/__init__.py"]


@pytest.mark.parametrize("make", [Path.mkdir, lambda path: path.symlink_to("nowhere")])
def test_what_only_looks_like_a_file_is_left_out_and_counted(
    install: Install, make: Callable[[Path], None]
) -> None:
    root = install({"pkg/__init__.py": "x = 1\n"})
    make(root / "pkg" / "bad.py")
    bundle, summary = dump_of(root)
    assert [skipped.path for skipped in summary.skipped] == ["pkg/bad.py"]
    assert list(bundle.documents) == ["pkg/__init__.py"]


def test_a_file_in_another_coding_is_read_as_python_reads_it(install: Install) -> None:
    root = install({"pkg/__init__.py": ""})
    (root / "pkg" / "m.py").write_bytes("# coding: latin-1\n'ü'; x = 1\n".encode("latin-1"))
    bundle, _ = dump_of(root)
    [location] = bundle.definitions[MonikerKey("python", "pkg:pkg.m:x")]
    assert location.span == Span(1, 5, 1, 6)


def test_a_single_module_is_a_package_too(install: Install) -> None:
    bundle, _ = dump_of(install({"alone.py": "x = 1\n"}), "alone")
    assert MonikerKey("python", "alone:alone:x") in bundle.definitions


def test_a_strange_folder_name_is_a_path_like_any_other(install: Install) -> None:
    files = {"pkg/__init__.py": "", "pkg/a b%20ü/m.py": "x = 1\n"}
    bundle, _ = dump_of(install(files))
    assert set(bundle.documents) == set(files)


def test_the_same_package_gives_the_same_bytes(tmp_path: Path) -> None:
    first, second = tmp_path / "a.lsif.gz", tmp_path / "b.lsif.gz"
    index("click", first)
    index("click", second)
    assert first.read_bytes() == second.read_bytes()
