"""`apply` as a process that tests can kill: URL and the wanted steps as arguments, no questions."""

from __future__ import annotations

import base64
import pickle
import sys

from outofband.cli.screen import OperatorScreen
from outofband.postgres.monitor import Monitor
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.apply import End, apply
from outofband.runbook.watch import Patient, Watched
from outofband.runbook.world import Scope, World


def main(url: str, wanted: str) -> int:
    source = Url(url)
    with Session(source) as session:
        scope = Scope(pickle.loads(base64.b64decode(wanted)))
        patient = Patient()
        watched = Watched(OperatorScreen(), Monitor(source), session, patient)
        world = World(session, watched, scope, patient)
        endings = apply(world.look().plan, world)
    for ending in endings:
        sys.stdout.write(f"{ending.planned.step.name} {ending.end.value} {ending.why}\n")
    return 0 if all(e.end is End.DONE for e in endings) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
