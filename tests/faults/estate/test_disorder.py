"""Random sequences of everything that goes wrong, from a seed that is printed.

``FAULTS_SEED=…`` runs a sequence again; ``FAULTS_EXAMPLES`` (4) and ``FAULTS_STEPS`` (10) make it
longer: with 200 and 30 it runs for an hour.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import hypothesis
import pytest
from hypothesis.stateful import run_state_machine_as_test

from estate.disorder import Disorder
from estate.stage import EstateStage

_EXAMPLES, _STEPS = (
    int(os.environ.get(f"FAULTS_{name}", default))
    for name, default in (("EXAMPLES", "4"), ("STEPS", "10"))
)


@pytest.mark.timeout(60 * _EXAMPLES + 15 * _EXAMPLES * _STEPS)
@pytest.mark.parametrize("worker", [1, 2])
def test_whatever_happens_the_next_apply_ends_with_what_is_wanted(
    stage: EstateStage, tmp_path: Path, request: pytest.FixtureRequest, worker: int
) -> None:
    seed = int(os.environ.get("FAULTS_SEED", secrets.randbits(32))) + worker - 1
    print(f"FAULTS_SEED={seed - worker + 1}")  # noqa: T201 - pytest shows it with a failure
    told = request.node.user_properties
    run_state_machine_as_test(
        hypothesis.seed(seed)(
            lambda: Disorder(stage, tmp_path, lambda tally: told.append(("faults", tally)))
        ),
        settings=hypothesis.settings(
            max_examples=_EXAMPLES,
            stateful_step_count=_STEPS,
            deadline=None,
            database=None,
            # A sequence that fails is shown as it was: to shorten it takes hours.
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        ),
    )
