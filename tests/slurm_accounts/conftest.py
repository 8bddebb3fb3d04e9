"""A cluster with slurmdbd and limits on this host. It has a folder of its own: a host has one."""

from collections.abc import Iterator

import pytest

from tests.slurm.cluster import Cluster, missing


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A cluster that keeps accounts, with no job in it."""
    reason = missing(accounts=True)
    if reason:
        pytest.skip(reason)
    running = Cluster(tmp_path_factory.mktemp("slurm"), accounts=True)
    try:
        running.start()
        yield running
    finally:
        running.stop()
