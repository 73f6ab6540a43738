"""A benchmark whose trainings kill their process, where an architecture says so."""

from __future__ import annotations

import os
import signal

import nasbed
from nasbed.benchmarks.spaces.digits import DigitSpace


class Deadly(nasbed.TrainedBenchmark):
    """Architectures of two digits; those that begin with 0 end the process that trains them."""

    name = label = "deadly"
    space = DigitSpace("deadly", (3, 3))
    epochs = (1,)
    objectives = (nasbed.Objective("accuracy", "%"),)
    checksum = "deadly 1"
    supervised = True

    def trainer(self) -> nasbed.vocabulary.Trainer:
        """What a worker calls, and may not survive."""
        return train


def train(training: nasbed.Training) -> tuple[float]:
    """The number of the architecture, unless it is deadly."""
    if training.arch[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return (10.0 * training.arch[0] + training.arch[1],)
