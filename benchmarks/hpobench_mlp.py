"""The networks of HPOBench: joint architecture and hyperparameters of classifiers of tabular data; ``nasbed data fetch
hpobench_mlp`` gets the table.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.benchmarks.tables.joint import JointTable

VARIABLES = (
    Variable("depth", (1, 2, 3), "architecture"),
    Variable("width", (16, 25, 40, 64, 101, 161, 256, 406, 645, 1024), "architecture"),
    Variable("alpha", (1e-8, 7.742637e-8, 5.994842e-7, 4.641589e-6, 3.5938137e-5, 2.7825593e-4, 2.1544348e-3, 1.6681006e-2,
                       1.2915497e-1, 1.0), "hyperparameters"),
    Variable("batch_size", (4, 6, 10, 16, 25, 40, 64, 101, 161, 256), "hyperparameters"),
    Variable("learning_rate_init", (1e-5, 3.5938137e-5, 1.2915497e-4, 4.641589e-4, 1.6681006e-3, 5.9948424e-3, 2.1544347e-2,
                                    7.742637e-2, 2.7825594e-1, 1.0), "hyperparameters"),
)  # fmt: skip
"""30 architectures times 1,000 settings of hyperparameters; ``alpha`` is the weight of the L2 penalty."""
DEFAULT: dict[str, float | str] = {
    "depth": 3,
    "width": 64,
    "alpha": 2.1544348e-3,
    "batch_size": 40,
    "learning_rate_init": 1.6681006e-3,
}
"""The default of HPOBench (three layers of 64, alpha 0.001, batches of 32, learning rate 0.001), at the nearest points of the grid
on its logarithmic scale.
"""


class HPOBenchMLP(JointTable):
    """30,000 configurations of classifiers of tabular data, trained five times (Eggensperger et al., 2021, arXiv 2109.06716).

    ``dataset`` is ``australian``, ``blood_transfusion``, ``car``, ``credit_g``, ``kc1``, ``phoneme``, ``segment`` or ``vehicle``.
    Trainings take up to 243 epochs of Adam in scikit-learn, which ends a training early once its training loss has settled. The
    objective is the balanced accuracy on the validation set; ``objectives`` may also name ``precision`` and ``f1`` (macro
    averages), all in percent and of the same training. There is no test set in the table: a search sees one of the five trainings
    of a configuration, and is scored on the other four. Costs are recorded seconds, of the same training.

    ``search`` is ``joint``, or the half that is searched while the other stays as in the configuration ``frozen``
    (``depth=3,width=64,...``, or an index; by default that of :data:`DEFAULT`).
    """

    table = "hpobench_mlp"
    known = ("australian", "blood_transfusion", "car", "credit_g", "kc1", "phoneme", "segment", "vehicle")
    metric = "balanced_accuracy"

    def __init__(
        self,
        dataset: str = "phoneme",
        objectives: Sequence[str] = ("balanced_accuracy",),
        search: Literal["joint", "architecture", "hyperparameters"] = "joint",
        frozen: str = "",
    ) -> None:
        super().__init__(dataset, grid(), objectives, search, frozen)


@cache
def grid() -> JointGridSpace:
    """The joint space of architectures and hyperparameters, made once."""
    return JointGridSpace("hpobench_mlp", VARIABLES, DEFAULT)
