"""The parts of a rehearsal on a server, and the plans of the queries between them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from pathlib import Path

from outofband.ephemeral import binaries, server
from outofband.ephemeral.binaries import Binaries
from outofband.postgres.session import OLDEST_VERSION
from outofband.postgres.sqlstate import ServerTooOld
from outofband.pretend import WithoutSeqScan
from outofband.rehearse import elsewhere
from outofband.rehearse.base import Base
from outofband.rehearse.queries.gate import Gate
from outofband.rehearse.queries.planning import Place
from outofband.rehearse.queries.steps import steps
from outofband.rehearse.queries.value import Planned
from outofband.rehearse.run import Call, Part, Ran, Site, parts
from outofband.target import Target
from outofband_lint.source import Revision


@dataclass(slots=True)
class Came:
    """What a run has come to; ``notes`` say what there is to know of where it ran."""

    server_version: int
    ran: list[Ran]
    planned: tuple[Planned, ...] = ()
    notes: list[str] = field(default_factory=list)


def on_ours(
    call: Call,
    wanted: Sequence[Part],
    before: Sequence[Revision],
    rehearsed: Sequence[Revision],
    gate: Gate,
    pg_bin: Path | None,
) -> Came:
    """Run the parts on a server made for it, the base from what is kept of it.

    Raises ServerTooOld, and what making a server raises.
    """
    _refuse_old(binaries.find(pg_bin))
    kept = Base.of((*call.configs, "", call.name, *call.x), before, pg_bin) if before else None
    base = kept.ran() if kept else None
    archive = kept.archive if kept and base is not None else None
    with server(pg_bin=pg_bin, settings=_UNDISTURBED, kept=archive) as running:
        site = Site(str(running.socket_directory), running.port, "postgres")
        if base is None or running.is_new:
            with kept.looking(rehearsed) if kept else nullcontext():
                (base,) = parts(replace(call, apart=True), site, ["base"])
            if base.failure is not None:
                return Came(running.version, [base])
            if kept is not None:
                running.keep(kept.archive)
                kept.keep(base)
        came = Came(running.version, [base])
        _go_on(came, call, site, wanted[1:], gate, Place(site.url, running.data_directory))
        return came


def _refuse_old(found: Binaries) -> None:
    if found.version < OLDEST_VERSION:
        raise ServerTooOld(
            f"{found.folder} holds PostgreSQL {found.major}",
            why="outofband works with PostgreSQL 14 and newer",
            do="Name another installation with --pg-bin or $PG_BIN",
        )


_UNDISTURBED = {"autovacuum": "off"}
"""No one else may lock a table while it is looked who does, nor read what is large by pretence."""


def on_theirs(call: Call, wanted: Sequence[Part], gate: Gate, url: str) -> Came:
    """Run the parts in a database of its own on somebody's server, which pretends no size.

    Raises what :func:`.elsewhere.database` raises.
    """
    with elsewhere.database(url) as made:
        (base,) = parts(replace(call, apart=True), made.site, ["base"])
        came = Came(made.server_version, [base])
        came.notes += _notes(made.target, gate)
        if base.failure is None:
            _go_on(came, call, made.site, wanted[1:], gate, Place(made.site.url))
    came.notes += [made.left] if made.left else []
    return came


_NOT_LOOKED_AT = (
    "Not looked at: plans that got worse, filters that discard, sorts on disk, what a query waits "
    "for until outofband apply."
)


def _notes(target: Target, gate: Gate) -> Iterator[str]:
    yield (
        f"In a database of its own on the server of {target}: times that are measured have the way "
        "to that server in them."
    )
    if gate.asking:
        yield f"Plans are {WithoutSeqScan.says}. {_NOT_LOOKED_AT}"


def _go_on(
    came: Came, call: Call, site: Site, wanted: Sequence[Part], gate: Gate, place: Place
) -> None:
    """Run what comes behind the base, and stop between for the queries' plans."""
    if not gate.asking:
        came.ran += parts(call, site, wanted)
        return
    before = came.ran[-1].schema
    base = gate.plans(replace(place, search_path=came.ran[-1].search_path)) if call.base else {}
    came.ran += parts(call, site, wanted[:1])
    place = replace(place, search_path=came.ran[-1].search_path)
    if came.ran[-1].failure is None:
        left = steps(came.ran[-1].statements, before, gate.world.is_large)
        came.planned = gate.judged(place, base, left)
        came.ran += parts(call, site, wanted[1:]) if wanted[1:] else ()
