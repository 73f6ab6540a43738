"""A cluster that the tests of a module share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from clusters import Cluster


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """A scheduler with one worker."""
    with Cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        cluster.add()
        yield cluster
