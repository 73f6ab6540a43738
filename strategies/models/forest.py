"""Random forests and extremely randomised trees (scikit-learn's) that say how far their trees disagree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from sklearn.tree import DecisionTreeRegressor

Kind = Literal["random", "extra"]


class Forest:
    """Regression trees, each on a bootstrap sample with random candidates for every split.

    ``random``: the best threshold of each candidate (Breiman 2001); ``extra``: a random one, without a bootstrap sample
    (Geurts, Ernst and Wehenkel 2006). ``features`` is the fraction of features that are candidates, ``split`` the fewest
    samples that are split further. The spread over the trees and the defaults follow SMAC (Hutter, Hoos and Leyton-Brown, LION
    2011, section 4.1), but for ``split``, which is 10 there.
    """

    def __init__(
        self,
        trees: int = 10,
        kind: Kind = "random",
        features: float = 5 / 6,
        split: int = 2,
    ) -> None:
        self._count, self._kind = trees, kind
        self._options: dict[str, Any] = {
            "max_features": features,
            "min_samples_split": split,
        }
        self._trees: list[DecisionTreeRegressor] = []

    def fit(self, x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Forest:
        """Grow afresh on the rows of ``x`` (samples, features) and their finite values ``y``; the forest itself."""
        from sklearn.tree import DecisionTreeRegressor, ExtraTreeRegressor

        x = np.ascontiguousarray(x, dtype=np.float32)
        y = np.ascontiguousarray(y, dtype=np.float64)[:, None]
        grown = DecisionTreeRegressor if self._kind == "random" else ExtraTreeRegressor
        self._trees = []
        for seed in rng.integers(0, 2**31 - 1, self._count):
            drawn = None
            if self._kind == "random":
                drawn = np.bincount(rng.integers(0, len(x), len(x)), minlength=len(x)).astype(float)
            tree = grown(random_state=int(seed), **self._options)
            self._trees.append(tree.fit(x, y, sample_weight=drawn, check_input=False))
        return self

    def samples(self, x: np.ndarray) -> np.ndarray:
        """What each tree predicts, (trees, rows of ``x``)."""
        x = np.ascontiguousarray(x, dtype=np.float32)
        return np.stack([tree.tree_.predict(x)[:, 0] for tree in self._trees])

    def predict(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Mean and standard deviation over the trees, for each row of ``x``."""
        predicted = self.samples(x)
        return predicted.mean(axis=0), predicted.std(axis=0)
