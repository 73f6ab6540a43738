"""Data sets and sizes of networks that a table has not recorded, trained by its recipe and kept in a local table."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from daily import daily
from tiny_images import tiny_file

torch = pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")
pytest.importorskip("sklearn", reason="needs scikit-learn: pip install '.[train]'")

import nasbed  # noqa: E402
from nasbed.benchmarks.training.fallback.untabulated import Untabulated  # noqa: E402
from nasbed.benchmarks.training.images.networks.training import ImageTraining  # noqa: E402
from nasbed.benchmarks.training.images.table import digits  # noqa: E402
from nasbed.benchmarks.training.images.table.plan import TrainingPlan  # noqa: E402
from nasbed.benchmarks.training.images.table.trainer import TrainingState  # noqa: E402
from nasbed.benchmarks.training.local.trainings import TrainingTable  # noqa: E402
from nasbed.errors import DataError, NasbedError, OptionError, UnknownNameError  # noqa: E402
from nasbed.vocabulary import SharedWeights  # noqa: E402

CONVOLUTION = (3, 0, 0, 0, 0, 1)
"""One of the cells that are one convolution and a skip connection, with dead edges."""


def made(folder: Path, use: str = "digits201", **changes: Any) -> Untabulated:
    """The tiny images under the name of ``mine``, after the first epoch of the table's recipe."""
    options = {"dataset": "mine", "epochs": [1], "objectives": ["accuracy", "loss"], **changes.pop("options", {})}
    fallback = {"folder": str(folder / "kept"), "data": {"mine": tiny_file(folder)}, **changes}
    benchmark = nasbed.load_benchmark(use, **options, fallback=fallback)
    assert isinstance(benchmark, Untabulated)
    return benchmark


def test_a_data_set_that_the_table_lacks_is_trained_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    benchmark = made(tmp_path, seeds=2)
    index = benchmark.space.index(CONVOLUTION)
    first, seconds = benchmark.oracle()(index, 1, 6)
    assert benchmark.oracle()(index, 1, 7)[0][1] != first[1]  # another seed
    assert seconds > 0
    assert 18 * first[0] / 100 == pytest.approx(round(18 * first[0] / 100))
    ((identity, _), *more) = TrainingTable(tmp_path / "kept")
    assert len(more) == 1
    assert set(identity) == {"version", "network", "data", "recipe", "seed", "limit", "device"}
    assert identity["recipe"]["epochs"] == 12
    monkeypatch.setattr(ImageTraining, "make", None)  # nothing is trained any more
    again = made(tmp_path, seeds=2)
    assert again.oracle()(index, 1, 6) == (first, seconds)
    same = max(place for place in range(15_625) if again.classes[place] == again.classes[index])
    assert again.oracle()(same, 1, 6) == (first, seconds)
    with pytest.raises(TypeError):
        made(tmp_path, seeds=2, channels=4).oracle()(index, 1, 6)


@pytest.mark.thorough
def test_another_size_is_trained_on_the_images_of_the_table(tmp_path: Path) -> None:
    options = {"dataset": "digits", "objectives": ["accuracy", "loss", "parameters", "flops"]}
    benchmark = made(tmp_path, channels=2, options=options)
    assert benchmark.label == "digits201/digits (2 channels) with fallback"
    plan = TrainingPlan.parse(benchmark.table.manifest.study)
    cell, shape = (0, 0, 0, 1, 0, 0), replace(plan.shape, channels=2)
    found, _ = benchmark.oracle()(benchmark.space.index(cell), 1, 0)
    alone = TrainingState([cell], shape, plan.recipe, 0, digits.splits()).run(1).values["validation"]
    assert found[0] == 100 * alone["correct"][0, 0] / 450
    assert found[1:] == (-alone["loss"][0, 0], -shape.parameters(cell), -shape.flops(cell))


def test_published_tables_train_on_other_images_by_their_recipe(tmp_path: Path) -> None:
    benchmark = made(
        tmp_path, "nasbench201", options={"epochs": [200], "objectives": ["accuracy"]}, epochs=[1], cells=1, stages=1
    )
    assert (benchmark.epochs, benchmark.resumable) == ((1, 200), False)
    benchmark.oracle()(benchmark.space.index(CONVOLUTION), 1, 0)
    ((identity, _),) = TrainingTable(tmp_path / "kept")
    assert identity["network"]["shape"]["channels"] == 16
    assert (identity["recipe"]["batch"], identity["recipe"]["epochs"]) == (256, 1)


@pytest.mark.parametrize("data", [True, False])
def test_incumbents_are_trained_anew_and_judged_on_test(data: bool, tmp_path: Path) -> None:
    mine = (
        f'dataset = "mine"\nfallback.data = {{ mine = "{tiny_file(tmp_path)}" }}' if data else "fallback.channels = 1"
    )
    (tmp_path / "study.toml").write_text(
        f"""
        name = "beyond"
        seeds = 1
        budget = {{ epochs = 2 }}
        [[benchmark]]
        use = "digits201"
        fallback.folder = "{tmp_path}/kept"
        fallback.epochs = [1]
        fallback.retrainings = 2
        {mine}
        [[strategy]]
        use = "random_search"
        """
    )
    results = nasbed.run_study(tmp_path / "study.toml", out=tmp_path / "results")
    rows = results.retrainings()
    assert rows["split"].tolist() == ["train", "validation", "test"] * 2
    assert rows["parameters"].nunique() == 1
    test = rows[rows["split"] == "test"]["accuracy"]
    assert results.finals()["test"].tolist() == pytest.approx([test.mean()])
    assert ("precision" in rows) == data
    caption = nasbed.caption(results)
    assert "every training is made here by the recipe of digits201" in caption
    assert ("on 'mine' with the augmentation of these images" in caption) == data


def test_seconds_count_with_a_scale_alone(tmp_path: Path) -> None:
    with pytest.raises(OptionError, match="holds no scale between them and those of this machine; measure it: nasbed"):
        nasbed.search("random_search", made(tmp_path), budget={"seconds": 10})
    published = made(tmp_path, "nasbench201", options={"epochs": [200], "objectives": ["accuracy"]}, stages=1)
    with pytest.raises(OptionError, match="those of this machine; use a budget of epochs or evaluations"):
        nasbed.search("random_search", published, budget={"seconds": 10})


@pytest.mark.parametrize(("use", "options", "given", "error", "message"), [
    ("digits201", {"dataset": "mien"}, {"data": {"mine": "f.npz"}}, UnknownNameError,
     "unknown data set of digits201 'mien'; did you mean 'mine'? known: digits, mine"),
    ("digits201", {}, {"data": {"mine": "f.npz"}}, OptionError, "and nothing trains on it; say dataset = 'mine'"),
    ("digits201", {}, {"data": {"digits": "f.npz"}}, OptionError, "fallback.data names 'digits', which digits201 has recorded;"),
    ("digits201", {}, {"data": "f.npz"}, OptionError, "fallback.data = 'f.npz'; expected names of data sets with what they are"),
    ("digits201", {"dataset": "mine"}, {"data": {"mine": "gone.npz"}}, DataError, "gone.npz is not there"),
    ("digits201", {}, {"channels": 8}, OptionError, "that is the network that digits201/digits has recorded; leave it out, or say"),
    ("digits201", {}, {"channels": 0}, OptionError, "fallback.channels = 0; expected a whole number in 1 .. 10,000"),
    ("digits201", {}, {"stages": 5}, OptionError, "5 stages halve images of 8 x 8 pixels 4 times; use fewer stages or larger"),
    ("digits201", {}, {"cells": 2, "further": 2}, OptionError, "fallback.further = 2 adds to what is recorded, and of its size"),
    ("digits201", {}, {"epochs": [24], "retrainings": 2}, OptionError, "fallback.retrainings = 2: incumbents are judged by what"),
    ("nasbench201", {}, {"cells": 1}, OptionError, "the images of nasbench201/cifar10, in the splits that it was trained on"),
    ("nasbench201", {"objectives": ["latency"], "dataset": "mine"}, {"stages": 1, "data": {"mine": "tiny.npz"}}, OptionError,
     "nasbench201/cifar10 has recorded latency, and no training says them; of the data set 'mine' there are accuracy, loss,"),
    ("synthetic", {}, {"cells": 2}, OptionError, "synthetic/0 does not say how it was trained; use a table of nasbed tabulate"),
])  # fmt: skip
def test_what_cannot_be_trained_is_refused(
    use: str,
    options: dict[str, Any],
    given: dict[str, Any],
    error: type[NasbedError],
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    tiny_file(tmp_path)
    with pytest.raises(error, match=re.escape(message)):
        nasbed.load_benchmark(use, **options, fallback={"folder": "kept", **given})


@pytest.mark.parametrize("data", [True, False])
def test_an_unknown_data_set_is_refused_with_a_fallback_too(data: bool, tmp_path: Path) -> None:
    fallback = {"folder": str(tmp_path), "epochs": [24], **({"data": {"mine": tiny_file(tmp_path)}} if data else {})}
    checks = nasbed.benchmark_checks("digits201", fallback=fallback, **({"dataset": "mine"} if data else {}))
    named = {check.__name__: check for check in checks}
    for name in ("an_unknown_data_set_is_refused", "declarations_are_complete", "epochs_ascend"):
        assert not named[name].run().problem


@pytest.mark.parametrize("changes", daily([{}, {"options": {"dataset": "digits"}, "channels": 2}], {}))
def test_supernets_are_of_the_network_and_the_images_that_are_trained(changes: dict[str, Any], tmp_path: Path) -> None:
    benchmark = made(tmp_path, **changes)
    result = nasbed.search("darts", benchmark, options={"epochs": 1}, budget={"evaluations": 1})
    assert [outcome.epochs for outcome in result.outcomes] == [1]
    benchmark.supernet(SharedWeights.by("uniform", epochs=1, candidates=2), 0, tmp_path / "nets", float("inf"))
    ((identity, _),) = TrainingTable(tmp_path / "nets")
    assert identity["space"] == {"cell": benchmark._shape.described()}
