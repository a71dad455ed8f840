"""Foreign keys: ``op.create_foreign_key_out_of_band``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from alembic.operations import Operations
from alembic.operations.ops import CreateForeignKeyOp, DropConstraintOp

from outofband.model.names import QualifiedName
from outofband.model.step import AddForeignKey
from outofband.revisions.operations.declaration import checked
from outofband.revisions.stop import UpgradeMisused

_T = TypeVar("_T")
ACTIONS = {
    "": "",
    "NO ACTION": "",
    "RESTRICT": "RESTRICT",
    "CASCADE": "CASCADE",
    "SET NULL": "SET NULL",
    "SET DEFAULT": "SET DEFAULT",
}
MATCHES = {"": False, "SIMPLE": False, "FULL": True}
_TIMES = {"": False, "IMMEDIATE": False, "DEFERRED": True}


class ForeignKeyWrong(UpgradeMisused):
    """The arguments of a foreign key mean nothing that can be added out of band."""


class CreateForeignKeyOutOfBandOp(CreateForeignKeyOp):
    """A foreign key that holds for new rows at once, and whose rows the runbook validates."""

    def __init__(
        self,
        constraint_name: str,
        source_table: str,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        after: Sequence[str] = (),
        **kw: Any,
    ) -> None:
        local, remote = list(local_cols), list(remote_cols)
        super().__init__(constraint_name, source_table, referent_table, local, remote, **kw)
        self.after = tuple(after)

    @classmethod
    def create_foreign_key_out_of_band(
        cls,
        operations: Operations,
        constraint_name: str,
        source_table: str,
        referent_table: str,
        local_cols: Sequence[str],
        remote_cols: Sequence[str],
        *,
        onupdate: str | None = None,
        ondelete: str | None = None,
        deferrable: bool | None = None,
        initially: str | None = None,
        match: str | None = None,
        source_schema: str | None = None,
        referent_schema: str | None = None,
        after: Sequence[str] = (),
    ) -> None:
        """Want a foreign key; arguments are those of ``op.create_foreign_key``.

        On a small table it is added here and now. On a large one it is added NOT VALID, which takes
        milliseconds and holds for new rows, and ``outofband apply`` validates the others. It waits
        for what makes the columns unique that it refers to, and for the steps named in ``after``.
        """
        operations.invoke(
            cls(
                checked(constraint_name, "create_foreign_key_out_of_band"),
                source_table,
                referent_table,
                local_cols,
                remote_cols,
                onupdate=onupdate,
                ondelete=ondelete,
                deferrable=deferrable,
                initially=initially,
                match=match,
                source_schema=source_schema,
                referent_schema=referent_schema,
                after=after,
            )
        )

    def reverse(self) -> DropConstraintOp:
        """Return the drop that undoes it, done or not."""
        return DropConstraintOp(
            str(self.constraint_name),
            self.source_table,
            type_="foreignkey",
            schema=self.kw.get("source_schema"),
            if_exists=True,
        )

    def to_step(self) -> AddForeignKey:
        """Return the step it declares; raises ForeignKeyWrong."""
        local, remote = tuple(self.local_cols), tuple(self.remote_cols)
        if not local or len(local) != len(remote):
            raise ForeignKeyWrong(
                f"foreign key {self.constraint_name}: {len(local)} columns refer to {len(remote)}",
                do="Give as many columns of the one table as of the other",
            )
        deferred = self._one_of("initially", _TIMES)
        return AddForeignKey(
            name=str(self.constraint_name),
            table=QualifiedName(self.source_table, self.kw.get("source_schema")),
            columns=local,
            referent=QualifiedName(self.referent_table, self.kw.get("referent_schema")),
            referred=remote,
            on_update=self._one_of("onupdate", ACTIONS),
            on_delete=self._one_of("ondelete", ACTIONS),
            full=self._one_of("match", MATCHES),
            deferrable=bool(self.kw.get("deferrable")) or deferred,
            deferred=deferred,
            after=self.after,
        )

    def _one_of(self, option: str, known: Mapping[str, _T]) -> _T:
        told = str(self.kw.get(option) or "").upper()
        if told in known:
            return known[told]
        raise ForeignKeyWrong(
            f"foreign key {self.constraint_name}: {option} is {told!r}",
            do=f"Known are {', '.join(filter(None, known))}",
        )

    def to_sister(self) -> CreateForeignKeyOp:
        """Return the plain operation."""
        return CreateForeignKeyOp(
            self.constraint_name,
            self.source_table,
            self.referent_table,
            self.local_cols,
            self.remote_cols,
            **self.kw,
        )
