"""Writes docs/digits201.md, the data card of digits201, and its two figures, from the shipped table.

Usage: python studies/digits201_card.py
"""

# ruff: noqa: E501  # rows of the page

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from data_cards import accuracies, card_figure, landscape_facts

from nasbed.benchmarks import Digits201
from nasbed.landscape.figure import draw
from nasbed.landscape.measures import rank_correlation
from nasbed.landscape.survey import load, survey

ROOT = Path(__file__).resolve().parent.parent
EPOCHS = (1, 2, 3, 4, 6, 8, 10, 12)

PAGE = """# digits201: a data card

Every cell of NAS-Bench-201 trained on the digits of scikit-learn, three times, with all epochs recorded. It ships with nasbed, needs no
download, and the trainer that made it is in the same repository: `nasbed tabulate studies/digits201.toml` makes the table
anew, and `nasbed agreement` trains a sample again and compares.

```sh
nasbed run studies/digits201_multifidelity.toml    # searches at several fidelities
nasbed query digits201 11472                       # everything recorded of one cell
nasbed landscape digits201 --epochs 1 --epochs 4 --epochs 12
```

## What

| | |
| --- | --- |
| architectures | 15,625 cells of NAS-Bench-201; {functions:,} distinct functions, each trained once a seed |
| data | 1,797 images of 8 x 8 pixels (Alpaydin and Kaynak, UCI 1998, CC BY 4.0; as shipped by scikit-learn): 896 to train, 450 to validate, 451 to test, fixed parts of one fixed order |
| corruption | Gaussian noise of sd 0.2 on pixels in 0 .. 1, and a shift of up to one pixel each way: drawn anew for training in every epoch, once and for all for validation and test |
| network | stem of {channels} channels, {stages} stage of {cells} cell, batch norm, ReLU, average pool, linear; no reduction blocks, which would hide the cell |
| recipe | SGD, Nesterov momentum 0.9, rate 0.1 falling to 0 by a cosine set once an epoch, weight decay 0.0005 on everything, batches of 32, {epochs} epochs |
| recorded | correct images and mean loss on the three splits after every epoch (train: as a running mean during it), seeds 0, 1, 2; seconds of an epoch alone; how each training ended |
| cost | {cost}: {epochs} times one measured epoch; once for each function, so noisy |
| when, on what | November 2026; {trainer}; 15,132 trainings in 87 minutes on two cores, other work beside |

Cells that compute the same function (dead edges pruned, pooling taken as linear, convolutions matched to each other) share their
trainings. The network without dead edges is trained: a convolution that reads a
`none` adds nothing here, while in the official networks its batch norm can still learn an offset. Networks of a
seed share initial weights by place, order of images and corruption; {together} were trained in one program, which changes
numbers by rounding only. {outcomes}

## How good a landscape it is

Test accuracy over all 15,625 architectures, mean over seeds: {quantiles}.

| population | wanted, all at least | all | better half | best 5 % |
| --- | ---: | ---: | ---: | ---: |
| variance of single trainings that the architecture explains | 95 %, half 60 % | {share:.1f} % | {share_top:.1f} % | {share_best:.1f} % |
| sd between seeds, pooled (points) | | {noise:.2f} | {noise_top:.2f} | {noise_best:.2f} |
| Spearman between seeds, test | 0.85 | {seeds} | {seeds_top} | {seeds_best} |
| Spearman of validation after epoch 1 with that after epoch {epochs}, one training | | {first:.2f} | {first_top:.2f} | {first_best:.2f} |
| Spearman of validation after epoch 4 with that after epoch {epochs}, one training | 0.60 | {fourth:.2f} | {fourth_top:.2f} | {fourth_best:.2f} |
| Spearman of validation and test, means over seeds | | {splits:.3f} | {splits_top:.3f} | {splits_best:.3f} |
| Spearman of FLOPs and test, mean over seeds | | {flops:.2f} | {flops_top:.2f} | {flops_best:.2f} |

Populations are counted in architectures, so a function counts as often as it is written; the better half and the best 5 % are those by mean
validation. Counted in functions, Spearman of FLOPs and test is {flops_functions:.2f}. Among the best, where searches end, one
training after few epochs says little: that is what multi-fidelity methods have to cope with here.

| epoch | {heads} |
| --- |{rules}
| Spearman of validation, mean over seeds, with the mean final test | {along} |
| Spearman of validation in one training with the mean final test | {single} |

**The FLOPs yardstick.** Size explains most of this landscape. The largest cell (`nor_conv_3x3` on every edge), taken without any search, has
a test regret of {largest:.2f} points and is number {place} of {functions:,} functions, better than every search of 600 epochs that is listed below.
So a strategy is shown beside it, always, and what is compared here is how search behaves, not what it finds.

![Seeds, fidelities and the FLOPs yardstick](images/digits201_card.png)

![Landscape of digits201](images/digits201_landscape.png)

## Searches at several fidelities

`nasbed run studies/digits201_multifidelity.toml`: 600 epochs a search, 300 seeds, mean ± sd of the test regret in points.

| | 1, 4 and 12 epochs | 1 and 4 epochs | 4 epochs, then 12 |
| --- | ---: | ---: | ---: |
| all 3x3 (no search) | 0.67 ± 0.00 | 0.67 ± 0.00 | 0.67 ± 0.00 |
| random_search | 5.75 ± 2.23 | 7.13 ± 2.88 | 6.63 ± 2.64 |
| regularized_evolution | 4.46 ± 2.16 | 5.82 ± 2.53 | 5.10 ± 2.83 |
| local_search | 5.94 ± 3.36 | 7.08 ± 2.93 | 6.23 ± 3.87 |
| successive_halving | 5.06 ± 2.34 | 7.26 ± 2.57 | 5.00 ± 2.16 |
| hyperband | 5.22 ± 2.29 | 7.30 ± 2.56 | 5.30 ± 2.27 |
| asha | 4.84 ± 2.22 | 7.11 ± 2.44 | 4.90 ± 2.19 |

In the first column the upper four train everything for 12 epochs and the lower three use the rungs: those beat random search (p < 0.01, Holm),
and evolution, which uses no low fidelity, is at least as good. In the second nothing is trained to the end, and the rungs buy nothing over choosing
after epoch 4. In the third the upper methods spend half of the budget on trainings of 4 epochs, which costs them; the lower name their own epochs,
so stages do not bind them, and 4 and 12 are their rungs.

## Agreement

{agreement}

## Where it must not be used

- **As evidence about natural images.** 8 x 8 digits, one cell, {epochs} short epochs: strategies that win here need not win on CIFAR.
  It is there to develop and check multi-fidelity and resumable search against something real.
- **As a benchmark of small differences.** One image is {image:.2f} points; the better half lies within {span:.1f} points.
- **To compare times across machines.** Seconds were measured once for each function, on one thread of a shared machine.
- **To show that a search finds good cells**: size alone does better, see the yardstick.

Licence: the table is Apache-2.0, the images CC BY 4.0. `nasbed data info digits201` lists every column.
"""

AGREEMENT = """`nasbed agreement --sample 120` trained 120 random functions again with seeds 1000, 1001 and 1002 (360 trainings):

| | found | tolerated |
| --- | ---: | ---: |
| bias, new minus table | -1.22 points | 1.98 (t-test between seeds at 0.01) |
| typical deviation of the means, the seeds' means taken out | 2.17 points | 3.51, which is 1.5 times what the noise alone gives |
| Spearman of a new seed with the table's mean | 0.953 | 0.891, 0.05 less than a run of the table with the others |

Networks of a seed share initial weights and the order of images, so a seed moves all of them together: single new seeds
(four of them, 96 functions) lay 2.3 points below to 1.4 above the table, while the table's three happen to lie within 0.4 of each other. So the seeds, and not the
networks, are the block of the test. Trained again with a seed of the table, 96 functions came within 0.2 points of it on
average; the rest is rounding that grows along a training."""


@cache
def curves() -> tuple[Digits201, np.ndarray, np.ndarray]:
    """The table, and its validation and test accuracies (architectures, runs, epochs)."""
    table = Digits201()
    return table, *accuracies(table)


def facts() -> dict[str, Any]:
    """Every number of the page."""
    table, validation, test = curves()
    mean = test[:, :, -1].mean(axis=1)
    sizes = table.values("flops")[table.rows]
    once = np.unique(np.asarray(table.rows), return_index=True)[1]
    found: dict[str, Any] = {
        **landscape_facts(table, validation, test, EPOCHS),
        "functions": table.manifest.architectures,
        "flops_functions": rank_correlation(sizes[once], mean[once]),
        "largest": float(mean.max() - mean[sizes.argmax()]),
        "place": 1 + int((mean[once] > mean[sizes.argmax()]).sum()),
        "image": 100 / 451,
        "agreement": AGREEMENT,
    }
    from nasbed.benchmarks.training.images.table.plan import TrainingPlan

    plan = TrainingPlan.parse(table.manifest.study)
    shape = {"channels": plan.shape.channels, "stages": plan.shape.stages, "cells": plan.shape.cells}
    return {**found, **shape, "together": plan.together}


def page() -> str:
    """The whole page."""
    return PAGE.format(**facts())


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    images = ROOT / "docs" / "images"
    card_figure(*curves()).savefig(images / "digits201_card.png", dpi=150, metadata={"Software": None})
    found = survey(load("digits201", None, [1, 2, 4, 8, 12], ["accuracy", "flops"]))
    draw(found).savefig(images / "digits201_landscape.png", dpi=150, metadata={"Software": None})
    (ROOT / "docs" / "digits201.md").write_text(page(), encoding="utf-8")
