"""The lock timeline: a lane a table, and who would wait for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from outofband.rehearse.at_size import Hold
from outofband.rehearse.rehearsal import Rehearsal
from outofband.rehearse.report import words
from outofband.rehearse.report.element import Element, code, element, several
from outofband.rehearse.report.timeline import Span, spans
from outofband.rehearse.report.waits import Waits, alike, blocks, locks_rows, waits
from outofband_lint.locks import LockMode
from outofband_lint.names import QualifiedName
from outofband_lint.stats import Stats

_WIDTH, _LEAST = 1000, 8
"""Of the picture, in its own units, and of the narrowest bar in it."""
_MOST = 30
"""Lanes that are seen before somebody asks for more."""
_HEIGHTS = {"reads": 20, "writes": 14, "rows": 8, "nobody": 4}
_KEY = (
    ("reads", "reads and writes wait"),
    ("writes", "writes wait"),
    ("rows", "writes of changed rows wait"),
    ("nobody", "only schema changes and the like wait"),
    ("reads unknown", "for how long is not known"),
)


def section(rehearsal: Rehearsal) -> Element | None:
    """Return the lanes, the longest wait first; what nobody would notice is folded away."""
    upgraded = rehearsal.part("upgrade")
    drawn: dict[QualifiedName, list[Span]] = {}
    for span in spans(upgraded.statements if upgraded else (), rehearsal.holds, rehearsal.stats):
        drawn.setdefault(span.hold.lock.table, []).append(span)
    if not drawn:
        return None
    waited = waits(rehearsal.holds)
    long, short = (
        [_lane(group, drawn, rehearsal.stats) for group in alike(w for w in waited if are(w))]
        for are in (lambda each: not each.are_short, lambda each: each.are_short)
    )
    harmless = sorted(drawn.keys() - {each.table for each in waited})
    free = [_free(table, drawn[table], rehearsal.stats) for table in harmless]
    return element(
        "section",
        element("h2", "Who would wait"),
        _key() if long else element("p", "Nobody, for 50 ms or more."),
        several("ul", long[:_MOST], class_="lanes") if long else None,
        _folded(
            f"{words.count(len(long) - _MOST, 'table')} for no longer than these", long[_MOST:]
        ),
        _folded(f"{words.count(len(short), 'table')} locked for under 50 ms", short),
        _folded(f"{words.count(len(free), 'table')} that no read and no write waits for", free),
        id="waits",
    )


def _key() -> Element:
    told = [element("li", _picture([(kind, 0.0, 1.0, "")], 24), text) for kind, text in _KEY]
    said = "The deploy from its start, at the left, to its end; what is short is drawn wider."
    return element("div", element("p", said), several("ul", told), class_="key")


def _folded(summary: str, found: Sequence[Element]) -> Element | None:
    if not found:
        return None
    return element("details", element("summary", summary), several("ul", found, class_="lanes"))


def _lane(
    group: Sequence[Waits], drawn: Mapping[QualifiedName, Sequence[Span]], stats: Stats
) -> Element:
    first = words.largest(group, stats)
    others = [words.name(each.table) for each in group if each is not first]
    worst = first.worst
    method = words.method(worst.duration)
    place = words.place(worst.statement.path, worst.statement.line)
    waits_for = element("p", f"{words.who(worst)} waits for ", _time(worst))
    return element(
        "li",
        element(
            "div",
            _name(first.table, stats),
            _alike(others),
            waits_for,
        ),
        element(
            "div",
            _bars(drawn[first.table]),
            element("p", code(place), f" takes {worst.lock.mode.value}", class_="why"),
            element("p", method, class_="why") if method else None,
        ),
    )


def _alike(names: Sequence[str]) -> Element | None:
    """Return the tables of which the same is true, folded away unless there is one."""
    if len(names) < 2:
        return element("p", "and ", code(names[0])) if names else None
    listed = several("ul", (element("li", code(name)) for name in names))
    return element("details", element("summary", f"and {len(names)} more alike"), listed)


def _time(hold: Hold) -> Element:
    return element("b", words.time(hold.duration))


def _free(table: QualifiedName, drawn: Sequence[Span], stats: Stats) -> Element:
    modes = sorted({span.hold.lock.mode for span in drawn}, key=lambda mode: -mode.strength)
    taken = ", ".join(mode.value for mode in modes)
    name = element("div", _name(table, stats), element("p", taken))
    return element("li", name, element("div", _bars(drawn)))


def _name(table: QualifiedName, stats: Stats) -> Element:
    relation = stats.of(table)
    size = relation.size if relation else "size not known"
    return element("h3", code(words.name(table)), " ", element("small", size))


def _bars(drawn: Sequence[Span]) -> Element:
    bars = [(_kind(span.hold), span.start, span.end, _told(span.hold)) for span in drawn]
    bars.sort(key=lambda bar: _height(bar[0]), reverse=True)
    return _picture(bars, _WIDTH)


def _picture(bars: Iterable[tuple[str, float, float, str]], width: int) -> Element:
    height = max(_HEIGHTS.values())
    drawn = [_bar(*bar, width) for bar in bars]
    said = "; ".join(filter(None, (bar.findtext("title") for bar in drawn)))
    hidden = {"aria_hidden": None, "role": "img"} if said else {"aria_hidden": "true", "role": None}
    return several(
        "svg",
        drawn,
        viewBox=f"0 0 {width} {height}",
        preserveAspectRatio="none",
        aria_label=said or None,
        **hidden,
    )


def _bar(kind: str, start: float, end: float, told: str, width: int) -> Element:
    across = max((end - start) * width, _LEAST)
    left = min(start * width, width - across)
    height = _height(kind)
    return element(
        "rect",
        element("title", told) if told else None,
        class_=kind,
        x=f"{left:.1f}",
        y=str(max(_HEIGHTS.values()) - height),
        width=f"{across:.1f}",
        height=str(height),
    )


def _height(kind: str) -> int:
    return _HEIGHTS[kind.partition(" ")[0]]


def _kind(hold: Hold) -> str:
    if not blocks(hold):
        return "nobody"
    reads = hold.lock.mode is LockMode.ACCESS_EXCLUSIVE
    kind = "rows" if locks_rows(hold) else "reads" if reads else "writes"
    return kind if hold.duration else f"{kind} unknown"


def _told(hold: Hold) -> str:
    place = words.place(hold.statement.path, hold.statement.line)
    waiting = f": {words.who(hold)} waits for {words.time(hold.duration)}" if blocks(hold) else ""
    return f"{place} takes {hold.lock.mode.value}{waiting}"
