"""Fill columns of a table from what its rows hold already, walking along a key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from outofband.backfill.limits import Limits
from outofband.backfill.spec import Abandoned, Batch, Cursor, Quarantined, Size, Spec, Unit
from outofband.errors import NothingChanged
from outofband.model.names import QualifiedName, quote
from outofband.model.progress import Progress
from outofband.runbook.reaction import OF_A_ROW

_KEY = "outofband_key_"
_BETWEEN = ", "
_ALONG_THE_KEY = "SELECT set_config('enable_seqscan', 'off', true)"


class KeyIsNull(NothingChanged):
    """A column of the key of a Keyset holds NULL."""


@dataclass(frozen=True)
class Keyset(Spec):
    """``set`` columns of ``table`` to SQL expressions over the same row, wherever ``where`` holds.

    In both, ``table.column`` tells a column from one of a subquery. ``key`` names the columns of a
    unique index whose columns are NOT NULL. ``where`` says which rows are still to be done, and
    must not hold for a row that is done: it is what progress is counted by. Rows that come
    meanwhile behind the walk are found by the next one, until none is left. ``derived`` says that
    the application never writes anything else than the expressions into the columns, so that
    :meth:`verify` compares them.
    """

    table: str
    key: Sequence[str]
    set: Mapping[str, str]
    where: str
    schema: str | None = None
    derived: bool = True
    limits: Limits = Limits()  # noqa: RUF009 (it is immutable)
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
            if not str(getattr(error, "sqlstate", None)).startswith(OF_A_ROW):
                raise
            return self._without(connection, cursor, type(error).__name__)

    def _fill(self, connection: Any, cursor: Cursor, rows: int) -> Batch:
        walked, last = self._walk(connection, cursor, rows)
        if not walked:
            return Batch()
        if None in last:
            raise KeyIsNull(
                f"{self.table} cannot be walked along",
                why=f"{', '.join(self.key)} has NULL in some rows, which have no place in order",
                do="Name the columns of a unique index that are NOT NULL as the key of its Keyset",
            )
        given = {**_named("after", cursor), **_named("last", last)}
        (moved,) = self._ask(connection, self._update(begins=cursor is None), given)
        return Batch(walked, moved, last if walked == rows else None)

    def _without(self, connection: Any, cursor: Cursor, reason: str) -> Batch:
        _, key = self._walk(connection, cursor, 1)
        return Batch(1, 0, key, (Quarantined(_BETWEEN.join(key), reason),))

    def _walk(self, connection: Any, cursor: Cursor, rows: int) -> tuple[int, Cursor]:
        """Return how many keys come next, and the last of them."""
        columns = self._columns
        names = [f"{_KEY}{n}" for n in range(len(columns))]
        beyond = "" if cursor is None else f"WHERE {self._compared('>', 'after')}"
        sql = f"""
            WITH outofband_slice AS MATERIALIZED (
                SELECT {", ".join(f"{c} AS {n}" for c, n in zip(columns, names, strict=True))}
                  FROM {_verbatim(str(self._table))} {beyond}
                 ORDER BY {", ".join(columns)} LIMIT %(rows)s)
            SELECT (SELECT count(*) FROM outofband_slice),
                   (SELECT ARRAY[{", ".join(f"{n}::text" for n in names)}] FROM outofband_slice
                     ORDER BY {", ".join(f"{n} DESC" for n in names)} LIMIT 1)
        """
        walked, last = self._ask(connection, sql, {"rows": rows, **_named("after", cursor)})
        return walked, last

    def _update(self, *, begins: bool) -> str:
        changes = ", ".join(f"{quote(c)} = ({e})" for c, e in self.set.items())
        beyond = "" if begins else f"{self._compared('>', 'after')} AND "
        table = _verbatim(str(self._table))
        return f"""
            WITH outofband_changed AS (
                UPDATE {table} SET {_verbatim(changes)}
                 WHERE {beyond}{self._compared("<=", "last")} AND ({_verbatim(self.where)})
                RETURNING pg_column_size({table}.*) AS bytes)
            SELECT coalesce(sum(bytes), 0)::bigint FROM outofband_changed
        """

    def _ask(self, connection: Any, sql: str, given: Mapping[str, Any]) -> Any:
        """Run a statement planned with its bounds at hand, and along the key: joined to its keys
        instead, a table of a million rows was read whole for 6,000 of them (measured on 18).
        """
        connection.execute(_ALONG_THE_KEY)
        return connection.execute(sql, given, prepare=False).fetchone()

    def _compared(self, operator: str, name: str) -> str:
        bounds = ", ".join(f"%({name}_{n})s" for n in range(len(self.key)))
        return f"({', '.join(self._columns)}) {operator} ({bounds})"

    @property
    def _columns(self) -> list[str]:
        return [_verbatim(quote(column)) for column in self.key]

    def given_up(self, connection: Any, abandoned: Sequence[Abandoned]) -> int:
        """Count the rows that are still to be done, of those that were given up."""
        still = f"SELECT count(*) FROM {self._table} WHERE ({self.where})"
        if any(one.row is None for one in abandoned):
            return int(connection.execute(still).fetchone()[0])
        key = ", ".join(f"{column}::text" for column in self._columns)
        rows = [one.row for one in abandoned]
        counted = f"{_verbatim(still)} AND concat_ws('{_BETWEEN}', {key}) = ANY (%s)"
        return int(connection.execute(counted, [rows]).fetchone()[0])

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


def _named(name: str, key: Cursor) -> dict[str, str]:
    return {f"{name}_{n}": value for n, value in enumerate(key or ())}


def _verbatim(sql: str) -> str:
    """Keep the percent signs of a text in a statement that has parameters."""
    return sql.replace("%", "%%")
