"""Fill columns of a table from what its rows hold already, walking along a key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outofband.backfill.bounds import Bounds
from outofband.backfill.limits import Limits
from outofband.backfill.spec import Batch, Cursor, Quarantined, Size, Spec, Unit
from outofband.model.names import QualifiedName, quote
from outofband.model.progress import Progress

_KEY = "outofband_key_"
_OF_A_ROW = ("22", "23", "P0")


@dataclass(frozen=True)
class Keyset(Spec):
    """``set`` columns of ``table`` to SQL expressions over the same row, wherever ``where`` holds.

    ``key`` names the columns of a unique index whose columns are NOT NULL. ``where`` says which
    rows are still to be done, and must not hold for a row that is done: it is what progress is
    counted by. Rows that come meanwhile behind the walk are found by the next one, until none is
    left. ``derived`` says that the application never writes anything else than the expressions into
    the columns, so that :meth:`verify` compares them.
    """

    table: str
    key: Sequence[str]
    set: Mapping[str, str]
    where: str
    schema: str | None = None
    derived: bool = True
    limits: Limits = Limits()  # noqa: RUF009 (it is immutable)
    bounds: Bounds | None = None
    repeats = True

    def progress(self, connection: Any) -> Progress:
        """Count the rows for which ``where`` does not hold."""
        done = f"count(*) FILTER (WHERE ({self.where}) IS NOT TRUE)"
        row = connection.execute(f"SELECT {done}, count(*) FROM {self._table}").fetchone()
        return Progress(*row)

    def units(self, connection: Any) -> Iterable[Unit]:  # noqa: ARG002 (one walk, whatever there is)
        """Return the walk along the key."""
        return (Unit(self.table),)

    def batch(
        self,
        connection: Any,
        unit: Unit,  # noqa: ARG002
        cursor: Cursor,
        size: Size,
    ) -> Batch:
        """Fill the rows of the next ``size.rows`` keys, those of them that are to be done.

        It walks along the keys and not along ``where``, so that a batch reads no more than its rows
        however few are left. The engine sends fewer where a row fails; one that fails alone is left
        out.
        """
        if size.rows > 1:
            return self._fill(connection, cursor, size.rows)
        try:
            with connection.transaction():
                return self._fill(connection, cursor, 1)
        except Exception as error:  # of the driver, which this room does not know
            if not str(getattr(error, "sqlstate", None)).startswith(_OF_A_ROW):
                raise
            return self._without(connection, cursor, type(error).__name__)

    def _fill(self, connection: Any, cursor: Cursor, rows: int) -> Batch:
        given = {"rows": rows, **_after(cursor)}
        sql = self._sql(begins=cursor is None)
        walked, moved, last = connection.execute(sql, given).fetchone()
        return Batch(walked, moved, last if walked == rows else None)

    def _without(self, connection: Any, cursor: Cursor, reason: str) -> Batch:
        columns = ", ".join(_verbatim(quote(column)) for column in self.key)
        texts = ", ".join(f"{_verbatim(quote(column))}::text" for column in self.key)
        sql = f"SELECT ARRAY[{texts}] FROM {self._walk(columns, begins=cursor is None)}"
        (key,) = connection.execute(sql, {"rows": 1, **_after(cursor)}).fetchone()
        return Batch(1, 0, key, (Quarantined(", ".join(key), reason),))

    def verify(self, connection: Any) -> Iterable[str]:
        """Tell of rows that are not done, and of those that hold something else."""
        told = {f"rows of {self.table} that are still to be done": f"({self.where})"}
        for column, expression in self.set.items() if self.derived else ():
            other = f"NOT ({self.where}) AND {quote(column)} IS DISTINCT FROM ({expression})"
            told[f"rows of {self.table} whose {column} is another than it is filled with"] = other
        for what, condition in told.items():
            sql = f"SELECT count(*) FROM {self._table} WHERE {condition}"
            (count,) = connection.execute(sql).fetchone()
            if count:
                yield f"{what}: {count:,}"

    @property
    def _table(self) -> QualifiedName:
        return QualifiedName(self.table, self.schema)

    def _sql(self, *, begins: bool) -> str:
        columns = [_verbatim(quote(column)) for column in self.key]
        aliases = [f"{_KEY}{n}" for n in range(len(columns))]
        pairs = list(zip(columns, aliases, strict=True))
        changes = ", ".join(f"{quote(c)} = ({e})" for c, e in self.set.items())
        table = _verbatim(str(self._table))
        return f"""
            WITH outofband_slice AS MATERIALIZED (
                SELECT {", ".join(f"{c} AS {a}" for c, a in pairs)}
                  FROM {self._walk(", ".join(columns), begins=begins)}),
            outofband_changed AS (
                UPDATE {table} AS outofband_target SET {_verbatim(changes)} FROM outofband_slice
                 WHERE {" AND ".join(f"outofband_target.{c} = {a}" for c, a in pairs)}
                   AND ({_verbatim(self.where)})
                RETURNING pg_column_size(outofband_target.*) AS bytes)
            SELECT (SELECT count(*) FROM outofband_slice),
                   (SELECT coalesce(sum(bytes), 0)::bigint FROM outofband_changed),
                   (SELECT ARRAY[{", ".join(f"{a}::text" for a in aliases)}] FROM outofband_slice
                     ORDER BY {", ".join(f"{a} DESC" for a in aliases)} LIMIT 1)
        """

    def _walk(self, columns: str, *, begins: bool) -> str:
        """Return what follows FROM to have the next keys in order."""
        given = ", ".join(f"%(after_{n})s" for n in range(len(self.key)))
        beyond = "" if begins else f"WHERE ({columns}) > ({given}) "
        return f"{_verbatim(str(self._table))} {beyond}ORDER BY {columns} LIMIT %(rows)s"


def _after(cursor: Cursor) -> dict[str, str]:
    return {f"after_{n}": value for n, value in enumerate(cursor or ())}


def _verbatim(sql: str) -> str:
    """Keep the percent signs of a text in a statement that has parameters."""
    return sql.replace("%", "%%")
