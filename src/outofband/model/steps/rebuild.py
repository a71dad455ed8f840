"""Steps that do something anew and leave what was declared as it is."""

from __future__ import annotations

from dataclasses import dataclass

from outofband.model.names import QualifiedName, literal


@dataclass(frozen=True, slots=True)
class Reindex:
    """Wanted: the index built anew, once. It waits for the steps that ``after`` names."""

    name: str
    table: QualifiedName
    index: str
    after: tuple[str, ...] = ()

    kind = "reindex"

    @property
    def relation(self) -> QualifiedName:
        """The index's name in its table's schema."""
        return self.table.renamed(self.index)

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody could wait for it."""
        return f"REINDEX INDEX {self.relation}"


@dataclass(frozen=True, slots=True)
class RefreshView:
    """Wanted: the materialized view refreshed, once. ``table`` is its name."""

    name: str
    table: QualifiedName
    after: tuple[str, ...] = ()

    kind = "refresh_materialized_view"

    @property
    def relation(self) -> QualifiedName:
        """The view's name."""
        return self.table

    @property
    def plain_sql(self) -> str:
        """What it comes to where nobody could wait for it."""
        return f"REFRESH MATERIALIZED VIEW {self.table}"


Rebuild = Reindex | RefreshView
"""What is done anew."""


def mark_of(step: Rebuild) -> str:
    """Return the line in the comment of its relation that says that the step is done: nothing else
    that the catalog has would tell.
    """
    return f"outofband: {step.name} is done"


def comment_on(step: Rebuild, relation: QualifiedName, comment: str) -> str:
    """Return the SQL that adds the mark to what a relation's comment says already."""
    what = "INDEX" if isinstance(step, Reindex) else "MATERIALIZED VIEW"
    text = "\n".join(filter(None, (comment, mark_of(step))))
    return f"COMMENT ON {what} {relation} IS {literal(text).strip()}"
