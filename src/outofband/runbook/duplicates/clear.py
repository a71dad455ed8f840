"""Before and between the builds of a unique index: look for duplicates, and do what may be done."""

from __future__ import annotations

from outofband.catalog.facts import TableFacts
from outofband.errors import sentence
from outofband.model.index import Index
from outofband.model.names import quote
from outofband.runbook.duplicates.find import Duplicates, count, samples
from outofband.runbook.duplicates.hazards import hidden_rows, require_movable, unmovable
from outofband.runbook.duplicates.move import move
from outofband.runbook.duplicates.policy import KEEP_NEWEST, Dedupe, KeepNewest, Policy
from outofband.runbook.duplicates.quarantine import make, quarantine_of
from outofband.runbook.duplicates.references import references, require_unreferenced
from outofband.runbook.hand import Hand
from outofband.runbook.preflight.references import judge_references
from outofband.runbook.stuck import Stuck
from outofband.runbook.world import World

ROUNDS = 5
LOOKED_AT_FIRST_BYTES = 1 << 30
"""Up to this heap a look costs seconds, whether an index gives the order or not."""


class Clearing:
    """The duplicates of one step: it counts rounds, so that a busy writer is not met for ever.

    ``changed`` tells whether anything in the database was changed.
    """

    def __init__(self, world: World, policy: Policy, step: str) -> None:
        self._world, self._policy, self._step = world, policy, step
        self._hand, self._screen = world.hand, world.screen
        self._arrivals = self._rounds = 0
        self.changed = False

    def arrived(self) -> None:
        """Take note that a build met a duplicate, so that the next look is not spared."""
        self._arrivals += 1

    def clear(self, index: Index, table: TableFacts) -> None:
        """Make way for a unique index, or raise Stuck.

        A build fails on the first duplicate at the end of its sort, and a look without an index has
        to sort as much. So on a large table it is only looked at what an index makes cheap, or what
        somebody expects: the operator, or a build that has failed.
        """
        expected = self._policy is not Dedupe.REPORT or self._arrivals > 0
        if not expected and not is_cheap(index, table):
            return
        if hidden := hidden_rows(self._hand, table):
            if expected:
                raise Stuck(*hidden)
            self._screen.say(f"{hidden[0]}: whether any are duplicates, the build will show")
            return
        _require_column(self._hand, self._policy, table)
        self._require_comparable(index)
        if self._arrivals > ROUNDS:
            raise _too_busy()
        while (found := count(self._hand, index, self._policy)).groups:
            self._report(index, table, found)
            self._require_remedy(index, table, found)
            self._move(index, table, found)

    def _require_comparable(self, index: Index) -> None:
        """Builds have failed, and looks have found nothing: where they compare differently, that
        will not end.
        """
        classes = ", ".join(k.operator_class for k in index.keys if k.operator_class)
        if classes and self._arrivals > 1 and not self._rounds:
            raise Stuck(
                f"operator class {classes} calls values equal that = does not",
                "Find the rows by the operators of that class, and move them by hand",
            )

    def _report(self, index: Index, table: TableFacts, found: Duplicates) -> None:
        older = f", older than another {found.older:,}" if found.older else ""
        self._screen.say(
            f"duplicates on {index.table} for {index.name}: groups {found.groups:,}, rows too many "
            f"{found.surplus:,}, of these identical to another row {found.identical:,}{older}; "
            f"groups that differ {found.differing:,}"
        )
        for sample in () if self._rounds else samples(self._hand, index, table.columns):
            self._screen.show_secret(f"  {sample}")

    def _require_remedy(self, index: Index, table: TableFacts, found: Duplicates) -> None:
        if self._policy is Dedupe.REPORT or not found.movable:
            flags = Dedupe.IDENTICAL.flags if found.identical else ()
            why = f"{index.table} has duplicate rows"
            if stays := unmovable(self._hand, table):
                reason, do = stays
                raise Stuck(f"{why}, and {reason}", do)
            raise Stuck(why, _what_to_do(self._policy, found), flags)
        if self._rounds == ROUNDS:
            raise _too_busy()

    def _move(self, index: Index, table: TableFacts, found: Duplicates) -> None:
        hand, screen = self._hand, self._screen
        quarantine = quarantine_of(hand, table)
        require_movable(hand, quarantine, table)
        pointing = references(hand, table)
        require_unreferenced(hand, index, self._policy, pointing)
        for finding in judge_references(table.name, pointing):
            screen.say(f"{finding.what}. {sentence(finding.do)}")
        self._rounds += 1
        self.changed = True
        make(hand, quarantine)
        what = f"rows moved from {index.table} to {quarantine.place}"
        with screen.counting(what, found.movable) as moved:
            total = move(
                self._world,
                index,
                quarantine,
                policy=self._policy,
                step=self._step,
                pointing=pointing,
                moved=moved,
            )
        screen.say(f"{what}: {total:,}")


def is_cheap(index: Index, table: TableFacts) -> bool:
    """Tell whether a look for duplicates is: the table is small, or a valid index, the stand-in,
    begins with the same keys.
    """
    if table.heap_bytes <= LOOKED_AT_FIRST_BYTES:
        return True
    columns = [key.column for key in index.keys]
    return None not in columns and any(
        other.valid
        and other.predicate is None
        and [key.column for key in other.keys][: len(columns)] == columns
        for other in table.indexes
    )


def _require_column(hand: Hand, policy: Policy, table: TableFacts) -> None:
    if not isinstance(policy, KeepNewest):
        return
    if policy.by not in table.columns:
        close = ", ".join(table.columns)
        raise Stuck(f"{table.name} has no column {policy.by}", f"Its columns are {close}")
    if hand.explain(f"SELECT FROM ONLY {table.name} ORDER BY {quote(policy.by)}") is None:
        raise Stuck(
            f"the values of {policy.by} in {table.name} have no order", "Name another column"
        )


def _too_busy() -> Stuck:
    return Stuck(
        f"new duplicates have arrived {ROUNDS} times", "Find the writer that multiplies rows"
    )


def _what_to_do(policy: Policy, found: Duplicates) -> str:
    by_hand = "Make the rows differ, or delete all but one of each group"
    newest = f"with --dedupe {KEEP_NEWEST} --by COLUMN the one with the greatest value stays"
    if found.identical:
        move = "Add --dedupe identical, which moves identical rows into a quarantine table"
        person = f"{found.differing} groups that differ are for a person; {newest}"
        return f"{move}; {person}" if found.differing else move
    if isinstance(policy, KeepNewest):
        return f"{by_hand}: the newest rows of these groups have the same {policy.by}"
    return f"{by_hand}; or {newest}"
