"""Whether a revision asks if it is run offline: what is rendered is then not what a deploy runs."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, FunctionType, ModuleType

_QUESTIONS = frozenset({"is_offline_mode", "as_sql"})


def asks_whether_offline(module: ModuleType) -> bool:
    """Tell whether ``upgrade()``, or a function of its own file that it names, asks.

    A helper of another file may ask: what it leaves out offline is as a rule the look at the
    database before the same operation.
    """
    upgrade = getattr(module, "upgrade", None)
    waiting = [upgrade.__code__] if isinstance(upgrade, FunctionType) else []
    seen: set[CodeType] = set()
    while waiting:
        code = waiting.pop()
        if code in seen:
            continue
        seen.add(code)
        if not _QUESTIONS.isdisjoint(code.co_names):
            return True
        waiting.extend(_inside(code))
        waiting.extend(_named(code, module))
    return False


def _inside(code: CodeType) -> Iterator[CodeType]:
    return (constant for constant in code.co_consts if isinstance(constant, CodeType))


def _named(code: CodeType, module: ModuleType) -> Iterator[CodeType]:
    for name in code.co_names:
        function = getattr(module, name, None)
        if isinstance(function, FunctionType) and function.__module__ == module.__name__:
            yield function.__code__
