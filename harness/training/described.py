"""What the cards of trained networks have in common: sentences on data and accuracy, and how a network is used."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.stats import binomtest

from nasbed.tables import escaping


def tested(labels: np.ndarray, accuracy: float, examples: str) -> str:
    """What a classifier was tested on, by the labels (count,), and the interval of its accuracy (in percent) by the number of these
    ``examples``, as sentences.
    """
    smallest, count = int(np.bincount(labels).min()), len(labels)
    low, high = (100 * one for one in binomtest(round(accuracy / 100 * count), count).proportion_ci(0.95, "wilson"))
    return (
        f"It was tested on {count:,} {examples}, at least {smallest} of each class, from the same source as those it learned from."
        " By their number alone the test accuracy of the network in the files lies between"
        f" {low:.1f} and {high:.1f} % (Wilson's interval, 95 %)."
        f" {examples[:1].upper() + examples[1:]} of another source may fare worse."
    )


def listed(values: Sequence[float]) -> str:
    """Numbers with six digits, after one another."""
    return ", ".join(f"{value:.6g}" for value in values)


def used(forms: Sequence[str], examples: str, predict: str, inputs: str, logits: str, last: str) -> list[str]:
    """How a network is used in each of the forms that it has been exported to, as paragraphs of markdown whose code runs as it is.

    ``examples`` are the lines of Python that make some up, of which ``predict`` prints what the network's module predicts;
    ``inputs`` those that make up what onnxruntime takes (``numpy`` is ``np``), ``logits`` asks its ``session``, and ``last`` is
    what is done with them and the ``classes``.
    """
    found = []
    if {"python", "weights"} <= {*forms}:
        arrays = "import numpy as np\n\n" if "np." in examples else ""
        found += [
            "With PyTorch and safetensors, in this folder (no nasbed is needed), on made-up examples in place of yours:",
            escaping.markdown_block(f"{arrays}from network import predict\n\n{examples}\n{predict}", "python"),
        ]
    if "onnx" in forms:
        lines = (
            "import json\n\nimport numpy as np\nimport onnxruntime\n\n"
            'session = onnxruntime.InferenceSession("network.onnx")\n'
            f"{inputs}\n{logits}\n"
            'classes = json.loads(session.get_modelmeta().custom_metadata_map["classes"])\n'
            f"{last}"
        )
        found += ["With onnxruntime, in this folder, on made-up inputs:", escaping.markdown_block(lines, "python")]
    return found
