"""The stats file, and what the sizes in it decide."""

from __future__ import annotations

import pytest

from outofband_lint import stats
from outofband_lint.engine import lint
from outofband_lint.names import QualifiedName
from outofband_lint.settings import INLINE_MAX_BYTES, Settings
from outofband_lint.source import Revision, Source

EVENTS = QualifiedName("events", "public")


def sized(size: int, name: QualifiedName = EVENTS) -> stats.Stats:
    return stats.read(stats.written([stats.Relation(name, size // 8192, 10.0, size)]))


def test_what_is_written_is_read_again_sorted_by_name() -> None:
    a, b = QualifiedName("a", 'my "schema"'), QualifiedName("b", "ä")
    relations = [stats.Relation(b, 1, 2.5, 8192), stats.Relation(a, 0, -1.0, 0)]
    text = stats.written(relations)
    assert stats.read(text) == stats.Stats({a: relations[1], b: relations[0]})
    assert text == stats.written(reversed(relations))
    assert text.index('"a"') < text.index('"b"')


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{", "it is not JSON"),
        ("[]", 'it does not say "format"'),
        ('{"format": "outofband-stats", "version": 2}', "it is of version 2"),
        ('{"format": "outofband-stats", "version": 1}', '"relations" is not a list'),
        (
            '{"format": "outofband-stats", "version": 1, "relations": [{"schema": "a"}]}',
            '"relations"[0] has no "name" that is a text',
        ),
        (
            '{"format": "outofband-stats", "version": 1, "relations": '
            '[{"schema": "a", "name": "b", "pages": 1, "tuples": NaN, "bytes": 1}]}',
            'no "tuples" that is a number',
        ),
    ],
)
def test_what_is_no_stats_file_is_told_in_words(text: str, why: str) -> None:
    with pytest.raises(stats.StatsUnreadable) as raised:
        stats.read(text)
    assert why in str(raised.value)


def test_members_that_are_not_known_yet_are_passed_over() -> None:
    text = stats.written([stats.Relation(EVENTS, 1, 1.0, 8192)])
    with_columns = text.replace('"pages"', '"columns": [{"name": "id"}], "pages"')
    assert stats.read(with_columns) == stats.read(text)


BELOW, ABOVE = INLINE_MAX_BYTES, INLINE_MAX_BYTES + 1


@pytest.mark.parametrize(
    ("settings", "small", "large"),
    [
        (Settings(), False, True),
        (Settings(stats=sized(BELOW)), True, False),
        (Settings(stats=sized(ABOVE)), False, True),
        (Settings(stats=sized(BELOW), large=("events",)), False, True),
        (Settings(stats=sized(ABOVE), small=("events",)), True, False),
        (Settings(stats=sized(ABOVE), large=("others",)), False, True),
        (Settings(stats=sized(BELOW), inline_max_bytes=1024), False, True),
        (Settings(stats=sized(BELOW, QualifiedName("events", "other"))), False, True),
    ],
)
def test_a_table_is_large_or_small_by_the_projects_word_then_by_its_size(
    settings: Settings, small: bool, large: bool
) -> None:
    assert (settings.is_small(EVENTS), settings.is_large(EVENTS)) == (small, large)


@pytest.mark.parametrize(
    ("size", "severity", "told"),
    [
        (15 * 1024**3, "error", "In production events has 15 GB."),
        (40 * 1024, "warning", "In production events has 40 kB."),
    ],
)
def test_a_finding_names_the_size_and_is_milder_for_a_small_table(
    size: int, severity: str, told: str
) -> None:
    revisions = [
        Revision("1", "1.py", sources=(Source("CREATE TABLE events (a int PRIMARY KEY)", "1", 1),)),
        Revision(
            "2",
            "2.py",
            ("1",),
            sources=(Source("CREATE INDEX i ON events (lower(a::text))", "2.py", 1),),
        ),
    ]
    (finding,) = lint(revisions, Settings(stats=sized(size)))
    assert finding.severity == severity
    assert finding.message.endswith(told)


@pytest.mark.parametrize(
    ("size", "told"),
    [
        (0, "0 bytes"),
        (10239, "10239 bytes"),
        (10240, "10 kB"),
        (15 << 30, "15 GB"),
        (3e16, "27 PB"),
    ],
)
def test_sizes_are_told_as_postgres_does(size: float, told: str) -> None:
    assert stats.shown_size(size) == told
