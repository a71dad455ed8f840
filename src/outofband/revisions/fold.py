"""What a sequence of revisions wants done out of band, once each has had its say. Pure.

Steps are listed in the order they are declared. Plain statements of the same and of later
revisions act on them: a rename carries a step along, a drop cancels it, a new index under the name
of a dropped one makes the earlier pair pointless.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from outofband.model.names import QualifiedName
from outofband.model.step import (
    AddCheck,
    AddConstraint,
    AddEnumValue,
    AddForeignKey,
    CreateIndex,
    DetachPartition,
    DropColumn,
    DropIndex,
    DropTable,
    Reindex,
    SetNotNull,
    Step,
    WantedStep,
)
from outofband.revisions import carry
from outofband.revisions.carry import same, spellings
from outofband.revisions.entries import Entries, Entry
from outofband.revisions.render import Rendered
from outofband_lint import statement as sql
from outofband_lint.reader import read


@dataclass(slots=True)
class Fold:
    """The wanted steps after some revisions, and the plain indexes those revisions declare."""

    entries: Entries = field(default_factory=Entries)
    plain: dict[QualifiedName, QualifiedName] = field(default_factory=dict)

    @property
    def declared_names(self) -> frozenset[QualifiedName]:
        """The name of every index that the revisions declare, out of band or not."""
        steps = (entry.step for entry in self.entries)
        return frozenset(self.plain) | {
            step.index.qualified_name for step in steps if isinstance(step, CreateIndex)
        }

    def revision(self, rendered: Rendered) -> None:
        """Let one more revision have its say."""
        for source, step in rendered.in_order():
            if step is not None:
                self._declare(WantedStep(step, rendered.revision.id))
            elif source.sql:
                for statement in read(source.sql):
                    self._apply(statement)

    def _declare(self, wanted: WantedStep) -> None:
        step = wanted.step
        if isinstance(step, CreateIndex):
            dropped = self._forget_dropped(step.index.qualified_name)
            step = replace(step, replaces=dropped or self._replaced(step))
        known = self.entries.called(step.name)
        if any(entry.step == step for entry in known):
            return
        if isinstance(step, DropColumn):
            going = partial(carry.uses_column, table=step.table, column=step.column)
            self._cancel(going)
        if not any(_consumes(entry.step, step.table.renamed(step.name)) for entry in known):
            self.entries.remove(entry for entry in known if _same_object(entry.step, step))
        self.entries.append(Entry(wanted, step))

    def _apply(self, statement: sql.Statement) -> None:
        match statement:
            case sql.CreateIndex(name=str(name), table=table):
                index = table.renamed(name)
                self._forget_dropped(index)
                self.plain[index] = table
            case sql.DropIndex(indexes=indexes):
                for index in indexes:
                    self._index_dropped(index)
            case sql.RenameIndex(index=index, new_name=new):
                self._index_renamed(index, new)
            case sql.AlterTable(table=table, actions=actions):
                for action in actions:
                    self._act(table, action)
            case sql.RenameTable(table=table, new_name=new):
                self._move(table, table.renamed(new))
            case sql.SetTableSchema(table=table, schema=schema):
                self._move(table, QualifiedName(table.name, schema))
            case sql.RenameSchema(name=name, new_name=new):
                self._schema_renamed(name, new)
            case (
                sql.CreateTable(table=table, temporary=False)
                | sql.CreateTableAs(table=table, temporary=False)
            ):
                self._made_anew(table)
            case sql.NotUnderstood(sql=text) | sql.Understood(kind="do" | "call", sql=text):
                self._perhaps_made_anew(text)
            case sql.DropTable(tables=tables) | sql.DropMaterializedView(views=tables):
                for table in tables:
                    self._drop_where(partial(same, table))
            case sql.DropType(types=types):
                for dropped in types:
                    self._drop_where(partial(same, dropped))
            case sql.RenameType(type=type_, new_name=new):
                self._move(type_, type_.renamed(new))
            case sql.SetTypeSchema(type=type_, schema=schema):
                self._move(type_, QualifiedName(type_.name, schema))
            case sql.RenameEnumValue(type=type_, value=old, new_value=new):
                self.entries.change(lambda s: carry.with_label_renamed(s, type_, old, new))
            case sql.DropSchema(names=names, cascade=True):
                self._drop_where(lambda on: (on.schema or "public") in names)

    def _act(self, table: QualifiedName, action: sql.TableAction) -> None:
        match action:
            case sql.AddColumn(column=added):
                self._made_anew(table, added.name)
            case sql.RenameColumn(column=old, new_name=new):
                self._made_anew(table, new)
                self.entries.change(lambda s: carry.with_column_renamed(s, table, old, new))
            case sql.DropColumn(column=column):
                self._cancel(lambda step: carry.uses_column(step, table, column))
            case sql.DropNotNull(column=column):
                self._cancel(partial(_sets_not_null, table=table, column=column))
            case sql.RenameConstraint(name=old, new_name=new):
                self._change(table, lambda step: carry.with_constraint_renamed(step, old, new))
            case sql.DropConstraint(name=name):
                self._constraint_dropped(table, name)
            case (
                sql.AttachPartition(partition=partition) | sql.DetachPartition(partition=partition)
            ):
                self._cancel(lambda s: _detaches(s, partial(same, partition)))
            case sql.AddConstraint(constraint=sql.Constraint(using_index=str(index))):
                self._cancel(lambda s: _creates(s, table.renamed(index)))

    def _constraint_dropped(self, table: QualifiedName, name: str) -> None:
        """Cancel what was to add a constraint; with a promotion the build it consumed, since the
        index goes with its constraint.
        """
        for entry in self.entries.called(name):
            step = entry.step
            if _adds(step, table, name):
                self._cancel(partial(operator.eq, step))
                return
            if isinstance(step, AddConstraint) and same(step.table, table) and step.name == name:
                used = table.renamed(step.using_index)
                self._cancel(partial(_creates, index=used))
                self._cancel(partial(operator.eq, step))
                return

    def _index_dropped(self, index: QualifiedName) -> None:
        """Cancel what builds the index; one that a promotion consumed has that name no more."""
        self._no_longer_plain(index)
        self._cancel(lambda s: isinstance(s, Reindex) and same(s.relation, index))
        known = self.entries.called(index.name)
        if not any(_consumes(entry.step, index) for entry in known):
            self._take_off(_about(index, known))

    def _no_longer_plain(self, index: QualifiedName) -> QualifiedName | None:
        """Forget a plain index; return its table."""
        found = [self.plain.pop(name, None) for name in spellings(index)]
        return next((table for table in found if table is not None), None)

    def _replaced(self, step: Step) -> DropIndex | None:
        """Return what the step replaces already, said once before."""
        known = (entry.step for entry in self.entries.called(step.name))
        steps = (other for other in known if _same_object(other, step))
        return next((s.replaces for s in steps if isinstance(s, CreateIndex)), None)

    def _forget_dropped(self, index: QualifiedName) -> DropIndex | None:
        """Cancel an earlier build and its drop, for the name is given again; return the drop."""
        known = self.entries.called(index.name)
        drops = [e.step for e in known if isinstance(e.step, DropIndex)]
        found = next((step for step in drops if _drops(step, index)), None)
        if found is not None:
            self._take_off(_about(index, known))
        return found

    def _index_renamed(self, index: QualifiedName, new: str) -> None:
        owner = self._no_longer_plain(index)
        if owner is not None:
            self.plain[index.renamed(new)] = owner
        self.entries.change(lambda s: carry.with_rebuilt_renamed(s, index, new))
        known = self.entries.called(index.name)
        for table in {entry.step.table for entry in known if _names(entry.step, index)}:
            self._change(table, lambda s: carry.with_index_renamed(s, index.name, new))

    def _made_anew(self, table: QualifiedName, column: str | None = None) -> None:
        """Cancel the drop of what has the name now: it is another table, or column, than the one
        that was to go.
        """
        self._cancel(
            lambda s: (
                same(s.table, table)
                and (
                    (isinstance(s, DropTable) and column is None)
                    or (isinstance(s, DropColumn) and column in (None, s.column))
                )
            )
        )

    def _perhaps_made_anew(self, text: str) -> None:
        """Cancel the drop of whatever a statement names, in a literal too, of which nobody knows
        what it does.
        """
        words = set(re.findall(r"\w+", text.lower()))
        self._cancel(
            lambda s: (
                isinstance(s, DropTable | DropColumn)
                and words.issuperset(re.findall(r"\w+", s.table.name.lower()))
            )
        )

    def _move(self, old: QualifiedName, new: QualifiedName) -> None:
        self._made_anew(new)
        self.entries.change(lambda step: carry.to_table(step, old, new))
        self.entries.change(lambda step: carry.with_partition_moved(step, old, new))
        self.plain = {
            (QualifiedName(name.name, new.schema) if same(table, old) else name): (
                new if same(table, old) else table
            )
            for name, table in self.plain.items()
        }

    def _schema_renamed(self, old: str, new: str) -> None:
        tables = set(self.plain.values())
        for entry in self.entries:
            tables.add(entry.step.table)
            if isinstance(entry.step, AddForeignKey):
                tables.add(entry.step.referent)
        for table in tables:
            if (table.schema or "public") == old:
                self._move(table, QualifiedName(table.name, new))

    def _drop_where(self, drops: Callable[[QualifiedName], bool]) -> None:
        self._cancel(lambda s: drops(s.table) or _refers(s, drops) or _detaches(s, drops))
        self.plain = {name: table for name, table in self.plain.items() if not drops(table)}

    def _change(self, table: QualifiedName, change: Callable[[Step], Step]) -> None:
        self.entries.change(lambda step: change(step) if same(step.table, table) else step)

    def _cancel(self, is_over: Callable[[Step], bool]) -> None:
        self._take_off([entry for entry in self.entries if is_over(entry.step)])

    def _take_off(self, over: Collection[Entry]) -> None:
        """Take steps off the list, and out of what others wait for."""
        names = {entry.step.name for entry in over}
        self.entries.remove(over)
        if names:
            self.entries.change(partial(_no_longer_after, names=names))


def fold(revisions: Iterable[Rendered]) -> Fold:
    """Fold revisions, in the order they run."""
    folded = Fold()
    for rendered in revisions:
        folded.revision(rendered)
    return folded


def declared(revisions: Iterable[Rendered]) -> Iterator[WantedStep]:
    """Yield every step under the names its revision gives it, cancelled later or not."""
    for rendered in revisions:
        for step in rendered.steps:
            yield WantedStep(step, rendered.revision.id)


def _same_object(one: Step, other: Step) -> bool:
    return type(one) is type(other) and one.name == other.name and same(one.table, other.table)


def _creates(step: Step, index: QualifiedName) -> bool:
    return isinstance(step, CreateIndex) and same(step.index.qualified_name, index)


def _drops(step: Step, index: QualifiedName) -> bool:
    return isinstance(step, DropIndex) and same(step.qualified_name, index)


def _consumes(step: Step, index: QualifiedName) -> bool:
    return isinstance(step, AddConstraint) and same(step.table.renamed(step.using_index), index)


def _adds(step: Step, table: QualifiedName, constraint: str) -> bool:
    """Tell whether a step adds the constraint, other than by promoting an index."""
    adds = isinstance(step, AddForeignKey | AddCheck | SetNotNull)
    return adds and same(step.table, table) and step.name == constraint


def _sets_not_null(step: Step, table: QualifiedName, column: str) -> bool:
    return isinstance(step, SetNotNull) and same(step.table, table) and step.column == column


def _refers(step: Step, referent: Callable[[QualifiedName], bool]) -> bool:
    return isinstance(step, AddForeignKey) and referent(step.referent)


def _detaches(step: Step, partition: Callable[[QualifiedName], bool]) -> bool:
    return isinstance(step, DetachPartition) and partition(step.partition)


def _about(index: QualifiedName, known: Iterable[Entry]) -> list[Entry]:
    return [e for e in known if _creates(e.step, index) or _drops(e.step, index)]


def _names(step: Step, index: QualifiedName) -> bool:
    of_index = isinstance(step, CreateIndex | DropIndex | AddConstraint)
    named = of_index and same(step.table.renamed(step.name), index)
    return named or _consumes(step, index)


def _no_longer_after(step: Step, names: set[str]) -> Step:
    if (
        isinstance(step, AddConstraint | AddEnumValue)
        or not step.after
        or names.isdisjoint(step.after)
    ):
        return step
    return replace(step, after=tuple(name for name in step.after if name not in names))
