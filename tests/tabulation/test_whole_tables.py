"""A table of all architectures of a space can be searched."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from few_cells import ABSENT, column, text
from places import ROOT

import nasbed
from nasbed.benchmarks import Digits201
from nasbed.benchmarks.spaces.nasbench201 import official_order
from nasbed.benchmarks.spaces.nasbench201_functions import live, representatives
from nasbed.benchmarks.training.images.table import assembly
from nasbed.benchmarks.training.images.table.digits import SIZES
from nasbed.benchmarks.training.images.table.plan import TrainingPlan
from nasbed.benchmarks.training.images.table.shards import Shard
from nasbed.errors import DataError, OptionError, UnknownNameError

WHOLE_PLAN = TrainingPlan.parse(text(name="made", first_seed=0, sample=ABSENT, together=1000))


def made(part: Shard, folder: Path) -> dict[str, np.ndarray]:
    rng, count = np.random.default_rng([part.seed, part.number]), len(part.archs)
    arrays: dict[str, np.ndarray] = {"outcome": np.zeros(count, dtype=np.uint8)}
    for split, images in SIZES.items():
        arrays[f"{split}_correct"] = rng.integers(0, images + 1, (count, 2)).astype(float)
        arrays[f"{split}_loss"] = rng.uniform(0, 3, (count, 2))
    return arrays | ({"seconds": rng.uniform(0.1, 0.2, count)} if part.timed else {})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "table"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(assembly, "read", made)
        assembly.assemble(WHOLE_PLAN, Path("nowhere"), folder, "nobody")
    return folder


@cache
def whole_shards() -> list[Shard]:
    return assembly.shards(WHOLE_PLAN)


def recorded(name: str, seed: int) -> np.ndarray:
    return np.concatenate([made(part, Path())[name] for part in whole_shards() if part.seed == seed])


@pytest.mark.thorough
def test_a_whole_table_is_searched_by_function(whole: Path) -> None:
    table = nasbed.load_benchmark("digits201", folder=str(whole))
    assert isinstance(table, Digits201)
    assert (table.label, table.epochs, table.resumable, table.runs) == ("made/digits", (2,), False, 2)
    assert (table.manifest.architectures, table.manifest.members, len(table.space)) == (5044, 15_625, 15_625)
    classes = table.representatives()
    functions = representatives(official_order())
    assert len(set(classes.tolist())) == len(set(zip(classes.tolist(), functions.tolist(), strict=True))) == 5044
    assert (classes <= np.arange(15_625)).all()
    assert (classes[classes] == classes).all()
    assert table.classes == classes.tolist()
    rows = column(whole, "row")
    everything = np.arange(15_625)
    for run in (0, 1):
        wanted = 100 * recorded("validation_correct", run)[rows, 1] / 450
        np.testing.assert_allclose(table.query(everything, run), wanted)
    test = np.mean([recorded("test_correct", run)[rows, 1] for run in (0, 1)], axis=0)
    np.testing.assert_allclose(table.referee().test(everything), 100 * test / 451)
    np.testing.assert_allclose(table.costs, 2 * recorded("seconds", 0)[rows], rtol=1e-6)
    metrics = {row["metric"] for row in table.lookup(table.space.archs[0])}
    assert metrics == {"accuracy", "loss", "training_time", "outcome", "parameters", "flops"}


def test_epochs_of_a_whole_table_are_points_of_one_training(whole: Path) -> None:
    table = Digits201(folder=str(whole), epochs=[1, 2])
    assert (table.epochs, table.resumable) == ((1, 2), True)
    np.testing.assert_allclose(table.levels[1].costs * 2, table.levels[2].costs)
    query = nasbed.observe(table, {"evaluations": 4})
    for arch in ((3, 3, 3, 3, 3, 3), (0, 0, 0, 1, 0, 0)):
        first = query(arch, epochs=1)
        second = query(arch, epochs=2, resume=first.trial)
        row = column(whole, "row")[table.space.index(arch)]
        runs = [recorded("validation_correct", seed)[row] / 4.5 for seed in (0, 1)]
        assert (first.value, second.value) in [tuple(pytest.approx(value) for value in run) for run in runs]
        assert first.cost == second.cost == pytest.approx(recorded("seconds", 0)[row], rel=1e-6)


def test_a_whole_table_has_several_objectives(whole: Path) -> None:
    table = Digits201(folder=str(whole), objectives=["loss", "parameters", "flops"])
    names = [(objective.name, objective.unit, objective.maximise) for objective in table.objectives]
    assert names == [
        ("loss", "nats", False),
        ("parameters", "parameters", False),
        ("flops", "multiply-accumulates", False),
    ]
    arch = (3, 0, 0, 3, 0, 0)
    values, _ = table.oracle("run:0")(table.space.index(arch), 2, 0)
    shape = WHOLE_PLAN.shape
    assert values[1:] == (-shape.parameters(live(arch)), -shape.flops(live(arch)))


def test_a_sampled_table_cannot_be_searched(few: Path) -> None:
    with pytest.raises(DataError) as caught:
        Digits201(folder=str(few / "table"))
    assert str(caught.value) == (
        f"the table in {few / 'table'} holds 8 of 15,625 architectures; a search needs all: tabulate without a sample"
    )


@pytest.mark.parametrize("folder", [3, True, ["table"]], ids=str)
def test_a_folder_that_is_no_path_is_refused(folder: Any) -> None:
    with pytest.raises(OptionError) as caught:
        Digits201(folder=folder)
    assert str(caught.value) == f"folder = {folder!r}; expected the path of a table that nasbed tabulate wrote"


def test_a_folder_without_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^no table in .*: manifest\.toml is missing"):
        Digits201(folder=str(tmp_path))


def test_a_table_that_was_not_trained_here_is_refused() -> None:
    with pytest.raises(DataError, match=r"was not made by nasbed tabulate; expected one that was$"):
        Digits201(folder=str(ROOT / "benchmarks" / "data" / "nasbench201"))


@pytest.mark.parametrize("epochs", [[3], [1, 2, 3]])
def test_epochs_that_were_not_trained_are_refused(epochs: Any, whole: Path) -> None:
    with pytest.raises(OptionError, match=re.escape(f"epochs = {epochs!r}; expected a list of epochs in 1 .. 2")):
        Digits201(folder=str(whole), epochs=epochs)


@pytest.mark.parametrize("epochs", [[0, 2], 2])
def test_epochs_that_are_none_are_refused(epochs: Any, whole: Path) -> None:
    with pytest.raises(OptionError, match=re.escape(f"epochs = {epochs!r}; expected a list of whole numbers above 0")):
        Digits201(folder=str(whole), epochs=epochs)


def test_other_data_of_a_whole_table_are_refused(whole: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"unknown data set of made 'digit'; did you mean 'digits'\?"):
        Digits201("digit", folder=str(whole))
    with pytest.raises(
        OptionError, match=r"epochs = \[\]; expected a list of whole numbers above 0, such as \[1, 4, 12\]"
    ):
        Digits201(folder=str(whole), epochs=[])
    with pytest.raises(UnknownNameError, match="unknown objective of made/digits 'row'; known: accuracy, flops, loss"):
        Digits201(folder=str(whole), objectives=["row"])
