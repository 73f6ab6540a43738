"""How far the accuracy of a trained network is known from its test split."""

from __future__ import annotations

import numpy as np
from scipy.stats import binomtest


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
