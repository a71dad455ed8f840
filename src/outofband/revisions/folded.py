"""The schema that the revisions rendered so far leave behind, folded when somebody asks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from outofband_lint.source import Source

if TYPE_CHECKING:
    from outofband_lint.schema import Schema


class Chain:
    """Revisions in upgrade order; while nothing asks about the schema, they are only kept.

    ``asked`` counts how often somebody did.
    """

    def __init__(self) -> None:
        self.asked = 0
        self._schema: Schema | None = None
        self._waiting: list[tuple[str, Iterable[Source]]] = []

    def add(self, revision: str, sources: Iterable[Source]) -> None:
        """Append a revision and what it sends, which is not looked at before somebody asks."""
        self._waiting.append((revision, sources))

    def schema(self) -> Schema:
        """Return the schema after all revisions, as the next session finds it."""
        from outofband_lint.schema import Schema  # 60 ms that most projects need not spend

        self.asked += 1
        known = self._schema or Schema()
        for revision, sources in self._waiting:
            known = _after(known, revision, sources).new_session()
        self._waiting.clear()
        self._schema = known
        return known


class Running:
    """The schema while a revision runs: that of the chain, and what it has sent itself."""

    def __init__(self, chain: Chain, revision: str, sources: Sequence[Source]) -> None:
        self._chain = chain
        self._revision = revision
        self._sources = sources
        self._schema: Schema | None = None
        self._done = 0

    def schema(self) -> Schema:
        """Return the schema as it is by now."""
        known = self._chain.schema() if self._schema is None else self._schema
        new = self._sources[self._done :]
        self._schema = _after(known, self._revision, new)
        self._done += len(new)
        return self._schema


def _after(schema: Schema, revision: str, sources: Iterable[Source]) -> Schema:
    from outofband_lint.reader import read
    from outofband_lint.schema import fold

    for source in sources:
        for statement in read(source.sql):
            schema = fold(
                schema,
                statement,
                revision=revision,
                out_of_band=source.out_of_band,
                source=source,
            )
    return schema
