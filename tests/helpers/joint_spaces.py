"""A small joint space."""

from __future__ import annotations

import numpy as np

from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.vocabulary import Half

SMALL = JointGridSpace(
    "small",
    [
        Variable("units", (8, 16), "architecture"),
        Variable("activation", ("relu", "tanh"), "architecture"),
        Variable("rate", (0.1, 0.2, 0.3), "hyperparameters"),
    ],
    {"units": 16, "activation": "relu", "rate": 0.2},
)


HALVES: tuple[Half, Half] = ("architecture", "hyperparameters")


INDEX, RUN = np.arange(12.0)[:, None], np.arange(3.0)
BUDGET = {"evaluations": 20}


SEQUENTIAL = [{"until": 0.5, "search": "architecture"}, {"search": "hyperparameters"}]
