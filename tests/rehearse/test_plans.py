"""The plans of the application's queries, as each report shows them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest

from outofband.rehearse.report import html, markdown, text
from outofband.rehearse.report import json as json_report
from rehearsals import HOSTILE, planned, rehearsal

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "rehearsal.schema.json").read_text())
TOLD = rehearsal(queries=[planned("a = $1"), planned(table_name="fine", bad=False)])


def test_the_verdict_counts_the_queries_that_are_planned_badly() -> None:
    verdict = "1 error: 1 of 2 queries is planned badly"
    assert markdown.report(TOLD).splitlines()[0].endswith(f" {verdict}")
    assert text.report(TOLD).splitlines()[-1] == f"{verdict}."


def test_what_was_wrong_before_the_branch_or_is_allowed_is_not_counted() -> None:
    old = replace(planned("a = $1"), faults=(replace(planned().faults[0], is_old=True),))
    told = rehearsal(queries=[replace(old, known=True, head=old.base)])
    allowed = replace(rehearsal(queries=[planned("a = $1")]), seen=())
    for each in (told, allowed):
        assert (
            text.report(each).splitlines()[-1] == "Nothing found: nothing waits longer than 50 ms."
        )
        assert "Plans of query" not in markdown.report(each)


def test_a_comment_has_the_plans_of_what_is_wrong_before_and_after_and_with_the_index() -> None:
    _, summary, told = markdown.report(TOLD).partition("<summary>Plans of query <code>t</code>")
    assert summary
    assert "<code>fine</code>" not in told
    before, after, with_index = (
        told.index(title) for title in ("Before:", "After:", "With this index, tried here:")
    )
    assert before < told.index("Index Scan using i on public.t") < after
    assert after < told.index("  Seq Scan on public.t") < with_index
    assert 'op.create_index_out_of_band("ix", "t", ["a"])' in told[with_index:]


def test_a_page_has_trees_and_folds_away_what_is_fine() -> None:
    told = html.report(TOLD)
    assert '<li class="whole"><p><code>Seq Scan on public.t</code>' in told
    assert "<summary>1 query with nothing wrong</summary>" in told
    assert "<h4>Before and after</h4>" in told


def test_a_program_gets_every_plan() -> None:
    told = json.loads(json_report.report(TOLD))
    jsonschema.validate(told, SCHEMA)
    bad, fine = told["queries"]
    assert bad["after"]["cost"] == 618_843.0
    assert bad["suggestions"] == ['op.create_index_out_of_band("ix", "t", ["a"])']
    assert fine["faults"] == []
    assert fine["before"] == fine["after"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_query_ends_no_block(name: str) -> None:
    told = markdown.report(rehearsal(queries=[planned(f"```\n{name}\n````\n</details>", name)]))
    assert told.count(markdown.MARKER) == 1
    assert told.count("\n`````\n") == 6
