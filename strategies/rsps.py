"""Random search with parameter sharing: Li and Talwalkar, UAI 2019 (arXiv 1902.07638), section 3. As published for NAS-Bench-201
(arXiv 2001.00326), 100 candidates are drawn, each scored on one batch of validation images.
"""

from __future__ import annotations

from dataclasses import dataclass

from nasbed.strategies.models.one_shot import WeightSharing
from nasbed.vocabulary import Outcome, Proposal, Proposals, Stream, Task, option


@dataclass(frozen=True)
class RSPS(WeightSharing):
    """Draws random architectures, and evaluates the one with the best inherited accuracy in a supernet.

    The supernet is trained by uniform sampling: each step trains one random architecture, the same cell everywhere in the network.
    An architecture drawn twice is scored once. The search ends with its one evaluation.
    """

    candidates: int = option(100, "random architectures that are scored with its weights", low=1)

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it ends with its one evaluation."""
        weights = self.trained_by("uniform")._replace(on_batch=True)
        drawn = dict.fromkeys(task.space.sample(rng) for _ in range(self.candidates))
        scored: list[Outcome] = yield [Proposal(arch, measure=weights) for arch in drawn]
        yield Proposal(max(scored, key=lambda outcome: outcome.worth).arch)
