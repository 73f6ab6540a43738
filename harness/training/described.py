"""Sentences on data and accuracy for the card of a trained network."""

from __future__ import annotations

from collections.abc import Sequence

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


def listed(values: Sequence[float]) -> str:
    """Numbers with six digits, after one another."""
    return ", ".join(f"{value:.6g}" for value in values)
