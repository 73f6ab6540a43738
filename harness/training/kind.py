"""What a kind of data has of its own around a trained network: how it is read, asked, written and described."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from nasbed.benchmarks.training.plain import PlainNetwork


class DataKind(Protocol):
    """A kind of data, such as images. Inputs are the arrays that a network in a file is called with, an example a row; ``data`` are
    those that it was trained on.
    """

    one: str
    many: str
    """What an example is called, and several."""

    def options(self, source: Any, folder: Any, options: Mapping[str, Any]) -> dict[str, Any]:
        """The options of a benchmark, those that say its data among them: a path or a name as text, or data that are read now."""

    def class_values(self, source: Any, data: Any) -> np.ndarray:
        """The classes (count,) as their user wrote them, in the order of the data's names."""

    def inputs(self, examples: Any, data: Any) -> tuple[np.ndarray, ...]:
        """The inputs for examples as a user has them; raises :class:`~nasbed.errors.DataError` for any other form."""

    def stored(self, data: Any, split: str) -> tuple[np.ndarray, ...]:
        """The inputs for the examples of a split."""

    def logits(self, network: Any, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
        """Logits (predictions, classes) of the network in a file, in the order in which a fit has them."""

    def asked(self, network: Any, inputs: tuple[np.ndarray, ...]) -> np.ndarray:
        """Logits (examples, classes) of the one prediction that is asked for of each example."""

    def source(self, plain: PlainNetwork, data: Any, architecture: str) -> str:
        """The Python module of a network: its class, ``load`` for its weights beside the file, and ``predict``."""

    def onnx(self, network: Any, data: Any) -> bytes:
        """The network as a file of ONNX; raises what :func:`~nasbed.benchmarks.training.trained.exports.onnx` does."""

    def said(self, data: Any) -> dict[str, Sequence[str]]:
        """What the metadata of a file of weights say."""

    def argument(self, data: Any) -> str:
        """The name of the argument of ``predict``."""

    def title(self, data: Any) -> str:
        """What the network is, for the head of its card."""

    def use(self, data: Any, forms: Sequence[str]) -> list[str]:
        """How the network is used in each of the forms that it has been exported to, as paragraphs of markdown."""

    def described(self, data: Any) -> str:
        """The data, as a paragraph of markdown."""

    def trained_on(self, data: Any) -> str:
        """What was done to examples in training, in a sentence."""

    def limits(self, data: Any, accuracy: float) -> list[str]:
        """What is not known of a network with an accuracy, in percent, on the test split, in sentences."""
