"""Servers to measure on: that of every test run or, for `make test-matrix`, PostgreSQL 14 to 18."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing

import pytest

from matrix.cluster import Cluster
from matrix.servers import REQUIRE, folder_of
from outofband import ephemeral

SETTINGS = {"autovacuum": "off", "max_connections": "200"}


@pytest.fixture(scope="session")
def cluster_of(server: ephemeral.Server) -> Iterator[Callable[[int], Cluster]]:
    """Return the function that gives the databases of a major version; each is started once.

    A version that cannot be had here is a skipped test, or an error where all are required.
    """
    clusters: dict[int, Cluster] = {}
    missing: dict[int, ephemeral.BinariesNotFound] = {}
    with ExitStack() as stack:

        def start(major: int) -> Cluster:
            running = server
            if major != server.version // 10_000:
                started = ephemeral.server(pg_bin=folder_of(major), settings=SETTINGS)
                running = stack.enter_context(started)
            return stack.enter_context(closing(Cluster(running)))

        def get(major: int) -> Cluster:
            if major not in clusters and major not in missing:
                try:
                    clusters[major] = start(major)
                except ephemeral.BinariesNotFound as error:
                    missing[major] = error
            if major in clusters:
                return clusters[major]
            if REQUIRE:
                raise missing[major]
            pytest.skip(f"PostgreSQL {major} is not here: {missing[major]}")

        yield get


@pytest.fixture
def cluster(major: int, cluster_of: Callable[[int], Cluster]) -> Cluster:
    """The databases of the major version that the test is about."""
    return cluster_of(major)


@pytest.fixture(scope="module")
def own(request: pytest.FixtureRequest, server: ephemeral.Server) -> Iterator[ephemeral.Server]:
    """A server of the major version that is asked for, with the SETTINGS of the test's module."""
    major: int = request.param
    try:
        same = major == server.version // 10_000
        folder = server.binaries if same else folder_of(major)
    except ephemeral.BinariesNotFound as error:
        if REQUIRE:
            raise
        pytest.skip(f"PostgreSQL {major} is not here: {error}")
    with ephemeral.server(pg_bin=folder, settings=request.module.SETTINGS) as running:
        yield running
