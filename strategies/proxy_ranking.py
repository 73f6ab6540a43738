"""Training in the order of a zero-cost proxy: Abdelfattah et al., ICLR 2021 (arXiv 2101.08134), random search with warm-up; with
``trained = 1``, algorithm 1 of Mellor et al., ICML 2021 (arXiv 2006.04647).
"""

from __future__ import annotations

from dataclasses import dataclass
from operator import attrgetter

from nasbed.vocabulary import Arch, Needs, OptionError, Outcome, Proposal, Proposals, Script, Stream, Task, option


@dataclass(frozen=True)
class ProxyRanking(Script):
    """Measures a pool of random architectures, trains the best of them, best first, and draws the next pool.

    An architecture drawn twice is measured once. Architectures that a pool leaves untrained compete with the next pool. An
    architecture without a value of the proxy comes last. Once all are measured and trained, architectures are drawn at random.
    """

    proxy: str = option("synflow", "measure to rank by, higher is better; parameters and flops are free yardsticks")
    pool: int = option(1000, "architectures drawn for a pool", low=1)
    trained: int = option(0, "how many of the best are trained before the next pool is drawn; 0: all", low=0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.trained > self.pool:
            raise OptionError(
                f"ProxyRanking: trained = {self.trained} and pool = {self.pool}; expected no more than are drawn for a pool; lower"
                " trained, raise pool, or set trained = 0 to train all of it"
            )

    @property
    def needs(self) -> Needs:
        """It needs the proxy among the measures of the benchmark."""
        return Needs(measures=(self.proxy,))

    def search(self, task: Task, rng: Stream) -> Proposals:
        """The search; it never ends by itself."""
        measured: set[Arch] = set()
        waiting: list[Outcome] = []
        while True:
            drawn = dict.fromkeys(task.space.sample(rng) for _ in range(self.pool))
            fresh = [arch for arch in drawn if arch not in measured]
            measured.update(fresh)
            waiting += yield [Proposal(arch, measure=self.proxy) for arch in fresh]
            waiting.sort(key=attrgetter("worth"), reverse=True)
            count = self.trained or len(waiting)
            best, waiting = waiting[:count], waiting[count:]
            yield [Proposal(one.arch) for one in best] or Proposal(task.space.sample(rng))
