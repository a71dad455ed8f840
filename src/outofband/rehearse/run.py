"""The revisions run up, down and up again, in a child that has the project's code."""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Literal

from outofband import child
from outofband.child import Post, TimeUpError
from outofband.errors import OutofbandError
from outofband.rehearse import trace
from outofband.rehearse.schema import Schema, of_rows
from outofband.rehearse.trace import Traced

if TYPE_CHECKING:
    from outofband.rehearse.passing import Passing
    from outofband.revisions.online import Noted

Part = Literal["base", "upgrade", "downgrade", "again"]
"""What comes before the revisions that are rehearsed; these up; down to there; and up once more."""


Watch = Callable[[Part, str], None]


def unwatched(_part: Part, _revision: str) -> None:
    """Take note of nothing."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a part of the run came to no end, and where; outside of a revision there is no place.

    A revision that does not go that way, and says so by NotImplementedError, fails ``on_purpose``.
    """

    what: str
    why: str = ""
    do: str = ""
    revision: str = ""
    path: str = ""
    line: int = 0
    on_purpose: bool = False

    def __str__(self) -> str:
        """Say what and why in one line."""
        return f"{self.what}: {self.why}" if self.why else self.what


@dataclass(frozen=True, slots=True)
class Ran:
    """One part of a run: what its statements did, and the schema at its end, unless it failed.

    Alembic's own table, which is called ``version_table``, is not in it. ``search_path`` is that of
    the project's connections, empty where none sent a statement.
    """

    part: Part
    statements: tuple[Traced, ...] = ()
    schema: Schema = field(default_factory=dict)
    failure: Failure | None = None
    version_table: str = ""
    search_path: str = ""


@dataclass(frozen=True, slots=True)
class Call:
    """What is run: ``configs``, ``name`` and ``x`` mean what they mean to Alembic.

    ``base`` are the heads where the rehearsed revisions begin, if any. ``apart`` tells
    whether each revision is a deploy of its own, as those of a base have been. ``limit`` is in
    seconds, for each part. ``watch`` is told of which revision a statement is sent, in which part;
    of none as the part begins.
    """

    configs: Sequence[str]
    name: str
    x: Sequence[str]
    base: Sequence[str]
    apart: bool
    limit: float
    watch: Watch = unwatched


@dataclass(frozen=True, slots=True)
class Site:
    """A server, by its ``host``, which may be the folder of its socket, and a database on it.

    ``more`` is what else libpq is to be told: a password, how to use TLS.
    """

    host: str
    port: int
    database: str
    role: str = "postgres"
    more: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def url(self) -> str:
        """Where libpq connects to."""
        place = {"host": self.host, "port": f"{self.port}", "dbname": self.database}
        told = {**self.more, **place, "user": self.role}
        return " ".join(f"{name}={_quoted(value)}" for name, value in told.items())


def _quoted(value: str) -> str:
    """Return a value of a connection string (PostgreSQL 18, Connection Strings)."""
    return "'" + re.sub(r"(['\\])", r"\\\1", value) + "'"


@dataclass(frozen=True, slots=True)
class Leg:
    """A part of a run as calls of Alembic: ``to`` are the revisions, one for each call. What its
    statements did is asked for only where ``traced``.
    """

    part: Part
    direction: Literal["upgrade", "downgrade"]
    to: Sequence[str]
    traced: bool = False


def parts(call: Call, site: Site, wanted: Sequence[Part]) -> Iterator[Ran]:
    """Run parts one after another and yield each as it ends, up to the first that fails."""
    return legs(call, site, [_leg(part, call) for part in wanted])


def legs(call: Call, site: Site, wanted: Sequence[Leg]) -> Generator[Ran, None, None]:
    """Run legs one after another and yield each as it ends, up to the first that fails."""
    with child.started(partial(_serve, call, site, wanted)) as answers:
        statements: list[Traced] = []
        left = [leg.part for leg in wanted]
        call.watch(left[0], "")
        for answer in answers:
            if "at" in answer:
                call.watch(left[0], answer["at"])
                continue
            if "traced" in answer:
                statements.append(trace.from_json(answer["traced"]))
                continue
            failure = Failure(**answer["failure"]) if "failure" in answer else None
            schema = of_rows(answer.get("schema", ()))
            noted = {name: answer.get(name, "") for name in ("version_table", "search_path")}
            yield Ran(answer["part"], tuple(statements), schema, failure, **noted)
            statements = []
            del left[0]
            if failure is None and left:
                call.watch(left[0], "")


def _leg(part: Part, call: Call) -> Leg:
    match part:
        case "base" if call.base:
            return Leg(part, "upgrade", call.base)
        case "base":  # what env.py makes itself is there before any revision
            return Leg(part, "downgrade", ("base",))
        case "downgrade":
            return Leg(part, "downgrade", call.base[:1] or ("base",))
    return Leg(part, "upgrade", ("heads",), traced=part == "upgrade")


# --- in the child


def _serve(call: Call, site: Site, wanted: Sequence[Leg], post: Post) -> None:
    for (what, _), reason in post.lost.items():
        lost = Failure(f"{what} {reason}", do="Give it longer with --timeout, or see why")
        _say(post, what, failure=lost)
        return
    from outofband.revisions import databases, online, redirect
    from outofband.revisions.environment import configured

    config = configured(call.configs, call.name, call.x)
    if len(several := databases.listed(config)) > 1:
        what = f"the revisions are for the databases {', '.join(several)}, and this has one"
        do = f"Take one at a time: -x database={several[0]}"
        _say(post, wanted[0].part, failure=Failure(what, do=do))
        return
    with (
        redirect.redirected(site),
        online.one_directory(config),
        online.configuring(apart=call.apart) as noted,
    ):
        for leg in wanted:
            with _seen(leg, site, noted, post) as passing:
                failure = _failure(leg.part, partial(_run, leg, config), call.limit, post)
            left: list[list[str]] = []
            with ExitStack() as ending:
                if failure is not None:  # what failed may be the server
                    ending.enter_context(suppress(OutofbandError))
                left = _schema(site, noted.version_table)
            told = {"version_table": noted.version_table, "search_path": passing.search_path}
            _say(post, leg.part, failure=failure, schema=left, **told)
            if failure is not None:
                return


def _run(leg: Leg, config: Any) -> None:
    from outofband.revisions import online

    if leg.direction == "upgrade":
        online.upgrade(config, leg.to)
    for revision in leg.to if leg.direction == "downgrade" else ():
        online.downgrade(config, revision)


@contextmanager
def _seen(leg: Leg, site: Site, noted: Noted, post: Post) -> Iterator[Passing]:
    """Say of which revision a statement is sent within, and where somebody asks what it does."""
    from outofband.rehearse.passing import Passing
    from outofband.revisions.online import watched

    with ExitStack() as stack:
        passing = Passing(lambda at: post.say({"at": at}))
        stack.enter_context(watched(passing))
        if leg.traced:
            from outofband.rehearse.tracing import Tracing

            told = Tracing(site.url, noted, lambda did: post.say({"traced": trace.to_json(did)}))
            stack.callback(told.stop_parking)
            stack.enter_context(watched(told))
        yield passing


def _failure(part: Part, run: Callable[[], None], limit: float, post: Post) -> Failure | None:
    from outofband.revisions.online import RevisionFailed, place_of

    try:
        with post.doing(part, "", limit):
            run()
    except RevisionFailed as error:
        place = _place(error.caller)
        return Failure(error.what, error.why, error.do, *place, on_purpose=error.on_purpose)
    except OutofbandError as error:
        return Failure(error.what, error.why, error.do)
    except TimeUpError as error:
        caller = place_of(error)
        where = f"revision {caller.revision}" if caller else part
        what = f"{where} was still running after {limit:g} s"
        return Failure(what, "", "Give it longer with --timeout, or see why", *_place(caller))
    return None


def _place(caller: Any) -> tuple[str, str, int]:
    return (caller.revision, caller.path, caller.line) if caller else ("", "", 0)


def _say(post: Post, part: str, **more: Any) -> None:
    failure = more.pop("failure", None)
    told = {"failure": {n: getattr(failure, n) for n in Failure.__slots__}} if failure else {}
    post.say({"part": part, **more, **told})


def _schema(site: Site, version_table: str) -> list[list[str]]:
    from outofband.postgres.source import Url, connect
    from outofband.rehearse.relations import query

    with closing(connect(Url(site.url))) as connection:
        rows = [[*row] for row in connection.execute(query("schema"))]
    own = {version_table, f"{version_table}_pkc"}
    return [row for row in rows if own.isdisjoint(row[1].split("."))]
