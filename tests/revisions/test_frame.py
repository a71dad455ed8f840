from __future__ import annotations

from types import ModuleType
from typing import Any

import pytest

from outofband.revisions import frame
from outofband.revisions.frame import Caller

HELPER = "def ask():\n    return look()\n"
REVISION = """
revision = "{revision}"
down_revision = None

def _own(helper):
    return helper()

def upgrade(helper):
    return _own(
        helper,
    )

def downgrade(helper):
    return helper()
"""


def module(name: str, text: str, **names: Any) -> ModuleType:
    made = ModuleType(name)
    made.__dict__.update(names)
    exec(compile(text, f"{name}.py", "exec"), made.__dict__)
    return made


@pytest.fixture
def helper() -> Any:
    return module("helper", HELPER, look=lambda: frame.caller())


@pytest.mark.parametrize(("direction", "line"), [("upgrade", 6), ("downgrade", 14)])
def test_the_revision_is_found_through_helpers(helper: Any, direction: str, line: int) -> None:
    revision = module("r1", REVISION.format(revision="r1"))
    found = getattr(revision, direction)(helper.ask)
    assert found == Caller("r1", direction, "r1.py", line)  # type: ignore[arg-type]


def test_the_revision_that_runs_is_the_outermost_when_another_lends_a_helper(helper: Any) -> None:
    lender = module("r1", REVISION.format(revision="r1"))
    runner = module("r2", REVISION.format(revision="r2"))
    found = runner.downgrade(lambda: lender.upgrade(helper.ask))
    assert (found.revision, found.direction, found.line) == ("r2", "downgrade", 14)


def test_outside_a_revision_there_is_none(helper: Any) -> None:
    assert helper.ask() is None
