"""A module of a user's, beside the study: strategies that take their time, or end what they run in."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from nasbed.vocabulary import Proposal, Script, option


@dataclass(frozen=True)
class Slow(Script):
    """Random search that sleeps before each proposal, or does what ``how`` says."""

    seconds: float = option(0.0, "how long to sleep", low=0)
    how: str = option("", "what to do before the first proposal")

    def search(self, task: Any, rng: Any) -> Iterator[Proposal]:
        """Propose random architectures."""
        if self.how == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "hangs":
            time.sleep(600)
        if self.how == "raises":
            1 / 0  # noqa: B018
        if self.how == "kills the worker":
            os.kill(os.getppid(), signal.SIGKILL)
        while True:
            time.sleep(self.seconds)
            yield Proposal(task.space.sample(rng))
