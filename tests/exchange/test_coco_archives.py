"""Archives of COCO: the evaluations of a search with two objectives that nothing before dominated, and its front at any time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nasbed
from nasbed.errors import OptionError
from nasbed.results.multiobjective import fronts, truths
from nasbed.results.multiobjective.dominance import nondominated
from nasbed.results.results import Results
from nasbed.vocabulary import Benchmark

OPTIONS = {"objectives": ["accuracy", "latency"]}
INFO = (
    "suite = 'nas', algorithm = 'RS', indicator = 'hyp', folder = 'nas', coco_version = '2.8.2', settings = ''\n%\n"
    "function =  1, dim =  6, nas_f01_d06_hyp.dat, 3:30|9.3e+00, 4:30|1.0e+00"
)


@pytest.fixture(scope="module")
def table() -> Benchmark:
    return nasbed.load_benchmark("nasbench201", dataset="cifar10", **OPTIONS)


@pytest.fixture(scope="module")
def archs() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 15_625, (2, 30))


def _written(folder: Path, table: Benchmark, archs: np.ndarray) -> Path:
    """Two runs of thirty evaluations under the noise protocol mean, as the observer of COCO archives them."""
    scorer = truths.truth(table)
    (folder / "archive").mkdir(parents=True)
    (folder / "nas_hyp.info").write_text(INFO)
    for instance, run in zip((3, 4), archs, strict=True):
        values = scorer.values[run]
        kept = [place for place in range(30) if place in nondominated(values[: place + 1])]
        lines = [
            "\t".join(
                [str(place + 1), *(f"{-value:.15e}" for value in values[place])]
                + [f"{choice:.8e}" for choice in table.space.at(int(run[place]))]
            )
            for place in kept
        ]
        heads = [f"% instance = {instance}, name = nas", "% function evaluation | 2 objectives | 6 variables"]
        extremes = "0\t" + "\t".join(["-9.0e+01"] * 8)
        text = "\n".join([*heads, extremes, *lines, "% evaluations = 30"])
        (folder / f"archive/nas_f01_i{instance:02d}_d06_nondom_all.adat").write_text(text + "\n")
    return folder


def _read(file: Path, out: Path, **changed: Any) -> Results:
    told: dict[str, Any] = {"dataset": "cifar10", "noise": "mean", "options": OPTIONS, **changed}
    return nasbed.import_results(file, "nasbench201", {"evaluations": 30}, out, **told)


def test_the_front_after_every_evaluation_is_that_of_the_whole_run(
    table: Benchmark, archs: np.ndarray, tmp_path: Path
) -> None:
    results = _read(_written(tmp_path / "RS", table, archs), tmp_path / "out")
    natural = truths.truth(table).bounds.natural(truths.truth(table).values[archs.ravel()])
    told = {"strategy": "RS", "benchmark": table.label, "seed": np.repeat([3, 4], 30), "architecture": archs.ravel()}
    whole = pd.DataFrame(
        {**told, "value": natural[:, 0], "latency": natural[:, 1], "time": np.tile(np.arange(30.0), 2)}
    )
    expected = Results.from_frame(whole, table, {"evaluations": 30}, noise="mean")
    assert len(results.evaluations()) < 30
    np.testing.assert_allclose(fronts.anytime(results.series[0]), fronts.anytime(expected.series[0]), atol=1e-12)
    pd.testing.assert_frame_equal(fronts.frame(results), fronts.frame(expected))
    assert results.finals()["evaluations"].tolist() == [30, 30]
    np.testing.assert_allclose(results.series[0].runs.validation_regret, expected.series[0].runs.validation_regret)
    assert any("latency" not in text and "accuracy is what stands in the files" in text for text in results.warnings)


def test_what_an_archive_lacks_is_named(table: Benchmark, archs: np.ndarray, tmp_path: Path) -> None:
    folder = _written(tmp_path / "RS", table, archs)
    archive = folder / "archive/nas_f01_i03_d06_nondom_all.adat"
    text = archive.read_text()
    three = {"options": {"objectives": ["accuracy", "latency", "flops"]}}
    for content, changed, words in (
        (
            text,
            {"options": {}},
            "holds 2 objectives, and nasbench201/cifar10 1 (accuracy); name those that were searched",
        ),
        (text, three, "holds 2 objectives, and nasbench201/cifar10 3 (accuracy, latency, flops)"),
        (
            text.replace("2 objectives", "3 objectives"),
            {},
            "8 numbers after that of the evaluation; expected 3 objectives and 6",
        ),
        (text.replace("\t", "\tx", 1), {}, "line 3: '0"),
        ("% evaluations = 30\n", {}, "counts 30 evaluations, and there is no row"),
        (None, {}, "is missing; keep the archive beside it, which the observer's options log_nondom: all"),
    ):
        archive.unlink() if content is None else archive.write_text(content)
        with pytest.raises(OptionError) as refused:
            _read(folder, tmp_path / "no", **changed)
        assert words in str(refused.value)
