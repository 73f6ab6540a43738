"""Whether distilled short trainings rank networks better than plain ones at equal cost, on the digits.

Usage: python studies/distillation.py [--networks 80] [--seeds 3] [--temperature 4] [--teacher-weight 0.9] [--out FOLDER]

Random networks of ``chain`` are trained to the end with some seeds: the mean test accuracy is what they are ranked by in truth.
With other seeds each is trained again, plain and distilled from the hand-designed network, and ranked by validation accuracy after
a few epochs of these trainings, which are the beginnings of long ones. A rank correlation is that of one training of each network,
as a search makes them, and the mean over the seeds; a network whose training failed ranks last.

Cost is counted in multiply-accumulates: three forward passes for an image that is trained on, one for an image of validation or
for the teacher. The teacher's training is shared by all networks. What distillation costs more buys plain trainings further
epochs: their correlation is read off between whole epochs on the line through the two. Intervals are percentiles of a bootstrap
that draws networks anew, the same for both sides and for the truth; p is the share of resamples on the other side of 0, twice,
adjusted by Holm over the epochs.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import numpy as np
from scipy.stats import kendalltau

import nasbed
from nasbed.benchmarks.chain import Chain
from nasbed.benchmarks.training.images.networks.fit import ImageFit
from nasbed.landscape.measures import rank_correlation
from nasbed.statistics.paired import holm
from nasbed.streams import key, stream
from nasbed.tables.printed import printed
from nasbed.tables.renderers.markdown import markdown
from nasbed.vocabulary import Arch

WHOLE = 20
"""Epochs of a training to its end."""
SHORT = (1, 2, 4, 8)
RESAMPLES = 2_000
Correlation = Callable[[np.ndarray, np.ndarray], float]


class Curves(NamedTuple):
    """Accuracy (networks, seeds, epochs), and the CPU seconds of an epoch of all networks, the start of trainings included."""

    accuracy: np.ndarray
    seconds: float


class Ranked(NamedTuple):
    """What networks are ranked by: in truth (networks,), and by plain and by distilled trainings (networks, seeds, epochs)."""

    truth: np.ndarray
    plain: np.ndarray
    distilled: np.ndarray

    def of(self, networks: np.ndarray) -> Ranked:
        """The same of some networks, which may be drawn more than once."""
        return Ranked(*(one[networks] for one in self))


def trained(benchmark: Chain, arch: Arch, seeds: Sequence[int], epochs: int, split: str) -> tuple[np.ndarray, float]:
    """Accuracy by seed and epoch on a split, ``nan`` from where a training has failed, and the CPU seconds."""
    network, recipe = benchmark.plan(arch)
    began = time.process_time()
    fit = ImageFit(network.build(benchmark.images, seeds), recipe, seeds, benchmark.images, (split,))
    curves = fit.run(epochs).values
    found = np.full((len(seeds), epochs), np.nan)
    reached = np.stack(curves[split]["accuracy"], 1)
    found[:, : reached.shape[1]] = reached
    lost = np.isnan(np.stack(curves["train"]["loss"], 1)).any(1)
    found[lost, -1] = np.nan
    return found, time.process_time() - began


def measured(benchmark: Chain, archs: Sequence[Arch], what: str, seeds: int, epochs: int, split: str) -> Curves:
    """Train all networks, each with seeds of a name."""
    numbers, curves, seconds = [key(what, number) for number in range(seeds)], [], 0.0
    for place, arch in enumerate(archs):
        found, spent = trained(benchmark, arch, numbers, epochs, split)
        curves.append(found)
        seconds += spent / epochs / seeds
        print(f"{what} {place + 1} of {len(archs)}", end="\r", file=sys.stderr, flush=True)
    return Curves(np.stack(curves), seconds)


def kept(path: Path, make: Callable[[], Curves]) -> Curves:
    """What a file holds, or what is made now and kept there."""
    if not path.exists():
        made = make()
        np.savez(path, accuracy=made.accuracy, seconds=made.seconds)
    content = np.load(path)
    return Curves(content["accuracy"], float(content["seconds"]))


def an_epoch(forward: float, benchmark: Chain) -> float:
    """Multiply-accumulates of an epoch, its validation included, of networks with so many in a forward pass."""
    counts = {name: len(split.labels) for name, split in benchmark.images.splits.items()}
    return forward * (3 * counts["train"] + counts["validation"])


def tau(seen: np.ndarray, truth: np.ndarray) -> float:
    """Kendall's tau-b."""
    return float(kendalltau(seen, truth).statistic)


def agreement(measure: Correlation, accuracies: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """The mean over seeds of the rank correlation with the truth, by epoch."""
    seeds, epochs = accuracies.shape[1:]
    return np.array(
        [np.mean([measure(accuracies[:, seed, epoch], truth) for seed in range(seeds)]) for epoch in range(epochs)]
    )


def compared(measure: Correlation, found: Ranked, equal: Sequence[float]) -> np.ndarray:
    """After each of ``SHORT`` epochs: the correlation of plain and of distilled trainings, and that of plain ones of equal cost;
    (3, epochs), ``nan`` where that is more than a whole training.
    """
    plain = agreement(measure, found.plain[:, :, : int(np.ceil(max(equal)))], found.truth)
    distilled = agreement(measure, found.distilled[:, :, [epochs - 1 for epochs in SHORT]], found.truth)
    at_equal = np.interp(equal, np.arange(1, len(plain) + 1), plain, right=np.nan)
    return np.stack([plain[[epochs - 1 for epochs in SHORT]], distilled, at_equal])


def resampled(measure: Correlation, found: Ranked, equal: Sequence[float]) -> np.ndarray:
    """The same on resamples of the networks, (resamples, 3, epochs)."""
    rng, count = stream(0, "distillation", "bootstrap").numpy, len(found.truth)
    return np.stack([compared(measure, found.of(rng.integers(0, count, count)), equal) for _ in range(RESAMPLES)])


def table(measure: Correlation, found: Ranked, equal: Sequence[float]) -> str:
    """Distilled against plain trainings of the same epochs, and of equal cost."""
    (plain, distilled, at_equal), drawn = compared(measure, found, equal), resampled(measure, found, equal)
    apart = drawn[:, 1:2] - drawn[:, [0, 2]]
    low, high = np.quantile(apart, [0.025, 0.975], axis=0)
    shares = ((apart < 0) + 0.5 * (apart == 0)).mean(0)
    p_values = np.minimum(1.0, 2 * np.maximum(np.minimum(shares, 1 - shares), 1 / RESAMPLES))
    adjusted = [holm(row) for row in p_values]
    rows = []
    for place, epochs in enumerate(SHORT):
        cells = [str(epochs), f"{plain[place]:.3f}", f"{distilled[place]:.3f}"]
        for way, reference in enumerate((plain, at_equal)):
            difference = distilled[place] - reference[place]
            interval = f"{difference:+.3f} [{low[way, place]:+.3f}, {high[way, place]:+.3f}]"
            middle = [] if way == 0 else [f"{equal[place]:.2f}", f"{at_equal[place]:.3f}"]
            cells += [*middle, interval, f"{adjusted[way][place]:.3f}"]
        rows.append(cells)
    heads = ["epochs", "plain", "distilled", "difference", "p", "epochs of equal cost", "plain", "difference", "p"]
    return markdown(printed(heads, [[cell.replace("-", "−") for cell in row] for row in rows]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--networks", type=int, default=80)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--temperature", type=float, default=4.0)
    parser.add_argument("--teacher-weight", type=float, default=0.9)
    parser.add_argument(
        "--out", type=Path, help="a folder that keeps what was trained, which is then not trained again"
    )
    asked = parser.parse_args()
    with TemporaryDirectory() as temporary:
        report(asked, asked.out or Path(temporary))


def report(asked: argparse.Namespace, out: Path) -> None:
    """Train what is not there, and print what was found."""
    plain, seeds = Chain("digits", epochs=[WHOLE]), asked.seeds
    rng = stream(0, "distillation", "networks")
    archs = list(dict.fromkeys(plain.space.sample(rng) for _ in range(asked.networks)))
    teacher = nasbed.train(data="digits", epochs=WHOLE, seeds=1, out=out / "teacher")
    teacher.export(out / "teacher", ["python", "weights"])
    loss = {"temperature": asked.temperature, "teacher_weight": asked.teacher_weight}
    distilled = Chain("digits", epochs=[WHOLE], teacher=out / "teacher", **loss)
    sizes, said = f"{len(archs)}-{seeds}", "-".join(map(str, loss.values()))
    truth = kept(out / f"truth-{sizes}.npz", lambda: measured(plain, archs, "truth", seeds, WHOLE, "test"))
    short = kept(out / f"plain-{sizes}.npz", lambda: measured(plain, archs, "short", seeds, WHOLE, "validation"))
    taught = kept(
        out / f"distilled-{sizes}-{said}.npz",
        lambda: measured(distilled, archs, "short", seeds, SHORT[-1], "validation"),
    )
    finals = truth.accuracy[:, :, -1].mean(1)
    found = Ranked(*(np.where(np.isnan(one), -1.0, one) for one in (finals, short.accuracy, taught.accuracy)))

    forward = [plain.plan(arch).network.sizes(plain.images)[1] for arch in (teacher.trained.arch, *archs)]
    epoch = an_epoch(sum(forward[1:]), plain)
    logits = forward[0] * len(plain.images.splits["train"].labels) / epoch
    training = WHOLE * an_epoch(forward[0], plain) / epoch
    trained(plain, teacher.trained.arch, [0], 1, "validation")  # the first training of a process takes longer
    seconds = trained(plain, teacher.trained.arch, [0], WHOLE, "validation")[1] / short.seconds
    score = teacher.scores.set_index(["split", "metric"])["mean"]["test", "accuracy"]
    quantiles = np.nanquantile(finals, [0, 0.25, 0.5, 0.75, 1]).round(1).tolist()
    failed = [int(np.isnan(one.accuracy[:, :, -1]).sum()) for one in (truth, short, taught)]
    for line in (
        f"{len(archs)} networks, {seeds} seeds of each kind, temperature {asked.temperature:g}, weight {asked.teacher_weight:g}",
        f"test accuracy after {WHOLE} epochs, quantiles 0, 25, 50, 75 and 100 %: {quantiles}",
        f"failed trainings, in truth, plain and distilled: {failed}",
        f"teacher: {score:.1f} % test, {forward[0]:,} multiply-accumulates an image",
        f"an epoch of all networks: {epoch:.3g} multiply-accumulates; CPU seconds plain {short.seconds:.2f}, distilled"
        f" {taught.seconds:.2f}",
        f"the teacher's training is {training:.2f} of these epochs ({seconds:.2f} in CPU seconds), its logits {logits:.3f}",
    ):
        print(line)
    best = np.argsort(-found.truth, kind="stable")[: len(archs) // 2]
    paid, there = ([epochs + more for epochs in SHORT] for more in (training + logits, logits))
    for title, correlation, ranked, equal in (
        ("Kendall's tau-b, the teacher's training is paid", tau, found, paid),
        ("Kendall's tau-b, the teacher is there already", tau, found, there),
        ("Kendall's tau-b of the better half in truth, the teacher's training is paid", tau, found.of(best), paid),
        ("Spearman, the teacher's training is paid", rank_correlation, found, paid),
    ):
        print(f"\n{title}\n\n{table(correlation, ranked, equal)}", flush=True)


if __name__ == "__main__":
    main()
