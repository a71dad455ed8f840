"""A database with hostile names, at two moments: with everything to do, and with all done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import psycopg

from estate import project
from estate.wire import Stop, wire
from faults.project import PLAINLY, TABLES
from faults.scene import Run, Scene, eventually, indexes
from outofband.ephemeral import Server

APPLY = "apply", "--dedupe", "identical"
Moment = Literal["pending", "done"]


class EstateScene(Scene):
    """A scene on the estate."""

    def outofband(self, *words: str, url: str = "") -> Run:
        """Start the command as it is told to."""
        return self._run(["outofband", *words, "--yes", "--database-url", url or self.url])

    def alembic(self, *words: str) -> Run:
        """Start ``alembic upgrade`` or the like."""
        driver = self.url.replace("postgresql:", "postgresql+psycopg:")
        return self._run(["alembic", "-x", f"url={driver}", *words])

    def wait(self, run: Run) -> str:
        """Wait for the good end of a run; return what it said."""
        assert run.status() == 0, run.said
        return run.said

    def dies(self, stop: Stop, *words: str) -> None:
        """Kill a run at a statement."""
        with wire(self.url, stop) as held:
            run = self.outofband(*(words or APPLY), url=held.url)
            eventually(lambda: held.reached.is_set() or not run.alive, str(stop))
            assert held.reached.is_set(), f"{stop} was not met: {held.heard}\n{run.said}"
            run.kill()
        self.injects(f"kill -9 {stop.side} a statement")

    def waiting(self, query: str, run: Run) -> int:
        """Wait until a statement of a run waits for a lock; return its server process."""
        seen = (
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
            "AND application_name LIKE 'outofband%%' AND wait_event_type = 'Lock' AND query ~ %s"
        )
        return int(eventually(lambda: self.sql(seen, query), f"waiting {query}", run)[0])


class Estate:
    """The databases to copy, and the indexes that one should end with."""

    def __init__(self, server: Server, begun: str, folder: Path) -> None:
        self._server, self._logs = server, folder
        self._project = project.write_estate(folder)
        self._admin("CREATE DATABASE estate_plainly", f"CREATE DATABASE pending TEMPLATE {begun}")
        self._fill("estate_plainly", (*TABLES, *PLAINLY, *project.TABLES, *project.PLAINLY))
        with psycopg.connect(server.url("estate_plainly")) as session:
            self.expected = indexes(session)
        self._fill("pending", (*project.TABLES, *project.ROWS))
        self._do("pending", "apply")
        self._do("pending", "upgrade")
        self._admin("CREATE DATABASE done TEMPLATE pending")
        self._do("done", "apply")

    def at(self, moment: Moment) -> EstateStage:
        return EstateStage(self, moment)

    def scene(self, logs: Path, moment: Moment) -> EstateScene:
        self._admin(
            "DROP DATABASE IF EXISTS scene WITH (FORCE)", f"CREATE DATABASE scene TEMPLATE {moment}"
        )
        scene = EstateScene(self._server, self._server.url("scene"), self._project, logs)
        scene.inserted += Counter({f"start{n}": project.EXTRA for n in range(1, 1001)})
        return scene

    def _do(self, database: str, what: Literal["apply", "upgrade"]) -> None:
        url = self._server.url(database)
        words = ["outofband", "apply", "--yes", "--dedupe", "identical", "--database-url", url]
        if what == "upgrade":
            driver = url.replace("postgresql:", "postgresql+psycopg:")
            words = ["alembic", "-x", f"url={driver}", "upgrade", "3"]
        run = Run(words, self._project, self._logs / f"{database}.{what}.log")
        assert run.status() == 0, run.said

    def _fill(self, database: str, statements: Iterable[str]) -> None:
        with psycopg.connect(self._server.url(database), autocommit=True) as session:
            for statement in statements:
                session.execute(statement.encode())

    def _admin(self, *commands: str) -> None:
        self._fill("postgres", commands)


class EstateStage:
    """The estate at one of its moments."""

    def __init__(self, estate: Estate, moment: Moment) -> None:
        self._estate, self._moment = estate, moment
        self.expected = estate.expected

    def scene(self, logs: Path) -> EstateScene:
        return self._estate.scene(logs, self._moment)
