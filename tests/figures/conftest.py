"""Results of a small study, their numbers and their figures, each made once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure
from small_study import ALONE, STUDY, ranked_indices

import nasbed
from nasbed import figures
from nasbed.vocabulary import Benchmark


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> nasbed.Results:
    return nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path_factory.mktemp("figures") / "out")


@pytest.fixture(scope="session")
def frames(results: nasbed.Results) -> dict[str, pd.DataFrame]:
    return {name: figures.numbers(results, name) for name in ALONE}


class Drawn(dict[tuple[str, str], Figure]):
    """Figures by name and width of the paper, each drawn when it is first asked for."""

    def __init__(self, results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> None:
        super().__init__()
        self._results, self._frames = results, frames

    def __missing__(self, asked: tuple[str, str]) -> Figure:
        name, paper = asked
        self[asked] = figures.render(self._results, name, paper, frame=self._frames[name])  # type: ignore[arg-type]
        return self[asked]


@pytest.fixture(scope="session")
def drawn(results: nasbed.Results, frames: dict[str, pd.DataFrame]) -> dict[tuple[str, str], Figure]:
    return Drawn(results, frames)


@pytest.fixture(scope="session")
def regrets(results: nasbed.Results) -> dict[tuple[str, str], np.ndarray]:
    """Validation regret of the incumbent after each evaluation, (seeds, evaluations), by a loop over the records."""
    found = {}
    for series in results.series:
        mean = series.scored.referee().validation(np.arange(len(series.scored.space)))
        runs = []
        for _, run in series.records.groupby("seed"):
            best, at, kept = -np.inf, -1, []
            for arch, value in zip(run["architecture"], run["value"], strict=True):
                best, at = (value, arch) if value > best else (best, at)
                kept.append(mean.max() - mean[at])
            runs.append(kept + [kept[-1]] * (40 - len(kept)))
        found[series.benchmark, series.strategy] = np.array(runs)
    return found


@pytest.fixture(scope="session")
def eight(cifar10: Benchmark) -> nasbed.Results:
    rng = np.random.default_rng(0)
    tables = {f"bench{place}": cifar10 for place in range(8)}
    mean, ranked = cifar10.referee().validation(np.arange(15_625)), ranked_indices(cifar10)
    found = [
        (strategy, label, seed, int(arch), float(mean[arch]), float(step + 1))
        for strategy, top in (("good", 100), ("same", 100), ("bad", 15_000))
        for label in tables
        for seed in range(8)
        for step, arch in enumerate(ranked[rng.integers(0, top, 3)])
    ]
    frame = pd.DataFrame(found, columns=["strategy", "benchmark", "seed", "architecture", "value", "time"])
    return nasbed.Results.from_frame(frame, tables, {"evaluations": 3}, noise="mean")
