"""Benchmarks that share weights, of which one thing is wrong with their supernets."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from breaking import breaks
from sound_benchmarks import Fine, Shared, Sharing

from nasbed.errors import BudgetError
from nasbed.vocabulary import Arch, SharedWeights

COUNT = itertools.count()


@breaks("supernets_are_declared", "supernet_version is ''", "a text, as there is a method supernet")
class Unversioned(Sharing):
    supernet_version = ""


@breaks("supernets_are_declared", "supernet_costs is None", "declare supernet_costs", also="...")
class Uncosted(Sharing):
    supernet_costs = None  # type: ignore[assignment]


@breaks("supernets_are_declared", "it has supernet_version and no method supernet", "all three or none")
class Announcing(Fine):
    supernet_version = "1"


@breaks(
    "an_unknown_supernet_is_refused", "SharedWeights(method='no such method'", "gives a supernet", "names what is wrong"
)
class Willing(Sharing):
    methods = ("uniform", "no such method")


@breaks("an_unknown_supernet_is_refused", "'no_such_setting'", "gives a supernet", "before anything is trained")
class Generous(Sharing):
    settings = ("epochs", "no_such_setting")


@breaks("an_unknown_supernet_is_refused", "gives KeyError: 'no such method'", "names what is wrong")
class Indexing(Sharing):
    def supernet(self, weights: SharedWeights, seed: int, folder: Path | str | None, seconds: float) -> Shared:
        if weights.method not in self.methods:
            raise KeyError(weights.method)
        return super().supernet(weights, seed, folder, seconds)


@breaks("an_unknown_supernet_is_refused", "gives the error 'too dear'", "names what is wrong")
class Evasive(Sharing):
    def supernet(self, weights: SharedWeights, seed: int, folder: Path | str | None, seconds: float) -> Shared:
        if weights.method not in self.methods:
            raise BudgetError("too dear")
        return super().supernet(weights, seed, folder, seconds)


@dataclass
class Drifting(Shared):
    def inherited(self, arch: Arch, on_batch: bool) -> float:
        return float(next(COUNT) % 100)


@dataclass
class BatchDrifting(Shared):
    def inherited(self, arch: Arch, on_batch: bool) -> float:
        return float(next(COUNT) % 100) if on_batch else 50.0


@dataclass
class Sharelike(Shared):
    def inherited(self, arch: Arch, on_batch: bool) -> float:
        return 100 + super().inherited(arch, on_batch)


@breaks("a_supernet_is_the_same_again", "with on_batch = False", " inherits ", "and again", "streams of the seed")
class Wandering(Sharing):
    made = Drifting


@breaks("a_supernet_is_the_same_again", "with on_batch = True", " inherits ", "and again")
class BatchWandering(Sharing):
    made = BatchDrifting


@breaks("a_supernet_is_the_same_again", " inherits 1", "a float from 0 to 100, or nan")
class Excessive(Sharing):
    made = Sharelike


@breaks("a_supernet_is_the_same_again", "the training of seed 1 ends in", "and again in", "expected the same")
class Moody(Sharing):
    def ends(self, seed: int) -> Arch:
        return self.space.archs[next(COUNT) % len(self.space)]


@breaks("a_supernet_is_the_same_again", "derived is (9, 9, 9)", "an architecture of the space")
class Outside(Sharing):
    def ends(self, seed: int) -> Arch:
        return (9, 9, 9)


@breaks("a_supernet_keeps_its_costs", "the training costs 0.0", "finite seconds, more than 0", also="...")
class Gratis(Sharing):
    def takes(self, folder: Path | str | None) -> float:
        return 0.0


@breaks("a_supernet_keeps_its_costs", "a query with on_batch = False costs nan", "finite seconds, 0 or more")
class Unpriced(Sharing):
    query = math.nan


@breaks("a_supernet_keeps_its_costs", "the training costs ", " s when it is found again", "whoever asks")
class Retraining(Sharing):
    def takes(self, folder: Path | str | None) -> float:
        return 40.0 + next(COUNT)


@breaks(
    "a_budget_below_a_supernet_is_refused",
    "a budget of 1e-09 seconds gives a supernet",
    "BudgetError",
)
class Heedless(Sharing):
    def supernet(self, weights: SharedWeights, seed: int, folder: Path | str | None, seconds: float) -> Shared:
        return super().supernet(weights, seed, folder, math.inf)


@breaks("a_budget_below_a_supernet_is_refused", "gives ValueError: too little", "refuse it with the figure")
class Blunt(Sharing):
    def supernet(self, weights: SharedWeights, seed: int, folder: Path | str | None, seconds: float) -> Any:
        try:
            return super().supernet(weights, seed, folder, seconds)
        except BudgetError:
            raise ValueError("too little") from None
