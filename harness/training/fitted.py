"""A trained network with the conventions of scikit-learn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from nasbed.errors import DataError, shown
from nasbed.training.origins import Origin
from nasbed.training.trained import TrainedNetwork
from nasbed.training.writing import write_network

if TYPE_CHECKING:
    import pandas as pd


class FittedNetwork:
    """A classifier of images or sequences, or a predictor of the next token of texts: the network of one architecture, trained with
    several seeds (``trained``).

    It predicts with the network of the seed with the highest validation accuracy; ``scores`` are those of all seeds after the last
    epoch. ``classes_`` are the classes as the user wrote them, in the order of ``predict_proba``.

    >>> import nasbed
    >>> images, labels = np.random.default_rng(0).random((60, 6, 6)), np.array(["cat", "dog"] * 30)
    >>> model = nasbed.train("max pool 2x2", data=(images, labels), epochs=1, seeds=1)
    >>> model.classes_.tolist(), model.predict_proba(images).shape
    (['cat', 'dog'], (60, 2))
    >>> model.scores["split"].unique().tolist()
    ['train', 'validation', 'test']
    """

    def __init__(self, trained: TrainedNetwork, classes: np.ndarray) -> None:
        self.trained, self.classes_ = trained, classes

    def __repr__(self) -> str:
        frame = self.scores.set_index(["split", "metric"])["mean"]
        validation, test = (f"{float(frame[split, 'accuracy']):.1f} %" for split in ("validation", "test"))
        data = self.trained.benchmark.data
        return f"<FittedNetwork: {self.architecture} on {data}, accuracy {validation} validation, {test} test>"

    @property
    def architecture(self) -> str:
        """The architecture as its space writes it."""
        return self.trained.architecture

    @property
    def origin(self) -> Origin:
        """The origin of the architecture: given, the default, or found by a search."""
        return self.trained.origin

    @property
    def scores(self) -> pd.DataFrame:
        """Accuracy (%), loss (nats), macro precision, recall and F1 on each split: mean and sd over the seeds, and each seed."""
        return self.trained.scores

    @property
    def curves(self) -> pd.DataFrame:
        """Loss and accuracy of each seed after each epoch, on the training split and on validation."""
        return self.trained.curves

    @property
    def confusion(self) -> pd.DataFrame:
        """How many examples of each class were classified as each class, by split and seed."""
        return self.trained.confusion

    @property
    def costs(self) -> dict[str, float]:
        """Parameters, multiply-accumulates of an example (``flops``), mean seconds of an epoch, and the peak of memory in bytes."""
        return self.trained.costs

    def predict_proba(self, examples: Any) -> np.ndarray:
        """The probability of each class, (count, classes) in the order of ``classes_``, for examples shaped as in training.

        Images are (count, height, width, colours), (count, colours, height, width), or (count, height, width) with one
        colour. Sequences are a list of texts, of token numbers or of series (steps, channels), padded arrays (values, lengths),
        or the :class:`~pathlib.Path` of a file. For a network of the next token the classes are the vocabulary, and the prediction
        is the token that follows each sequence. Unknown tokens are read as one, with an :class:`~nasbed.errors.UnwiseWarning`.
        Raises :class:`~nasbed.errors.DataError` for anything else, and for a sequence longer than a network's learned positions.
        """
        inputs = self.trained.kind.inputs(examples, self.trained.benchmark.loaded)
        if not len(inputs[0]):
            return np.zeros((0, len(self.classes_)))
        logits = self.trained.kind.asked(self.trained.network, inputs).astype(np.float64)
        shares = np.exp(logits - logits.max(1, keepdims=True))
        found: np.ndarray = shares / shares.sum(1, keepdims=True)
        return found

    def predict(self, examples: Any) -> np.ndarray:
        """The class of each example, as the user wrote it; :meth:`predict_proba` says what examples may be."""
        found: np.ndarray = self.classes_[self.predict_proba(examples).argmax(1)]
        return found

    def score(self, examples: Any, labels: Any) -> float:
        """The share of examples, in 0 .. 1, whose predicted class is their label.

        Raises :class:`~nasbed.errors.DataError` for examples of another form, and unless there is one label for each example.
        """
        predicted, given = self.predict(examples), np.asarray(labels)
        if given.shape != predicted.shape:
            raise DataError(
                f"labels are of shape {given.shape} for {len(predicted):,} {self.trained.kind.many};"
                f" expected one label for each: ({len(predicted)},)"
            )
        if not {given.dtype.kind, predicted.dtype.kind} <= {*"biuf"}:
            given, predicted = given.astype(str), predicted.astype(str)
        if not (known := np.isin(given, self.classes_.astype(predicted.dtype))).all():
            raise DataError(
                f"labels hold {shown(given[~known][0].item())}; expected classes that were trained on:"
                f" {', '.join(map(str, self.classes_[:20].tolist()))}"
            )
        return float((predicted == given).mean())

    def export(self, folder: Path | str, formats: Sequence[str] | None = None) -> list[Path]:
        """Write the network into a folder, with a model card, its scores and its curves; returns the files' paths.

        ``formats`` are among ``python`` (network.py), ``weights`` (weights.safetensors) and ``onnx`` (network.onnx), by default all
        whose packages are installed. Raises :class:`~nasbed.errors.UnknownNameError` for another format,
        :class:`~nasbed.errors.OptionError` for missing packages, :class:`~nasbed.errors.StoreError` if nothing can be written.
        """
        return write_network(self.trained, folder, formats)
