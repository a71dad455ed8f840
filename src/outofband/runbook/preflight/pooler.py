"""Does a pooler stand between us and the server?

PgBouncer invents the key that a client may cancel with, and the process id in it (measured with
1.18), so that the id of the protocol is not the one the server has.
"""

from __future__ import annotations

from collections.abc import Iterator

from outofband.runbook.preflight.finding import Finding
from outofband.runbook.provider import Provider


def judge_pooler(protocol_pid: int, server_pid: int, provider: Provider) -> Iterator[Finding]:
    """Refuse to work through a pooler: what is SET leaks to other clients, the advisory lock
    outlives us, and a time limit of the pooler's cuts a build.
    """
    if protocol_pid != server_pid:
        yield Finding(
            "a connection pooler stands between this command and the server: "
            "its settings and locks would reach other clients",
            provider.direct,
            stops=True,
        )
