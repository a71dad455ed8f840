"""The queries with their plans, as trees beside one another: before, after, and until `apply`."""

from __future__ import annotations

from collections.abc import Iterator

from outofband.pretend.plan import Plan
from outofband.rehearse.queries.value import Outcome, Planned, Unplanned
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report import words
from outofband.rehearse.report.element import Element, code, element, several


def section(rehearsal: Rehearsal) -> Element | None:
    """Return the queries; those with nothing to say are folded away together."""
    if not rehearsal.planned:
        return None
    told = words.planned_badly(rehearsal)
    bad = [_query(each) for each in told]
    good = [_query(each) for each in rehearsal.planned if each not in told]
    count = words.count_queries(len(good))
    folded = element(
        "details",
        element("summary", f"{count} with nothing wrong"),
        several("ul", good, class_="plans"),
    )
    return element(
        "section",
        element("h2", "Plans"),
        several("ul", bad, class_="plans") if bad else None,
        folded if good else None,
        id="plans",
    )


def _query(planned: Planned) -> Element:
    query = planned.query
    place = element("small", code(words.place(query.path, query.line)))
    heading = element("h3", code(query.name), " ", place)
    faults = [element("p", words.sentence(fault.why)) for fault in planned.faults]
    sql = element("pre", code(words.cut(query.sql)))
    return element("li", heading, sql, *faults, several("div", _trees(planned), class_="trees"))


def _trees(planned: Planned) -> Iterator[Element]:
    yield from (_tree(title, outcome) for title, outcome in words.plans(planned))
    for operation, plan in words.suggestions(planned).items():
        tree = _tree("With this index, tried here", plan)
        tree.insert(1, element("pre", code(operation)))
        yield tree


def _tree(title: str, outcome: Outcome) -> Element:
    if isinstance(outcome, Unplanned):
        return element("div", element("h4", title), element("p", f"No plan: {outcome.why}"))
    return element("div", element("h4", title), element("ul", _node(outcome), class_="tree"))


def _node(plan: Plan) -> Element:
    figures = f"cost {plan.total_cost:,.0f}, {words.count(round(plan.plan_rows), 'row')}"
    details = [element("p", text, class_="why") for text in plan.conditions]
    below = [_node(each) for each in plan.plans]
    return element(
        "li",
        element("p", code(plan.title), " ", element("small", figures)),
        *details,
        several("ul", below) if below else None,
        class_="whole" if plan.reads_whole else None,
    )
