"""Rendered revisions and what was found in them as JSON values: for the pipe from the child that
ran the project's code, and for the cache.

JSON and never pickle: what comes out of either is data, whoever was made to write it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from functools import cache
from itertools import repeat
from types import NoneType, UnionType
from typing import Any, cast, get_args, get_origin, get_type_hints

from outofband.model.names import QualifiedName
from outofband.model.step import KINDS, Step, Wanted, WantedStep
from outofband_lint.environment import Environment
from outofband_lint.finding import Finding
from outofband_lint.fix import Fix
from outofband_lint.source import Problem, Revision, Source

_FINDING = [field.name for field in fields(Finding)]
_SOURCE = {field.name: field.default for field in fields(Source)}


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of an ``upgrade()`` gave: its statements in order, its steps in order.

    The sources marked ``out_of_band`` stand for the steps, one for one. With a ``problem`` it is
    what came before the line that stopped the run.
    """

    sources: tuple[Source, ...] = ()
    steps: tuple[Step, ...] = ()
    problem: Problem | None = None

    def in_order(self) -> Iterator[tuple[Source, Step | None]]:
        """Yield every source with the step it declares, if it declares one."""
        steps = iter(self.steps)
        for source in self.sources:
            yield source, next(steps) if source.out_of_band else None


def to_json(run: Run) -> dict[str, Any]:
    """Return a run as a value that JSON can have."""
    steps = [{"kind": step.kind, **_fields(step)} for step in run.steps]
    problem = asdict(run.problem) if run.problem else None
    return {"sources": sources_to_json(run.sources), "steps": steps, "problem": problem}


def sources_to_json(sources: Iterable[Source]) -> list[dict[str, Any]]:
    """Return sources as values that JSON can have, defaults left out."""
    return [{k: v for k in _SOURCE if (v := getattr(s, k)) != _SOURCE[k]} for s in sources]


def from_json(told: Mapping[str, Any]) -> Run:
    """Return the run that :func:`to_json` told; raises ValueError, KeyError or TypeError if not."""
    return Run(
        sources=tuple(Source(**source) for source in told["sources"]),
        steps=tuple(_step(**step) for step in told["steps"]),
        problem=_problem(told["problem"]),
    )


def revision_from_json(told: Mapping[str, Any]) -> Revision:
    """Return the revision of an answer about one; raises as :func:`from_json` does."""
    return Revision(
        id=told["revision"],
        path=told["path"],
        down_revisions=tuple(told["down"]),
        depends_on=tuple(told["depends_on"]),
        branch_labels=tuple(told["branch_labels"]),
        sources=_sources(told.get("sources")) or (),
        problem=_problem(told.get("problem")),
        downgrade=_sources(told.get("downgrade")),
        created=told.get("created", ""),
    )


def revision_to_json(revision: Revision) -> dict[str, Any]:
    """Return a revision as :func:`revision_from_json` takes it."""
    downgrade = revision.downgrade
    return {
        "revision": revision.id,
        "path": revision.path,
        "down": [*revision.down_revisions],
        "depends_on": [*revision.depends_on],
        "branch_labels": [*revision.branch_labels],
        "sources": sources_to_json(revision.sources),
        "problem": asdict(revision.problem) if revision.problem else None,
        "downgrade": None if downgrade is None else sources_to_json(downgrade),
        "created": revision.created,
    }


def findings_to_json(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return findings as values that JSON can have."""
    return [
        {**{name: getattr(f, name) for name in _FINDING}, "fix": f.fix and asdict(f.fix)}
        for f in findings
    ]


def findings_from_json(told: Iterable[Mapping[str, Any]]) -> list[Finding]:
    """Return the findings that :func:`findings_to_json` told; raises KeyError or TypeError."""
    return [Finding(**{**finding, "fix": _fix(finding["fix"])}) for finding in told]


def _fix(told: Mapping[str, Any] | None) -> Fix | None:
    if told is None:
        return None
    here, later, undo = (tuple(told[name]) for name in ("here", "later", "undo"))
    return Fix(here, later, undo, told["autocommit"])


def wanted_to_json(wanted: Wanted) -> dict[str, Any]:
    """Return what is wanted as a value that JSON can have."""
    return {
        "steps": [_wanted_to_json(w) for w in wanted.steps],
        "unapplied": [_wanted_to_json(w) for w in wanted.unapplied],
        "declared_names": sorted(wanted.declared_names, key=str),
        "incomplete": wanted.incomplete,
    }


def wanted_from_json(told: Mapping[str, Any]) -> Wanted:
    """Return what :func:`wanted_to_json` told; raises as :func:`from_json` does."""
    return Wanted(
        steps=tuple(map(_wanted_step, told["steps"])),
        unapplied=tuple(map(_wanted_step, told["unapplied"])),
        declared_names=frozenset(map(_name, told["declared_names"])),
        incomplete=tuple(told["incomplete"]),
    )


def _wanted_to_json(wanted: WantedStep) -> list[Any]:
    return [{"kind": wanted.step.kind, **_fields(wanted.step)}, wanted.revision, wanted.ahead]


def _wanted_step(told: Sequence[Any]) -> WantedStep:
    step, revision, ahead = told
    return WantedStep(_step(**step), revision, ahead)


def environment_from_json(told: Mapping[str, Any]) -> Environment:
    """Return the env.py of an answer about it."""
    return Environment(**{**told, "problem": _problem(told["problem"])})


def _sources(told: Iterable[Mapping[str, Any]] | None) -> tuple[Source, ...] | None:
    return None if told is None else tuple(Source(**source) for source in told)


def _problem(told: Mapping[str, Any] | None) -> Problem | None:
    return Problem(**told) if told else None


def _fields(step: Step) -> dict[str, Any]:
    fields = asdict(step)
    fields.pop("kind", None)
    return fields


def _step(kind: str, **fields: Any) -> Step:
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is no kind of step")
    of: Any = KINDS[kind]
    if "kind" in _types(of):
        fields["kind"] = kind
    return cast("Step", _value(of, fields))


def _value(of: Any, told: Any) -> Any:
    """Return what JSON has of a value of that type as the value."""
    if isinstance(of, UnionType):
        one = next(option for option in get_args(of) if option is not NoneType)
        return None if told is None else _value(one, told)
    if of is QualifiedName:
        return _name(told)
    if get_origin(of) is tuple:
        first, *rest = get_args(of)
        each = repeat(first) if rest == [...] else (first, *rest)
        return tuple(map(_value, each, told))
    if is_dataclass(of):
        make: Any = of
        types = _types(make)
        return make(**{name: _value(types[name], value) for name, value in told.items()})
    return told


@cache
def _types(of: Any) -> Mapping[str, Any]:
    hints = get_type_hints(of)
    return {field.name: hints[field.name] for field in fields(of)}


def _name(parts: Sequence[str | None]) -> QualifiedName:
    name, schema = parts
    if name is None:
        raise ValueError("a name is missing")
    return QualifiedName(name, schema)
