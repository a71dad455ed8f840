"""The list of wanted steps, kept as revisions add to it, rename and cancel. Pure."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import partial

from outofband.model.names import QualifiedName
from outofband.model.step import (
    AddConstraint,
    AddEnumValue,
    CreateIndex,
    DropColumn,
    DropIndex,
    DropTable,
    Step,
    WantedStep,
)
from outofband.revisions.folding import carry, concerns
from outofband.revisions.folding.carry import same, spellings
from outofband.revisions.folding.entries import Entries, Entry


@dataclass(slots=True)
class WantedList:
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

    def declare(self, wanted: WantedStep) -> None:
        """Add a step, or let it take the place of what it gives a name again."""
        step = wanted.step
        if isinstance(step, CreateIndex):
            dropped = self.forget_dropped(step.index.qualified_name)
            step = replace(step, replaces=dropped or self._replaced(step))
        known = self.entries.called(step.name)
        if any(entry.step == step for entry in known):
            return
        if isinstance(step, DropColumn):
            going = partial(carry.uses_column, table=step.table, column=step.column)
            self.cancel(going)
        if not any(concerns.consumes(entry.step, step.table.renamed(step.name)) for entry in known):
            self.entries.remove(entry for entry in known if concerns.same_object(entry.step, step))
        self.entries.append(Entry(wanted, step))

    def _replaced(self, step: Step) -> DropIndex | None:
        """Return what the step replaces already, said once before."""
        known = (entry.step for entry in self.entries.called(step.name))
        steps = (other for other in known if concerns.same_object(other, step))
        return next((s.replaces for s in steps if isinstance(s, CreateIndex)), None)

    def forget_dropped(self, index: QualifiedName) -> DropIndex | None:
        """Cancel an earlier build and its drop, for the name is given again; return the drop."""
        known = self.entries.called(index.name)
        drops = [e.step for e in known if isinstance(e.step, DropIndex)]
        found = next((step for step in drops if concerns.drops(step, index)), None)
        if found is not None:
            self.take_off(concerns.about(index, known))
        return found

    def no_longer_plain(self, index: QualifiedName) -> QualifiedName | None:
        """Forget a plain index; return its table."""
        found = [self.plain.pop(name, None) for name in spellings(index)]
        return next((table for table in found if table is not None), None)

    def made_anew(self, table: QualifiedName, column: str | None = None) -> None:
        """Cancel the drop of what has the name now: it is another table, or column, than the one
        that was to go.
        """
        self.cancel(
            lambda s: (
                same(s.table, table)
                and (
                    (isinstance(s, DropTable) and column is None)
                    or (isinstance(s, DropColumn) and column in (None, s.column))
                )
            )
        )

    def move(self, old: QualifiedName, new: QualifiedName) -> None:
        """Follow a table, or an enum, to another name."""
        self.made_anew(new)
        self.entries.change(lambda step: carry.to_table(step, old, new))
        self.entries.change(lambda step: carry.with_partition_moved(step, old, new))
        self.plain = {
            (QualifiedName(name.name, new.schema) if same(table, old) else name): (
                new if same(table, old) else table
            )
            for name, table in self.plain.items()
        }

    def drop_where(self, drops: Callable[[QualifiedName], bool]) -> None:
        """Cancel what is on, or refers to, a table that ``drops`` tells of."""
        self.cancel(
            lambda s: drops(s.table) or concerns.refers(s, drops) or concerns.detaches(s, drops)
        )
        self.plain = {name: table for name, table in self.plain.items() if not drops(table)}

    def change_on(self, table: QualifiedName, change: Callable[[Step], Step]) -> None:
        """Put another step in the place of each on the table."""
        self.entries.change(lambda step: change(step) if same(step.table, table) else step)

    def cancel(self, is_over: Callable[[Step], bool]) -> None:
        """Take off the list what ``is_over`` tells of."""
        self.take_off([entry for entry in self.entries if is_over(entry.step)])

    def take_off(self, over: Collection[Entry]) -> None:
        """Take steps off the list, and out of what others wait for."""
        names = {entry.step.name for entry in over}
        self.entries.remove(over)
        if names:
            self.entries.change(partial(_no_longer_after, names=names))


def _no_longer_after(step: Step, names: set[str]) -> Step:
    if (
        isinstance(step, AddConstraint | AddEnumValue)
        or not step.after
        or names.isdisjoint(step.after)
    ):
        return step
    return replace(step, after=tuple(name for name in step.after if name not in names))
