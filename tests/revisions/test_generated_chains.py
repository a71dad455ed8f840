"""Whatever the chain: after every prefix, downgrade, stamp and merge, status says what is true.

Chains are drawn from a seed: tables, out-of-band indexes, promotions, drops, renames, branches and
merges. Every table holds a row; with ``inline_max_bytes = 0`` the upgrade therefore defers all of
it, and the runbook has to do the work.
"""

from __future__ import annotations

import os
from copy import deepcopy
from dataclasses import dataclass, field
from random import Random

import pytest
from alembic import command
from psycopg import connect

from catalog_oracle import read_in_full
from outofband.catalog.standing import Standing
from outofband.model.state import State
from outofband.model.step import Wanted
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.revisions import graph
from outofband.revisions.wanted import wanted
from outofband.runbook.apply import apply
from outofband.runbook.ending import End
from outofband.runbook.world import Scope, World
from screens import SilentScreen

REVISIONS = 9
CHAINS = [(0, 0)]
MORE = [(2, 8 << 20), (6, 0), (11, 8 << 20), (17, 0), (23, 8 << 20)]
IN_FULL = os.environ.get("ORACLE_EVERY") == "1"
"""Whether it is ``make test-oracle``, which takes more time."""
Tables = dict[str, dict[str, str]]
"""What a chain means: the indexes of each table, and of each whether it is unique or owned."""


@dataclass
class Branch:
    """One line of revisions: its head and the tables that it may touch."""

    head: str | None = None
    tables: Tables = field(default_factory=dict)


class Chain:
    """Writes revisions into a project, and knows which indexes there have to be at the heads."""

    def __init__(self, project, random: Random) -> None:
        self.project, self.random = project, random
        self.branches = [Branch()]
        self.count = 0

    @property
    def tables(self) -> Tables:
        return {name: kept for branch in self.branches for name, kept in branch.tables.items()}

    def grow(self) -> None:
        """Write one more revision."""
        self.count += 1
        if len(self.branches) > 1 and self.random.random() < 0.4:
            self._merge()
            return
        branch = self.random.choice(self.branches)
        if branch.head and len(self.branches) < 3 and self.random.random() < 0.2:
            branch = Branch(branch.head)
            self.branches.append(branch)
        change = self._table if not branch.tables else self.random.choice(self._changes(branch))
        upgrade, downgrade = change(branch)
        self.project.revision(self._name, upgrade, downgrade, after=branch.head)
        branch.head = self._name

    @property
    def _name(self) -> str:
        return f"r{self.count}"

    def _merge(self) -> None:
        kept, merged = self.branches[0], self.branches.pop()
        heads = dict.fromkeys((kept.head, merged.head))
        self.project.revision(self._name, after=tuple(heads) if len(heads) > 1 else kept.head)
        kept.tables |= merged.tables
        kept.head = self._name

    def _changes(self, branch: Branch) -> list:
        kinds = [kind for kept in branch.tables.values() for kind in kept.values()]
        changes = [self._table, self._rename, *[self._index] * 3]
        changes += [self._drop] * 2 if {"index", "unique"} & set(kinds) else []
        changes += [self._promote] * 3 if "unique" in kinds else []
        return changes

    def _pick(self, branch: Branch, *kinds: str) -> tuple[str, str]:
        found = [(t, i) for t, kept in branch.tables.items() for i in kept if kept[i] in kinds]
        return self.random.choice(sorted(found))

    def _table(self, branch: Branch) -> tuple[str, str]:
        table = f"t{self.count}"
        branch.tables[table] = {}
        create = f"CREATE TABLE {table} (a int NOT NULL, b int NOT NULL)"
        return (
            f'op.execute("{create}")\nop.execute("INSERT INTO {table} VALUES (1, 2)")',
            f'op.execute("DROP TABLE {table}")',
        )

    def _index(self, branch: Branch) -> tuple[str, str]:
        table, name = self.random.choice(sorted(branch.tables)), f"i{self.count}"
        taken = {"unique", "owned"} & set(branch.tables[table].values())
        unique = not taken and self.random.random() < 0.5
        branch.tables[table][name] = "unique" if unique else "index"
        # No two of a table are equal, or one might serve as the other.
        more = "unique=True" if unique else f'postgresql_where="a < {self.count}"'
        return (
            f'op.create_index_out_of_band({name!r}, {table!r}, ["a", "b"], {more})',
            f"op.drop_index_out_of_band({name!r}, {table!r})",
        )

    def _promote(self, branch: Branch) -> tuple[str, str]:
        table, index = self._pick(branch, "unique")
        del branch.tables[table][index]
        branch.tables[table][f"c{self.count}"] = "owned"
        operation = "op.create_unique_constraint_out_of_band"
        name = f"c{self.count}"
        return (
            f'{operation}({name!r}, {table!r}, ["a", "b"], using_index={index!r})',
            f"op.drop_index_out_of_band({name!r}, {table!r})",
        )

    def _drop(self, branch: Branch) -> tuple[str, str]:
        table, index = self._pick(branch, "index", "unique")
        del branch.tables[table][index]
        return f"op.drop_index_out_of_band({index!r}, {table!r})", "pass"

    def _rename(self, branch: Branch) -> tuple[str, str]:
        old, new = self.random.choice(sorted(branch.tables)), f"n{self.count}"
        branch.tables[new] = branch.tables.pop(old)
        return f"op.rename_table({old!r}, {new!r})", f"op.rename_table({new!r}, {old!r})"


class Judge:
    """Compares what status says with what is there, by queries of its own."""

    def __init__(self, project) -> None:
        self.project = project
        self._wanted: dict[tuple[int, tuple[str, ...]], Wanted] = {}

    def heads(self) -> list[str]:
        with connect(self.project.libpq_url) as session:
            return [row[0] for row in session.execute("SELECT version_num FROM alembic_version")]

    def real(self) -> dict[str, set[str]]:
        """Return the valid indexes of each table."""
        with connect(self.project.libpq_url) as session:
            tables = read_in_full(session).tables.values()
        return {
            t.name.name: {i.name for i in t.indexes if i.valid}
            for t in tables
            if t.name.name != "alembic_version"
        }

    def standings(self, session: Session) -> tuple[Standing, ...]:
        """Return what status says, after having held every line of it against the catalog."""
        world = self.world(session)
        listed, real = world.look().standings, self.real()
        for line in listed:
            there = line.step.name in real.get(line.step.table.name, set())
            assert there == (line.state in (State.VALID, State.UNWANTED)), line
        return listed

    def world(self, session: Session) -> World:
        return World(session, SilentScreen(), Scope(self.wanted()))

    def wanted(self) -> Wanted:
        """Return what the chain wants at its heads: the same each time, while it does not grow."""
        environment = self.project.environment
        at = len(graph.every(environment.script)), tuple(sorted(self.heads()))
        if at not in self._wanted:
            self._wanted[at] = wanted(environment, at[1])
        return self._wanted[at]

    def settle(self) -> set[str]:
        """Check, let the runbook do what is pending, check again; return the unwanted names."""
        with Session(Url(self.project.libpq_url)) as session:
            self.standings(session)
            world = self.world(session)
            endings = apply(world.look().plan, world)
            assert [e for e in endings if e.end is not End.DONE] == []
            listed = self.standings(session)
        assert all(line.done for line in listed)
        return {line.step.name for line in listed if line.state is State.UNWANTED}


def names(tables: Tables) -> dict[str, set[str]]:
    return {table: set(kept) for table, kept in tables.items()}


@pytest.mark.parametrize(("seed", "inline_max_bytes"), [*CHAINS, *(MORE if IN_FULL else ())])
def test_status_is_true_all_along_a_chain(on_server, seed: int, inline_max_bytes: int) -> None:
    on_server.settings(f"inline_max_bytes = {inline_max_bytes}\n")
    chain, judge = Chain(on_server, Random(seed)), Judge(on_server)
    for _ in range(REVISIONS):
        before, heads = deepcopy(chain.tables), [b.head for b in chain.branches]
        chain.grow()
        on_server.upgrade("heads")
        assert judge.settle() == set()
        assert judge.real() == names(chain.tables)
        if len(heads) == 1 and heads[0] and len(chain.branches) == 1:
            there_and_back(on_server, judge, heads[0], before)
            assert judge.real() == names(chain.tables)


def there_and_back(project, judge: Judge, previous: str, before: Tables) -> None:
    """Downgrade by one revision and upgrade again, then the same by stamping alone."""
    head = judge.heads()
    project.downgrade(previous)
    unwanted = judge.settle()
    real = judge.real()
    for table, kept in before.items():
        assert real[table] - unwanted <= set(kept)
        # A promotion that was left behind serves for the index that it took.
        missing = set(kept) - real[table]
        assert [kept[name] for name in missing] == ["unique"] * bool(missing and unwanted)
    project.upgrade("heads")
    judge.settle()
    command.stamp(project.config, previous)
    with Session(Url(project.libpq_url)) as session:
        judge.world(session).look()
    command.stamp(project.config, head)
