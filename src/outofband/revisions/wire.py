"""Rendered revisions as JSON, for the pipe from the child that ran the project's code.

JSON and never pickle: what comes out of the pipe is data, whatever the child was made to write.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from outofband.model.index import Index, Key
from outofband.model.names import QualifiedName
from outofband.model.step import AddConstraint, CreateIndex, DropIndex, Step
from outofband_lint.source import Problem, Source


@dataclass(frozen=True, slots=True)
class Run:
    """What one run of an ``upgrade()`` gave: its statements in order, its steps in order.

    The sources marked ``out_of_band`` stand for the steps, one for one. With a ``problem`` it is
    what came before the line that stopped the run.
    """

    sources: tuple[Source, ...] = ()
    steps: tuple[Step, ...] = ()
    problem: Problem | None = None


def dumps(run: Run) -> str:
    """Return a run as one line of JSON."""
    steps = [{"kind": step.kind, **_fields(step)} for step in run.steps]
    sources = [asdict(source) for source in run.sources]
    problem = asdict(run.problem) if run.problem else None
    return json.dumps({"sources": sources, "steps": steps, "problem": problem})


def loads(line: str | bytes) -> Run:
    """Return the run that :func:`dumps` wrote; raises ValueError, KeyError or TypeError if not."""
    told = json.loads(line)
    return Run(
        sources=tuple(Source(**source) for source in told["sources"]),
        steps=tuple(_step(**step) for step in told["steps"]),
        problem=Problem(**told["problem"]) if told["problem"] else None,
    )


def _fields(step: Step) -> dict[str, Any]:
    fields = asdict(step)
    fields.pop("kind", None)
    return fields


def _step(kind: str, **fields: Any) -> Step:
    after = fields.pop("after", None)
    after = None if after is None else tuple(after)
    match kind:
        case "create_index":
            return CreateIndex(_index(fields["index"]), after=after or ())
        case "drop_index":
            return DropIndex(fields["name"], _name(fields["table"]), after=after)
        case "primary_key" | "unique_constraint":
            table, columns = _name(fields["table"]), tuple(fields["columns"])
            return AddConstraint(fields["name"], table, kind, columns, fields["using_index"])
        case _:
            raise ValueError(f"{kind!r} is no kind of step")


def _index(fields: Mapping[str, Any]) -> Index:
    told = dict(fields)
    told["table"] = _name(told["table"])
    told["keys"] = tuple(Key(**key) for key in told["keys"])
    told["include"] = tuple(told["include"])
    told["options"] = tuple((key, value) for key, value in told["options"])
    return Index(**told)


def _name(fields: Mapping[str, Any]) -> QualifiedName:
    return QualifiedName(**fields)
