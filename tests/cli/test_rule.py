"""`outofband rule`: the rules listed, one explained, by our name or another linter's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from outofband_lint.rules import CHAPTERS, all_rules


@pytest.fixture
def rule(
    tmp_path: Path, outofband: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Any]:
    monkeypatch.chdir(tmp_path)
    return lambda *words: outofband("rule", *words)


def test_the_list_has_every_rule_under_its_chapter_in_80_columns(rule: Callable[..., Any]) -> None:
    lines = rule().out.splitlines()
    assert all(len(line) <= 80 for line in lines)
    listed = [line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "]
    assert sorted(listed) == [known.name for known in all_rules()]
    assert {line for line in lines if line and not line.startswith(" ")} <= set(CHAPTERS)


@pytest.mark.parametrize("known", all_rules(), ids=lambda known: known.name)
def test_every_rule_is_explained(rule: Callable[..., Any], known: Any) -> None:
    told = rule(known.name)
    assert told.status == 0
    assert told.out.startswith(f"{known.name} (")
    for slot in ("Cost:", "Instead:", "Allowed when:", "Source:", "Found:"):
        assert slot in told.out


@pytest.mark.parametrize("name", ["INDEX_BUILT_IN_DEPLOY", " index-built-in-deploy "])
def test_case_underscores_and_spaces_do_not_matter(rule: Callable[..., Any], name: str) -> None:
    assert rule(name).out.startswith("index-built-in-deploy (error")


def test_every_alias_is_answered(rule: Callable[..., Any]) -> None:
    told = json.loads(rule("--format", "json").out)["rules"]
    for known in told:
        for alias in known["aliases"]:
            names = [r["name"] for r in json.loads(rule(alias, "--format", "json").out)["rules"]]
            assert known["name"] in names


def test_a_name_of_nothing_is_refused_with_the_nearest(rule: Callable[..., Any]) -> None:
    told = rule("index-build-in-deploy")
    assert (told.status, told.out) == (2, "")
    assert "Did you mean index-built-in-deploy?" in told.err


def test_json_says_what_the_page_says(rule: Callable[..., Any]) -> None:
    (told,) = json.loads(rule("index-built-in-deploy", "--format", "json").out)["rules"]
    assert (told["chapter"], told["severity"], told["lock"]) == ("indexes", "error", "SHARE")
    assert told["page"].startswith(told["headline"])
    assert len(told["bad"]) >= 3


def test_rules_of_the_projects_own_are_listed_too(rule: Callable[..., Any], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[tool.outofband]\nrules = ["own"]\n')
    (tmp_path / "own").mkdir()
    (tmp_path / "own" / "no_views.py").write_text(
        "from outofband_lint.rule import project_rule\n"
        "@project_rule(failure='x', bad=(), good=())\n"
        "def no_views(context):\n    'Views are not wanted.'\n    return ()\n"
    )
    assert "of the project's own\n  no-views (error)\n      Views are not wanted.\n" in rule().out
    assert rule("no-views").out.startswith("no-views (error; of the project's own)")
