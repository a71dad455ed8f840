"""`apply` as a process that tests can kill: URL, the wanted steps and the policy as arguments, or
the name of a step whose moved rows go back, and how many tables at once; no questions.
"""

from __future__ import annotations

import base64
import pickle
import sys
from contextlib import ExitStack

from outofband.cli.screen import OperatorScreen
from outofband.cli.undo_dedupe import undo
from outofband.postgres.monitor import Monitor
from outofband.postgres.session import Session
from outofband.postgres.source import Url
from outofband.runbook.ending import End
from outofband.runbook.parallel import apply_beside
from outofband.runbook.watch import Patient, Watched
from outofband.runbook.world import Scope, World


def main(url: str, given: str, parallel: str) -> int:
    source, screen, patient = Url(url), OperatorScreen(), Patient()
    wanted, policy, undoing = pickle.loads(base64.b64decode(given))
    scope = Scope(wanted)
    with ExitStack() as opened:
        hands = [opened.enter_context(Session(source)) for _ in range(int(parallel))]
        watched = [Watched(screen, Monitor(source), hand, patient) for hand in hands]
        worlds = [World(*pair, scope, patient) for pair in zip(hands, watched, strict=True)]
        if undoing:
            undo(worlds[0], undoing, lambda _: None)
            return 0
        view = worlds[0].look()
        endings = apply_beside(view.plan, view.seen, worlds, policy)
    for ending in endings:
        sys.stdout.write(f"{ending.planned.step.name} {ending.end.value} {ending.why}\n")
    return 0 if all(e.end is End.DONE for e in endings) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
