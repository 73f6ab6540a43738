"""The benchmarks over the official trainings of NAS-Bench-201 and NATS-Bench."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from conforming import broken, here_and_elsewhere
from official_files import Record

import nasbed
from nasbed.benchmarks.convert import _folder
from nasbed.benchmarks.tables.manifest import MISSING, Column, Manifest, Split
from nasbed.benchmarks.tables.table import Table
from nasbed.errors import DataError, NasbedError


def made_up(dataset: str, epochs: int, metric: str, split: Split, images: int = 0, at: Sequence[int] = ()) -> Column:
    return Column(
        f"{dataset}/{epochs}/{split}_{metric}.npy",
        metric,
        split,
        dataset,
        "%" if images else "s",
        "maximise" if images else "minimise",
        ["architecture", "run", *(["epoch"] if at else [])],
        "made",
        epochs,
        images=images,
        at=list(at),
    )


def table(name: str, space: str, schedules: list[int], folder: Path) -> None:
    """A whole table of three runs with made-up numbers; odd indices have no third run."""
    count = 15_625 if space == "nasbench201" else 32_768
    index = np.arange(count, dtype=np.float64)
    columns: list[tuple[Column, np.ndarray]] = []
    splits: list[tuple[str, Split, int, bool]] = [
        ("cifar10-valid", "validation", 25_000, True),
        ("cifar10-valid", "test", 10_000, False),
        ("cifar10", "test", 10_000, True),
        ("cifar100", "validation", 5_000, False),
        ("cifar100", "test", 5_000, False),
        ("cifar100", "mixture", 10_000, True),
    ]
    for dataset, split, images, by_epoch in splits:
        for epochs in schedules:
            at = sorted({1, epochs // 2 or 1, epochs}) if by_epoch else []
            base = (index * 7 % 1_000 + len(split))[:, None] + np.arange(3) * 3 + epochs
            counts = (base[..., None] + np.array(at) if at else base).astype(np.uint16)
            counts[1::2, 2] = MISSING
            columns.append((made_up(dataset, epochs, "accuracy", split, images, at), counts))
            if split == "validation":
                for metric, kind, seconds in (
                    ("training_time", "none", 10.0 * epochs),
                    ("evaluation_time", split, 0.5),
                ):
                    times = np.full((count, 3), seconds) + index[:, None] / count
                    times[1::2, 2] = np.nan
                    columns.append((made_up(dataset, epochs, metric, kind), times))
    for dataset in ("cifar10", "cifar100"):
        file = f"{dataset}/latency.npy"
        columns.append((Column(file, "latency", "none", dataset, "s", "minimise", ["architecture"], "made"), index + 1))
    datasets, runs = ["cifar10-valid", "cifar10", "cifar100"], ["777", "888", "999"]
    _folder.write(
        Manifest(folder / name, name, "made", space, count, schedules, True, runs, "test", "made", "MIT", [], datasets),
        columns,
    )


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("tables")
    for name in ("nats_topology", "nasbench201_official"):
        table(name, "nasbench201", [12, 200], folder)
    table("nats_size", "nats_size", [1, 12, 90], folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def whole(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tables))


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("name", ["nats_topology", "nasbench201_official"])
def test_a_search_on_cifar10_sees_the_halves_and_is_scored_on_the_whole(name: str) -> None:
    made = nasbed.load_benchmark(name)
    assert isinstance(made, Table)
    assert (made.epochs, made.resumable, made.runs, made.label) == ((200,), False, 3, f"{name}/cifar10")
    values, cost = made.oracle()(5, 200, 1)
    assert values == (100 * (35 + len("validation") + 3 + 200 + 200) / 25_000,)
    assert cost == pytest.approx(2000 + 0.5 + 2 * 5 / 15_625)
    assert made.referee().test(np.array([5]))[0] == pytest.approx(100 * (35 + 4 + 1.5 + 400) / 10_000)
    assert made.cheapest() == pytest.approx(2000.5)
    assert made.oracle()(5, 200, 2)[0] == made.oracle()(5, 200, 0)[0]
    assert made.referee().distinct(np.arange(15_625)).max() < 15_625
    rows = {(row["metric"], row["split"], row["epochs"], row["origin"]) for row in made.lookup(made.space.archs[5])}
    assert ("accuracy", "test", 200, "made") in rows


@pytest.mark.usefixtures("whole")
def test_epochs_are_points_of_the_one_training() -> None:
    made = nasbed.load_benchmark("nats_topology", epochs=[1, 100, 200])
    assert (made.epochs, made.resumable) == ((1, 100, 200), True)
    oracle = made.oracle()
    assert [oracle(4, epochs, 0)[0][0] for epochs in made.epochs] == [
        100 * (28 + 10 + 200 + e) / 25_000 for e in (1, 100, 200)
    ]
    assert [oracle(4, epochs, 0)[1] for epochs in made.epochs] == pytest.approx([10.5, 1000.5, 2000.5], abs=1e-3)
    short = nasbed.load_benchmark("nats_topology", schedule=12)
    assert short.epochs == (12,)
    assert short.referee().best() == nasbed.load_benchmark("nats_topology").referee().best()
    with pytest.raises(
        NasbedError,
        match=r"accuracy \(validation\) of the training of 200 epochs was recorded at its end only, not after 100",
    ):
        nasbed.load_benchmark("nats_topology", dataset="cifar100", epochs=[100, 200]).oracle()
    with pytest.raises(NasbedError, match=r"was not recorded after 50 epochs; 1, 100, 200 are there"):
        nasbed.load_benchmark("nats_topology", epochs=[50]).oracle()
    with pytest.raises(NasbedError, match=r"unknown schedule of nats_topology 90; known: 12, 200"):
        nasbed.load_benchmark("nats_topology", schedule=90)


@pytest.mark.usefixtures("whole")
def test_the_size_space_has_three_separate_trainings() -> None:
    made = nasbed.load_benchmark(
        "nats_size", dataset="cifar100", epochs=[1, 12, 90], objectives=["accuracy", "latency"]
    )
    assert (made.epochs, made.resumable, len(made.space)) == ((1, 12, 90), False, 32_768)
    values, cost = made.oracle()(3, 12, 0)
    assert values == (100 * (21 + 10 + 12) / 5_000, -4.0)
    assert cost == pytest.approx(120.5, abs=1e-3)
    assert nasbed.load_benchmark("nats_size").epochs == (90,)
    assert made.referee().distinct(np.array([7])).tolist() == [7]


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("name", ["nats_topology", "nats_size", "nasbench201_official"])
def test_what_is_not_there_is_refused(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(
        NasbedError,
        match=rf"unknown data set of {name} 'cifar10-valid'; did you mean 'cifar10'\? known: cifar10, cifar100",
    ):
        nasbed.load_benchmark(name, dataset="cifar10-valid")
    with pytest.raises(NasbedError, match=rf"{name} has no accuracy \(validation, \d+ epochs\) for ImageNet16-120"):
        nasbed.load_benchmark(name, dataset="ImageNet16-120")
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    with pytest.raises(DataError, match=f"the table '{name}' is not in .*nasbed data import {name} PATH"):
        nasbed.load_benchmark(name)


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("nats_topology", {"epochs": [1, 200]}),
        pytest.param("nats_size", {"epochs": [12, 90]}, marks=pytest.mark.thorough),  # the same class
    ],
)
@here_and_elsewhere
def test_the_benchmarks_conform(name: str, options: Record, elsewhere: bool) -> None:
    assert broken(name, elsewhere, **options) == []
