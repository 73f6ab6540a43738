"""What is known of the shipped table."""

from __future__ import annotations

import pytest

from nasbed.landscape.survey import Survey, load, survey


@pytest.fixture(scope="session")
def nasbench201() -> Survey:
    return survey(load("nasbench201"))
