"""FCNet: joint architecture and hyperparameters of small regression networks; ``nasbed data fetch fcnet`` gets the table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from nasbed.benchmarks.spaces.joint import JointGridSpace
from nasbed.benchmarks.spaces.variables import Variable
from nasbed.benchmarks.tables.joint import JointTable

_UNITS = (16, 32, 64, 128, 256, 512)
_ACTIVATIONS = ("relu", "tanh")
_DROPOUT = (0.0, 0.3, 0.6)
VARIABLES = (
    Variable("n_units_1", _UNITS, "architecture"),
    Variable("n_units_2", _UNITS, "architecture"),
    Variable("activation_fn_1", _ACTIVATIONS, "architecture"),
    Variable("activation_fn_2", _ACTIVATIONS, "architecture"),
    Variable("dropout_1", _DROPOUT, "hyperparameters"),
    Variable("dropout_2", _DROPOUT, "hyperparameters"),
    Variable("init_lr", (0.0005, 0.001, 0.005, 0.01, 0.05, 0.1), "hyperparameters"),
    Variable("lr_schedule", ("cosine", "const"), "hyperparameters"),
    Variable("batch_size", (8, 16, 32, 64), "hyperparameters"),
)
"""144 architectures times 432 settings of hyperparameters. Dropout is a hyperparameter: it changes how a network is trained
(regularisation), not the network that results.
"""
DEFAULT: dict[str, float | str] = {
    "n_units_1": 64,
    "n_units_2": 64,
    "activation_fn_1": "relu",
    "activation_fn_2": "relu",
    "dropout_1": 0.0,
    "dropout_2": 0.0,
    "init_lr": 0.001,
    "lr_schedule": "const",
    "batch_size": 32,
}
"""The defaults of Keras, with which the networks were trained (Adam at 0.001, batches of 32, no schedule and no dropout), on a
network from the middle of the grid. The authors name no default.
"""


class FCNet(JointTable):
    """62,208 configurations of two-layer networks for regression, trained four times (Klein and Hutter, 2019, arXiv 1905.04970).

    ``dataset`` is ``naval_propulsion``, ``parkinsons_telemonitoring``, ``protein_structure`` or ``slice_localization``.
    Trainings take 100 epochs of Adam. The objective is the base-10 logarithm of the mean squared error on the validation set
    after the last epoch, so a regret counts orders of magnitude; ``objectives`` may also name ``mse`` (of targets with mean 0
    and variance 1 on the training set) and ``parameters``. There is no test set in the table: a search sees one of the four
    trainings of a configuration, and is scored on the other three. Costs are recorded seconds, of the same training.

    ``search`` is ``joint``, or the half that is searched while the other stays as in the configuration ``frozen``
    (``n_units_1=64,n_units_2=64,...``, or an index; by default that of :data:`DEFAULT`).
    """

    table = "fcnet"
    known = ("naval_propulsion", "parkinsons_telemonitoring", "protein_structure", "slice_localization")
    metric = "log10_mse"

    def __init__(
        self,
        dataset: str = "protein_structure",
        objectives: Sequence[str] = ("log10_mse",),
        search: Literal["joint", "architecture", "hyperparameters"] = "joint",
        frozen: str = "",
    ) -> None:
        super().__init__(dataset, grid(), objectives, search, frozen)


@cache
def grid() -> JointGridSpace:
    """The joint space of architectures and hyperparameters, made once."""
    return JointGridSpace("fcnet", VARIABLES, DEFAULT)
