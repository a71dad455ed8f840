"""Rules of a project's own: a folder with a file a rule, in the form that ours have."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from hashlib import sha256
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from outofband_lint.rule import Rule, Violation

_CHECKS = ("check", "check_at_head", "check_project", "check_suppression")


class OwnRuleWrong(Exception):
    """A file among a project's rules cannot be used, or its check failed; the message names it."""


def load(folders: Sequence[str], others: Sequence[Rule]) -> tuple[Rule, ...]:
    """Import each `*.py` of the folders and return the rule in it, sorted by name.

    Files that begin with `_` are helpers and not rules. This runs the project's code. Raises
    OwnRuleWrong for what is not a folder, cannot be imported, has no rule of its own name, or has
    one that clashes with one of `others` or with another file.
    """
    files: dict[str, Path] = {}
    taken = {rule.name: "outofband" for rule in others}
    rules: list[Rule] = []
    for folder in map(Path, folders):
        if not folder.is_dir():
            raise OwnRuleWrong(f"{folder} is not a folder")
        for file in sorted(folder.glob("[!_]*.py")):
            rule = _rule_in(file)
            if rule.name in taken:
                raise OwnRuleWrong(f"{file}: {taken[rule.name]} has a rule {rule.name} already")
            taken[rule.name] = str(file)
            files[rule.name] = file
            rules.append(rule)
    return tuple(sorted((_told(rule, files[rule.name]) for rule in rules), key=lambda r: r.name))


def _rule_in(file: Path) -> Rule:
    rule = getattr(_module(file), file.stem, None)
    if not isinstance(rule, Rule):
        raise OwnRuleWrong(
            f"{file} has no rule {file.stem}: it must define a function of that name under"
            " @statement_rule, @head_rule or @project_rule of outofband_lint.rule"
        )
    if rule.name != file.stem.replace("_", "-"):
        raise OwnRuleWrong(f"{file} has the rule {rule.name} under the name {file.stem}")
    return rule


def _module(file: Path) -> ModuleType:
    """Import a file under a name that no other module has, with its folder to import from."""
    digest = sha256(str(file.resolve()).encode()).hexdigest()[:8]
    spec = spec_from_file_location(f"outofband_own_rule_{digest}_{file.stem}", file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    folder = str(file.resolve().parent)
    sys.path.insert(0, folder)
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:
        raise OwnRuleWrong(f"{file} cannot be imported: {_in_words(error)}") from None
    finally:
        sys.path.remove(folder)
    return module


def _told(rule: Rule, file: Path) -> Rule:
    """Return the rule with its check's failures told in words."""
    checks = {name: getattr(rule, name) for name in _CHECKS}
    guarded: dict[str, Any] = {n: _guarded(c, rule, file) for n, c in checks.items() if c}
    return replace(rule, **guarded)


def _guarded(
    check: Callable[..., Iterator[Violation]], rule: Rule, file: Path
) -> Callable[..., Iterator[Violation]]:
    def guarded(*arguments: Any) -> Iterator[Violation]:
        try:
            yield from check(*arguments) or ()
        except (Exception, SystemExit) as error:
            raise OwnRuleWrong(f"{file}: the rule {rule.name} failed: {_in_words(error)}") from None

    return guarded


def _in_words(error: BaseException) -> str:
    line = error.__traceback__
    while line is not None and line.tb_next is not None:
        line = line.tb_next
    where = f" (line {line.tb_lineno} of {line.tb_frame.f_code.co_filename})" if line else ""
    return f"{type(error).__name__}: {error}{where}"
