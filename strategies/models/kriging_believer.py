"""What is believed of trainings that are still out: Ginsbourger, Le Riche and Carraro, Kriging Is Well-Suited to Parallelize
Optimization, 2010, section 3.2.
"""

from __future__ import annotations

from array import array

import numpy as np

from nasbed.strategies.models.gaussian_process import normal_scores
from nasbed.strategies.models.pool import CandidatePool
from nasbed.vocabulary import Arch, Outcome, Proposal


class KrigingBeliever:
    """The trainings of a search in the order of asking: those that were told have the normal scores of their ranks, the others the
    score that was believed of them when they were asked for.
    """

    def __init__(self, pool: CandidatePool) -> None:
        self._pool = pool
        self.places: list[int] = []
        """Where the architectures that were asked for stand among the candidates, in order."""
        self.told: list[int] = []
        """The numbers, in the order of asking, of the trainings that have been told, in the order of telling."""
        self._out: dict[Arch, list[int]] = {}
        self._believed, self._values, self._trained = array("d"), array("d"), array("q")

    @property
    def trained(self) -> np.ndarray:
        """Where the architectures of the trainings that have been told stand, in the order of telling."""
        return np.array(self._trained)

    def ask(self, proposal: Proposal, believed: float) -> None:
        """One more training is out, of which a score is believed."""
        self._out.setdefault(proposal.arch, []).append(len(self._believed))
        self.places += self._pool.places([proposal.arch]).tolist()
        self._believed.append(believed)

    def tell(self, outcome: Outcome) -> None:
        """Take in an outcome; of an architecture that is out twice, it is that of the first."""
        number = self._out[outcome.arch].pop(0)
        self.told.append(number)
        self._trained.append(self.places[number])
        self._values.append(outcome.worth)
        self._pool.tell([outcome])

    def scores(self) -> np.ndarray:
        """The score of each training that was asked for, in order."""
        scores = np.array(self._believed)
        scores[self.told] = normal_scores(np.array(self._values))
        return scores
