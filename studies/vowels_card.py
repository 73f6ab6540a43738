"""Writes docs/vowels.md, the data card of vowels, and its two figures, from the shipped table.

Usage: python studies/vowels_card.py
"""

# ruff: noqa: E501  # rows of the page

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from data_cards import accuracies, card_figure, landscape_facts

from nasbed.benchmarks import Vowels
from nasbed.landscape.figure import draw
from nasbed.landscape.survey import load, survey

ROOT = Path(__file__).resolve().parent.parent
EPOCHS = (1, 2, 3, 4, 6, 8, 10, 12)

PAGE = """# vowels: a data card

{architectures:,} small networks for sequences, with the rate of their training, trained three times to tell nine speakers by a vowel; all epochs are
recorded. It ships with nasbed and needs no download. `nasbed tabulate studies/vowels.toml` makes the table anew; for that alone the
data are needed ([`noisy_vowels`](training-data.md#sequences)).

```sh
nasbed run studies/vowels_multifidelity.toml    # searches at several fidelities
nasbed query vowels "{example}"
nasbed landscape vowels --epochs 1 --epochs 4 --epochs 12
```

## What

| | |
| --- | --- |
| architectures | every combination of {decisions} |
| layers | plain recurrent (tanh), GRU, LSTM, a convolution of kernel 3 and dilation 2, GRU and convolution with norm before them and a residual connection around them (*_residual*), and a block of self-attention (2 heads, feed-forward twice as wide, sinusoidal positions, norm before both parts, residuals); the space is that of the benchmark [`sequence`](training.md#sequences), of which this is a part |
| data | Japanese Vowels (Kudo, Toyama and Shimbo, UCI 1999, CC BY 4.0): 640 utterances of 9 speakers, 7 to 29 steps of 12 channels; 384 to train, 128 to validate and 128 to test, stratified, by fixed draws (the published split is not kept: its training part is small and drawn otherwise than its test part) |
| noise | Gaussian of deviation 1 on every normalised value, drawn once and for all; three noisy copies of each series to validate and to test, so 384 each |
| recipe | Adam, {epochs} epochs, batches of 32, the rate falling to 0 by a cosine set once an epoch, no weight decay, no dropout |
| recorded | correct series and mean loss on the three splits after every epoch (train: as a running mean during it), seeds 0, 1, 2; seconds of an epoch alone; how each training ended |
| cost | {cost}: {epochs} times one measured epoch, once for each network, so noisy |
| when, on what | November 2026; {trainer}; {trainings:,} trainings, the three seeds of a network in one program, 75 minutes of CPU time |

{outcomes} Networks of a seed share the order of the series; their initial weights are drawn by seed, layer and name.

## Why this task

{pilot}

## How good a landscape it is

Test accuracy over all {architectures:,} architectures, mean over seeds: {quantiles}.

| population | all | better half | best 5 % |
| --- | ---: | ---: | ---: |
| variance of single trainings that the architecture explains | {share:.1f} % | {share_top:.1f} % | {share_best:.1f} % |
| sd between seeds, pooled (points) | {noise:.2f} | {noise_top:.2f} | {noise_best:.2f} |
| Spearman between seeds, test | {seeds} | {seeds_top} | {seeds_best} |
| Spearman of validation after epoch 1 with that after epoch {epochs}, one training | {first:.2f} | {first_top:.2f} | {first_best:.2f} |
| Spearman of validation after epoch 4 with that after epoch {epochs}, one training | {fourth:.2f} | {fourth_top:.2f} | {fourth_best:.2f} |
| Spearman of validation and test, means over seeds | {splits:.3f} | {splits_top:.3f} | {splits_best:.3f} |
| Spearman of FLOPs and test, mean over seeds | {flops:.2f} | {flops_top:.2f} | {flops_best:.2f} |

The better half and the best 5 % are those by mean validation.

| epoch | {heads} |
| --- |{rules}
| Spearman of validation, mean over seeds, with the mean final test | {along} |
| Spearman of validation in one training with the mean final test | {single} |

**The FLOPs yardstick.** Size explains some of this landscape, less than of [digits201](digits201.md) (there {digits} over all cells). {largest_count} networks have the most
FLOPs ({largest_text}, with every direction, pooling and rate). With the default's direction, pooling and rate the largest is number
{largest_place} of {architectures:,} by mean test accuracy, {largest_regret:.1f} points below the best; at its worst setting it is number {largest_worst}, the middle one number
{largest_middle}, and the best number {largest_best}. So the largest at usual settings, without any search, is
about as good as what random search finds in 600 epochs, and behind every other strategy (below): show it beside them.

| decision | mean test accuracy by value |
| --- | --- |
{effects}

The best by mean validation is `{best_text}` ({best_test:.1f} % test).

![Seeds, fidelities and the FLOPs yardstick](images/vowels_card.png)

![Landscape of vowels](images/vowels_landscape.png)

{searches}

## Agreement

{agreement}

## Where it must not be used

- **As evidence about long sequences or language.** Series have at most 29 steps, 384 of them train a network for {epochs} short epochs.
- **As a benchmark of small differences.** One series is {image:.2f} points, and its three copies share an utterance, so the test set has 128 independent
  ones; the better half lies within {span:.1f} points.
- **To compare times across machines.** Seconds were measured once for each network, on one thread of a shared machine.

Licence: the table is Apache-2.0, the data CC BY 4.0. `nasbed data info vowels` lists every column.
"""


@cache
def curves() -> tuple[Vowels, np.ndarray, np.ndarray]:
    """The table, and its validation and test accuracies (architectures, runs, epochs)."""
    table = Vowels()
    return table, *accuracies(table)


AGREEMENT = """`nasbed agreement --sample 60` trained 60 random networks again with seeds 1000, 1001 and 1002 (180 trainings):

| | found | tolerated |
| --- | ---: | ---: |
| bias, new minus table | -0.26 points | 3.37 (t-test between seeds at 0.01) |
| typical deviation of the means, the seeds' means taken out | 2.47 points | 4.17, which is 1.5 times what the noise alone gives |
| Spearman of a new seed with the table's mean | 0.935 | 0.872, 0.05 less than a run of the table with the others |"""
DIGITS = "0.93"
"""Spearman of FLOPs and test accuracy over all cells of digits201, as its card says."""
PILOT = """Random networks of such a grid (the largest among them), two seeds each, in a plain loop around the same networks:

| | Japanese Vowels with noise | without | next character of the Apache licence | language of a word |
| --- | ---: | ---: | ---: | ---: |
| networks, epochs, trained on | 50, 15, 384 series | 40, 12, 384 series | 30, 12, 9,400 characters | 40, 12, 594 words |
| test accuracy, quantiles 0 / 5 / 25 / 50 / 75 / 95 / 100 | 44 / 51 / 69 / 75 / 83 / 87 / 89 | 46 / 53 / 87 / 91 / 95 / 97 / 97 | 19 / 20 / 20 / 27 / 30 / 36 / 36 | 19 / 23 / 28 / 34 / 39 / 47 / 51 |
| Spearman between seeds, all and better half | .83, .64 | .90, .64 | .91, .63 | .86, .51 |
| Spearman of validation and test, all and better half | .95, .87 | .90, .69 | .98, .89 | .93, .64 |
| Spearman of one training after epoch 1 / 4 / 8 with the final test | .64 / .83 / .90 | .72 / .87 / .87 | .79 / .80 / .92 | .82 / .89 / .91 |
| Spearman of FLOPs and test, all and better half | .44, .39 | .60, .36 | .25, -.25 | .40, .34 |
| rank of the largest | 4 of 50 | 4 of 40 | 11 of 30 | 14 of 40 |

Without noise the upper quarter lies within two points. A quarter of the networks learn nothing of the licence but its most
frequent character in that time, and it is a text of 11 kB. With noise the middle and the top are spread. The
words (110 of each of nine languages, drawn from the 4,000 most frequent of the lists of pyspellchecker 0.9.1, in the grid of today, by its trainer, after the table was
made) tell fewer of the better half apart, by seeds and by validation.

The other pilots had no residual layers but attention. Width 32 was tried, too: its two dozen networks with two layers of
attention have 88 to 94 % test accuracy, 91 in the middle, so taking the largest would do. Residual GRU and convolutions of width 16 were as good as the
largest of that width, with less than half of its FLOPs. So the table has those and not width 32."""
SEARCHES = """## Searches at several fidelities

`nasbed run studies/vowels_multifidelity.toml`: 600 epochs a search, 300 seeds, mean ± sd of the test regret in points.

| | all decisions, 1, 4 and 12 epochs | architecture alone, rate 0.01 |
| --- | ---: | ---: |
| random_search | 3.31 ± 1.67 | 3.98 ± 1.29 |
| regularized_evolution | 3.02 ± 1.55 | 3.74 ± 1.21\\* |
| local_search | 3.11 ± 1.69 | 3.61 ± 1.13\\* |
| tpe | 2.69 ± 1.16\\* | 3.56 ± 0.96\\* |
| successive_halving | 2.78 ± 1.31\\* | 3.59 ± 1.02\\* |
| hyperband | 2.95 ± 1.45 | 3.74 ± 1.12\\* |
| asha | 2.80 ± 1.21\\* | 3.65 ± 1.05\\* |

\\*: better than random_search (two-sided Wilcoxon, paired by seed, Holm over the twelve contrasts of both columns, p below 0.05); the others of
the first column have p 0.083. In validation regret all are better on both (p < 0.001). The upper four train everything for 12 epochs, the lower three
use the rungs. Regrets are against the best of the whole table; exhaustive search under the same noise would leave 2.40 and 3.14."""


def facts() -> dict[str, Any]:
    """Every number of the page."""
    table, validation, test = curves()
    mean, seen = test[:, :, -1].mean(axis=1), validation[:, :, -1].mean(axis=1)
    flops = np.asarray(table.values("flops"))
    largest = np.flatnonzero(flops == flops.max())
    ranks = sorted(1 + int((mean > mean[place]).sum()) for place in largest)
    like, usual = said(table, int(largest[0])), said(table, table.space.index(table.space.default))
    usual |= {name: like[name] for name in ("width", "layer_1", "layer_2")}
    place = table.space.index(table.space.parse(",".join(f"{name}={text}" for name, text in usual.items())))
    return {
        **landscape_facts(table, validation, test, EPOCHS),
        "architectures": table.space.size,
        "trainings": table.space.size * len(table.manifest.runs),
        "decisions": "; ".join(f"{name} ({', '.join(texts)})" for name, texts in table.decisions().items()),
        "example": table.space.format(table.space.default),
        "largest_count": len(largest),
        "largest_text": ", ".join(f"{name} {like[name]}" for name in ("width", "layer_1", "layer_2")),
        "largest_place": 1 + int((mean > mean[place]).sum()),
        "largest_regret": float(mean.max() - mean[place]),
        "largest_best": ranks[0],
        "largest_worst": ranks[-1],
        "digits": DIGITS,
        "largest_middle": ranks[len(ranks) // 2],
        "effects": "\n".join(effects(table, mean)),
        "best_text": table.space.format(table.space.archs[int(seen.argmax())]),
        "best_test": float(mean[seen.argmax()]),
        "image": 100 / 384,
        "pilot": PILOT,
        "searches": SEARCHES,
        "agreement": AGREEMENT,
    }


def said(table: Vowels, index: int) -> dict[str, str]:
    """The decisions of an architecture by name, as texts."""
    chosen = zip(table.decisions().items(), table.space.archs[index], strict=True)
    return {name: texts[code] for (name, texts), code in chosen}


def effects(table: Vowels, mean: np.ndarray) -> list[str]:
    """For each decision the mean of all architectures with each of its values, as rows."""
    codes = np.array(table.space.archs)
    return [
        f"| {name} | "
        + ", ".join(f"{text} {mean[codes[:, place] == code].mean():.1f}" for code, text in enumerate(texts))
        + " |"
        for place, (name, texts) in enumerate(table.decisions().items())
    ]


def page() -> str:
    """The whole page."""
    return PAGE.format(**facts())


if __name__ == "__main__":
    argparse.ArgumentParser(description=__doc__).parse_args()
    images = ROOT / "docs" / "images"
    card_figure(*curves()).savefig(images / "vowels_card.png", dpi=150, metadata={"Software": None})
    found = survey(load("vowels", None, [1, 2, 4, 8, 12], ["accuracy", "flops"]))
    draw(found).savefig(images / "vowels_landscape.png", dpi=150, metadata={"Software": None})
    (ROOT / "docs" / "vowels.md").write_text(page(), encoding="utf-8")
