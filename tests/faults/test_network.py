"""The network between a run and its server fails: with an end, with a reset, or without a word."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from faults.phases import SCAN, SNAPSHOTS, WRITERS, parked
from faults.scene import Scene
from proxy import Proxy, proxy

LOST = "the connection was lost"
KINDS = {
    "network cut": Proxy.cut,
    "network cut by a reset": Proxy.reset,
    "network that swallows everything": Proxy.swallow,
}


@pytest.fixture
def network(scene: Scene) -> Iterator[Proxy]:
    with proxy(scene.url) as opened:
        yield opened


@pytest.mark.parametrize("phase", [WRITERS, SCAN, SNAPSHOTS])
@pytest.mark.parametrize("kind", KINDS)
def test_a_run_finds_its_build_again_when_the_network_is_back(
    scene: Scene, network: Proxy, kind: str, phase: str, ends_well: Callable[[], None]
) -> None:
    with parked(scene, phase, lambda: scene.apply(url=network.url)) as (run, _):
        KINDS[kind](network)
        scene.injects(kind)
    assert run.status() == 0, run.said
    assert LOST in run.said
    assert run.said.count("CREATE INDEX CONCURRENTLY docs_held") == 1
    ends_well()


def test_the_next_run_waits_for_no_run_that_was_never_heard_of_again(
    scene: Scene, network: Proxy, ends_well: Callable[[], None]
) -> None:
    """The server would keep the lock of a client that the network has swallowed for two hours."""
    with parked(scene, SNAPSHOTS, lambda: scene.apply(url=network.url)) as (run, _):
        network.swallow()
        run.kill()
        scene.injects("network that swallows everything, and kill -9")
    ends_well()
