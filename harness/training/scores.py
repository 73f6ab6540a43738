"""What trainings of one architecture came to, as frames and as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from nasbed.benchmarks.training.images.images import SPLITS
from nasbed.benchmarks.training.local.trainings import ENDED, MadeTraining
from nasbed.tables import numbers
from nasbed.tables.printed import PrintedTable, printed

if TYPE_CHECKING:
    import pandas as pd

UNITS = {"accuracy": "%", "loss": "nats", "perplexity": "per token", "precision": "", "recall": "", "f1": ""}
"""The scores that a network may have, and their units; precision, recall and F1 are means over the classes, in 0 .. 1."""
WORDS = {"precision": "macro precision", "recall": "macro recall", "f1": "macro F1"}


def score_frame(trainings: Sequence[MadeTraining]) -> pd.DataFrame:
    """A row a split and metric: ``mean`` and ``sd`` over the trainings that came to their end, and the value of each by its seed,
    ``nan`` where a training failed.
    """
    import pandas as pd

    measured = {metric for one in trainings for scores in one.scores.values() for metric in scores}
    known_units = {metric: unit for metric, unit in UNITS.items() if metric in measured}
    rows = []
    for split in SPLITS:
        for metric, unit in known_units.items():
            values = np.array([one.scores.get(split, {}).get(metric, np.nan) for one in trainings], dtype=float)
            known = values[np.isfinite(values)]
            rows.append(
                {
                    "split": split,
                    "metric": metric,
                    "unit": unit,
                    "mean": float(known.mean()) if len(known) else np.nan,
                    "sd": float(known.std(ddof=1)) if len(known) > 1 else np.nan,
                    "trainings": len(known),
                    **{f"seed {seed}": value for seed, value in enumerate(values.tolist())},
                }
            )
    return pd.DataFrame(rows)


def curve_frame(trainings: Sequence[MadeTraining]) -> pd.DataFrame:
    """A row a training and epoch: ``seed``, ``epoch`` (from 1), loss and accuracy of the training split (running averages while it
    trained) and of validation, and the ``seconds`` of the epoch.
    """
    import pandas as pd

    rows = [
        {
            "seed": seed,
            "epoch": epoch,
            **{
                f"{split}_{metric}": np.nan if (value := one.at(split, metric, epoch)) is None else value
                for split in ("train", "validation")
                for metric in ("loss", "accuracy")
            },
            "seconds": one.seconds[epoch - 1],
        }
        for seed, one in enumerate(trainings)
        for epoch in range(1, one.epochs + 1)
    ]
    columns = ["seed", "epoch", "train_loss", "train_accuracy", "validation_loss", "validation_accuracy", "seconds"]
    return pd.DataFrame(rows, columns=columns)


def confusion_frame(trainings: Sequence[MadeTraining], classes: Sequence[str]) -> pd.DataFrame:
    """A row a split, training and class: how many of its examples were taken for each of the classes; none where the classes are
    tokens.
    """
    import pandas as pd

    rows = [
        [split, seed, name, *counts]
        for split in SPLITS
        for seed, one in enumerate(trainings)
        if "confusion" in one.scores.get(split, {})
        for name, counts in zip(classes, one.scores[split]["confusion"], strict=True)
    ]
    return pd.DataFrame(rows, columns=["split", "seed", "class", *(f"taken for {name}" for name in classes)])


def score_table(frame: pd.DataFrame, title: str = "") -> PrintedTable:
    """The means of a :func:`score_frame` with their standard deviations, a row a metric and a column a split."""
    rows = []
    for metric in dict.fromkeys(frame["metric"]):
        unit = UNITS[metric]
        cells = frame[frame["metric"] == metric].set_index("split")
        pairs = [(float(cells["mean"][split]), float(cells["sd"][split])) for split in SPLITS]
        forms = numbers.column(pairs)
        name = WORDS.get(metric, metric)
        rows.append(
            [
                f"{name} ({unit})" if unit else name,
                *(numbers.plus_minus(mean, sd, form) for (mean, sd), form in zip(pairs, forms, strict=True)),
            ]
        )
    return printed(["score", *SPLITS], rows, title=title)


def best_place(trainings: Sequence[MadeTraining]) -> int:
    """Which training has the highest validation accuracy after its last epoch, the first of equals, of those that ended.

    Raises ``ValueError`` where none did.
    """
    ended = [place for place, one in enumerate(trainings) if one.outcome == ENDED]
    return max(ended, key=lambda place: (trainings[place].scores["validation"]["accuracy"], -place))


def seconds_an_epoch(trainings: Sequence[MadeTraining]) -> float:
    """The mean seconds of an epoch over all trainings, evaluation on validation included."""
    seconds = [one for training in trainings for one in training.seconds[: training.epochs]]
    return float(np.mean(seconds)) if seconds else float("nan")


def peak_bytes(trainings: Sequence[MadeTraining]) -> int:
    """The most bytes that a process held which trained; 0 where that is not known."""
    return max((int(one.made.get("peak memory", 0)) for one in trainings), default=0)
