"""Small networks as plain arrays, which NumPy alone computes: what answers where a table comes with a surrogate of that form."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

import numpy as np

from nasbed.errors import DataError


def model_file(scale: str) -> str:
    """The file of a table that holds the surrogate of a scale, named as it is published."""
    return f"perplexity_{scale}_mlp.npz"


@dataclass(frozen=True)
class Perceptron:
    """Layers of weights, (outputs, inputs), and biases, with rectifiers between them; the last has one output.

    Rows are computed one by one, so that an answer is the same to the last bit whatever else is asked.
    """

    layers: tuple[tuple[np.ndarray, np.ndarray], ...]

    @classmethod
    def of(cls, content: bytes, file: str, inputs: int) -> Perceptron:
        """The network of an ``.npz`` file with ``fc1.weight``, ``fc1.bias`` and so on; raises :class:`~nasbed.errors.DataError` for
        any other, naming the ``file``.
        """
        try:
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                held = {name: np.asarray(arrays[name]) for name in arrays.files}
        except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
            raise DataError(f"{file} cannot be read: {error}; expected plain arrays, as published") from None
        count = len(held) // 2
        names = [f"fc{place}.{part}" for place in range(1, count + 1) for part in ("weight", "bias")]
        shapes = {name: held[name].shape for name in names if name in held}
        width = inputs
        for place in range(1, count + 1):
            weight = shapes.get(f"fc{place}.weight", ())
            if len(weight) != 2 or weight[1] != width or shapes.get(f"fc{place}.bias") != weight[:1]:
                break
            width = weight[0]
        else:
            numbers = all(one.dtype.kind == "f" and np.isfinite(one).all() for one in held.values())
            if count and set(held) == set(names) and width == 1 and numbers:
                layers = [(held[weight], held[bias]) for weight, bias in zip(names[::2], names[1::2], strict=True)]
                return cls(tuple((weight.astype(np.float64), bias.astype(np.float64)) for weight, bias in layers))
        said = ", ".join(f"{name} {one.dtype}{one.shape}" for name, one in list(held.items())[:4])
        raise DataError(
            f"{file} holds {said or 'nothing'}; expected"
            f" layers fc1.weight (outputs, {inputs}), fc1.bias (outputs,), ... of finite numbers, the last with one output"
        )

    def answers(self, vectors: np.ndarray) -> np.ndarray:
        """The outputs for rows of inputs, (rows,)."""
        return np.array([self._answer(vector) for vector in vectors])

    def _answer(self, vector: np.ndarray) -> float:
        *hidden, (weight, bias) = self.layers
        for inner, shift in hidden:
            vector = np.maximum(inner @ vector + shift, 0.0)
        return float((weight @ vector + bias)[0])
