"""What only a rehearsal finds: names that settings and comments may use beside those of rules."""

from __future__ import annotations

REHEARSED = frozenset(
    {
        "upgrade-fails",
        "downgrade-fails",
        "upgrade-differs",
        "downgrade-differs",
        "index-left-invalid",
        "lock-not-predicted",
        "lock-held-long",
        "query-sequential-scan",
        "query-filter-discards",
        "query-sort-spills",
        "query-plan-worse",
        "query-waits-for-steps",
        "query-not-planned",
    }
)
