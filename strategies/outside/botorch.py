"""Bayesian optimisation with the models and acquisition functions of BoTorch (Balandat et al., NeurIPS 2020, arXiv:1910.06403)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import numpy as np

from nasbed.strategies.models.outside import OutsideSearch, OutsideStrategy, Parameters, Suggestion
from nasbed.strategies.models.pool import CandidatePool
from nasbed.vocabulary import Arch, Stream, Task, option


@dataclass(frozen=True)
class BoTorch(OutsideStrategy):
    """Evaluates the architecture with the largest logarithm of expected improvement under a Gaussian process of BoTorch's, fitted
    anew each time (Ament et al., NeurIPS 2023, arXiv:2310.20708); tried with version 0.18.1.

    BoTorch is a library of parts: these are the ones that its documentation names for such spaces, with their defaults. The kernel
    ``hamming`` is that of ``MixedSingleTaskGP``, categorical for decisions without an order; ``one_hot`` is that of
    ``SingleTaskGP`` (a radial basis function whose lengthscales have a prior scaled to the dimension) on one coordinate a value.
    Values are standardised; the noise is inferred. ``optimize_acqf_discrete`` goes through all architectures of a space that has a
    list, else through a pool of 1,000 and the neighbours of the best five; architectures asked for before are left out. The model
    leaves out failed trainings. The first ``initial`` architectures are drawn at random.
    """

    initial: int = option(10, "random architectures before the first model", low=2, high=1_000_000)
    kernel: Literal["hamming", "one_hot"] = option(
        "hamming", "on decisions, or on one coordinate for each of their values"
    )

    package: ClassVar[str] = "botorch"
    installed_by: ClassVar[str] = "nasbed[botorch]"
    distributions: ClassVar[tuple[str, ...]] = ("botorch", "gpytorch", "linear_operator", "torch")

    @property
    def warm_up(self) -> int:
        """The number of random architectures at the start."""
        return self.initial

    def begin(self, task: Task, seed: int, rng: Stream) -> OutsideSearch:
        """A loop of BoTorch's parts."""
        return _Search(self, task, rng)


class _Search(OutsideSearch):
    def __init__(self, options: BoTorch, task: Task, rng: Stream) -> None:
        self._options, self._rng = options, rng
        self._parameters = Parameters(task.space)
        self._pool = CandidatePool(task.space, "one_hot")
        self._features = np.empty((0, 0))
        self._begun = 0
        self._archs: list[Arch] = []
        self._values: list[float] = []

    def suggest(self) -> Suggestion:
        self._begun += 1
        if self._begun <= self._options.initial or len(self._values) < 2 or self._pool.exhausted:
            (proposal,) = self._pool.start(1, self._rng)
        else:
            self._pool.widen(self._rng, self._best())
            (proposal,) = self._pool.batch(self._chosen(), 1, self._rng)
        return Suggestion(proposal.arch, proposal.arch)

    def report(self, handle: Any, told: tuple[float, ...]) -> None:
        self._archs.append(handle)
        self._values.append(-told[0])

    def report_failure(self, handle: Any) -> None:
        """The model leaves out failed trainings."""

    def _best(self) -> list[Arch]:
        """What was told, best first."""
        return [self._archs[row] for row in np.argsort(-np.array(self._values), kind="stable")]

    def _known(self) -> np.ndarray:
        """The features of all candidates."""
        archs = self._pool.archs
        if len(self._features) < len(archs):
            new = np.array([self._described(arch) for arch in archs[len(self._features) :]])
            self._features = np.concatenate([self._features.reshape(-1, new.shape[1]), new])
        return self._features

    def _described(self, arch: Arch) -> list[float]:
        """The features of one: an order as a number in the unit interval, a category as its number or one-hot."""
        if self._options.kernel == "one_hot":
            return self._parameters.point(arch).tolist()  # type: ignore[no-any-return]
        pairs = zip(self._parameters, self._parameters.values(arch), strict=True)
        return [(value + 0.5) / one.size if one.ordered else float(value) for one, value in pairs]

    def _chosen(self) -> list[int]:
        """The place of the candidate with the largest acquisition among those not asked for; none where nothing is left."""
        import torch
        from botorch.acquisition.analytic import LogExpectedImprovement
        from botorch.fit import fit_gpytorch_mll
        from botorch.models import MixedSingleTaskGP, SingleTaskGP
        from botorch.optim.optimize import optimize_acqf_discrete
        from gpytorch.mlls import ExactMarginalLogLikelihood

        left = self._pool.left()
        if not len(left):
            return []
        features = torch.from_numpy(self._known())
        seen = features[self._pool.places(self._archs)]
        values = torch.tensor(self._values, dtype=torch.float64).unsqueeze(-1)
        categories = [place for place, one in enumerate(self._parameters) if not one.ordered]
        if categories and self._options.kernel == "hamming":
            model = MixedSingleTaskGP(seen, values, cat_dims=categories)
        else:
            model = SingleTaskGP(seen, values)
        fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
        best, _ = optimize_acqf_discrete(
            LogExpectedImprovement(model, best_f=values.max()), q=1, choices=features[left]
        )
        return [int(left[(features[left] == best).all(-1).nonzero()[0, 0]])]
