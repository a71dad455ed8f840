"""What a plain statement of a revision does to the steps wanted before it. Pure.

A rename carries a step along, a drop cancels it, a new index under the name of a dropped one makes
the earlier pair pointless.
"""

from __future__ import annotations

import operator
import re
from functools import partial

from outofband.model.names import QualifiedName
from outofband.model.step import AddConstraint, AddForeignKey, Drop, Reindex
from outofband.revisions.folding import carry, concerns
from outofband.revisions.folding.carry import same
from outofband.revisions.folding.wanted_list import WantedList
from outofband_lint import statement as sql


def apply(listed: WantedList, statement: sql.Statement) -> None:
    """Let a statement have its say about the steps on the list."""
    match statement:
        case sql.CreateIndex() | sql.DropIndex() | sql.RenameIndex():
            _on_index(listed, statement)
        case sql.AlterTable(table=table, actions=actions):
            for action in actions:
                _act(listed, table, action)
        case sql.RenameTable(table=table, new_name=new):
            listed.move(table, table.renamed(new))
        case sql.SetTableSchema(table=table, schema=schema):
            listed.move(table, QualifiedName(table.name, schema))
        case sql.RenameSchema(name=name, new_name=new):
            _schema_renamed(listed, name, new)
        case (
            sql.CreateTable(table=table, temporary=False)
            | sql.CreateTableAs(table=table, temporary=False)
        ):
            listed.made_anew(table)
        case sql.NotUnderstood(sql=text) | sql.Understood(kind="do" | "call", sql=text):
            _perhaps_made_anew(listed, text)
        case sql.DropTable(tables=tables) | sql.DropMaterializedView(views=tables):
            for table in tables:
                listed.drop_where(partial(same, table))
        case sql.DropType() | sql.RenameType() | sql.SetTypeSchema() | sql.RenameEnumValue():
            _on_type(listed, statement)
        case sql.DropSchema(names=names, cascade=True):
            listed.drop_where(lambda on: (on.schema or "public") in names)


def _on_index(
    listed: WantedList, statement: sql.CreateIndex | sql.DropIndex | sql.RenameIndex
) -> None:
    match statement:
        case sql.CreateIndex(name=str(name), table=table):
            index = table.renamed(name)
            listed.forget_dropped(index)
            listed.plain[index] = table
        case sql.DropIndex(indexes=indexes):
            for index in indexes:
                _index_dropped(listed, index)
        case sql.RenameIndex(index=index, new_name=new):
            _index_renamed(listed, index, new)


def _on_type(
    listed: WantedList,
    statement: sql.DropType | sql.RenameType | sql.SetTypeSchema | sql.RenameEnumValue,
) -> None:
    match statement:
        case sql.DropType(types=types):
            for dropped in types:
                listed.drop_where(partial(same, dropped))
        case sql.RenameType(type=type_, new_name=new):
            listed.move(type_, type_.renamed(new))
        case sql.SetTypeSchema(type=type_, schema=schema):
            listed.move(type_, QualifiedName(type_.name, schema))
        case sql.RenameEnumValue(type=type_, value=old, new_value=new):
            listed.entries.change(lambda s: carry.with_label_renamed(s, type_, old, new))


def _act(listed: WantedList, table: QualifiedName, action: sql.TableAction) -> None:
    match action:
        case sql.AddColumn(column=added):
            listed.made_anew(table, added.name)
        case sql.RenameColumn(column=old, new_name=new):
            listed.made_anew(table, new)
            listed.entries.change(lambda s: carry.with_column_renamed(s, table, old, new))
        case sql.DropColumn(column=column):
            listed.cancel(lambda step: carry.uses_column(step, table, column))
        case sql.DropNotNull(column=column):
            listed.cancel(partial(concerns.sets_not_null, table=table, column=column))
        case sql.RenameConstraint(name=old, new_name=new):
            listed.change_on(table, lambda step: carry.with_constraint_renamed(step, old, new))
        case sql.DropConstraint(name=name):
            _constraint_dropped(listed, table, name)
        case sql.AttachPartition(partition=partition) | sql.DetachPartition(partition=partition):
            listed.cancel(lambda s: concerns.detaches(s, partial(same, partition)))
        case sql.AddConstraint(constraint=sql.Constraint(using_index=str(index))):
            listed.cancel(lambda s: concerns.creates(s, table.renamed(index)))


def _constraint_dropped(listed: WantedList, table: QualifiedName, name: str) -> None:
    """Cancel what was to add a constraint; with a promotion the build it consumed, since the
    index goes with its constraint.
    """
    for entry in listed.entries.called(name):
        step = entry.step
        if concerns.adds(step, table, name):
            listed.cancel(partial(operator.eq, step))
            return
        if isinstance(step, AddConstraint) and same(step.table, table) and step.name == name:
            used = table.renamed(step.using_index)
            listed.cancel(partial(concerns.creates, index=used))
            listed.cancel(partial(operator.eq, step))
            return


def _index_dropped(listed: WantedList, index: QualifiedName) -> None:
    """Cancel what builds the index; one that a promotion consumed has that name no more."""
    listed.no_longer_plain(index)
    listed.cancel(lambda s: isinstance(s, Reindex) and same(s.relation, index))
    known = listed.entries.called(index.name)
    if not any(concerns.consumes(entry.step, index) for entry in known):
        listed.take_off(concerns.about(index, known))


def _index_renamed(listed: WantedList, index: QualifiedName, new: str) -> None:
    owner = listed.no_longer_plain(index)
    if owner is not None:
        listed.plain[index.renamed(new)] = owner
    listed.entries.change(lambda s: carry.with_rebuilt_renamed(s, index, new))
    known = listed.entries.called(index.name)
    for table in {entry.step.table for entry in known if concerns.names(entry.step, index)}:
        listed.change_on(table, lambda s: carry.with_index_renamed(s, index.name, new))


def _schema_renamed(listed: WantedList, old: str, new: str) -> None:
    tables = set(listed.plain.values())
    for entry in listed.entries:
        tables.add(entry.step.table)
        if isinstance(entry.step, AddForeignKey):
            tables.add(entry.step.referent)
    for table in tables:
        if (table.schema or "public") == old:
            listed.move(table, QualifiedName(table.name, new))


def _perhaps_made_anew(listed: WantedList, text: str) -> None:
    """Cancel the drop of whatever a statement names, in a literal too, of which nobody knows
    what it does.
    """
    words = set(re.findall(r"\w+", text.lower()))
    listed.cancel(
        lambda s: isinstance(s, Drop) and words.issuperset(re.findall(r"\w+", s.table.name.lower()))
    )
