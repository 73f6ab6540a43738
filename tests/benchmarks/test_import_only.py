"""Benchmarks whose repositories state no licence: made from files that the user names, here made up in their layout."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from daily import sampled
from pyarrow import parquet
from said import require_as_said

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.spaces.channels import MOBILENET, RESNET
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.tables import home
from nasbed.commands import catalogue
from nasbed.errors import ArchitectureError, BudgetError, DataError
from nasbed.progress import silent

CELLS = NASBench201Space()
WIDTHS = MOBILENET.space()


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


# Channel-Bench-Macro


def records() -> dict[str, dict[str, Any]]:
    """In the layout of Results_MobileNet.json: 32-bit percentages, and the counts of each network."""
    found = {}
    for index, arch in enumerate(WIDTHS.archs):
        accuracies = [float(np.float32((9_000 + index % 100 + run) / 100)) for run in range(3)]
        parameters, flops = MOBILENET.counts(arch)
        found[WIDTHS.format(arch)] = {
            "acc": accuracies,
            "std": 0.01,
            "flops": flops,
            "params": parameters,
            "mean": 90.0,
        }
    return dict(sorted(found.items(), key=lambda item: item[0][::-1]))


@pytest.fixture(scope="module")
def mobilenet(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    return records()


def write(folder: Path, content: Any) -> Path:
    path = folder / "Results_MobileNet.json"
    path.write_text(json.dumps(content))
    return path


def test_counts_are_those_of_published_networks() -> None:
    """Digits, parameters and multiply-accumulates of networks as the published files have them."""
    for text, expected in {"2133213": (439818, 54676992), "4111331": (681802, 67820032)}.items():
        assert MOBILENET.counts(WIDTHS.parse(text)) == expected
    space = RESNET.space()
    for text, expected in {"4322433": (10341258, 945492992), "1211131": (1627850, 146720000)}.items():
        assert RESNET.counts(space.parse(text)) == expected
    assert RESNET.widths()["after block 3"] == ("128", "256", "384", "512")


def test_widths_are_written_as_the_digits_one_to_four() -> None:
    assert (WIDTHS.parse("1111112"), WIDTHS.format((3,) * 7), WIDTHS.parse("7")) == (
        (0,) * 6 + (1,),
        "4444444",
        (0,) * 5 + (1, 3),
    )
    with pytest.raises(
        ArchitectureError, match=r"malformed architecture '0111111': expected 7 digits from 1 on, each below \(5, 5"
    ):
        WIDTHS.parse("0111111")


def test_a_search_sees_one_training_and_is_scored_on_the_others(
    tmp_path: Path, mobilenet: dict[str, dict[str, Any]]
) -> None:
    write(tmp_path, mobilenet)
    assert {one["name"]: one["needs"] for one in catalogue.benchmarks("channel_bench_mobilenet")} == {
        "channel_bench_mobilenet": "nasbed data import channel_bench_mobilenet PATH"
    }
    manifest = convert.import_table("channel_bench_mobilenet", tmp_path, silent)
    assert (manifest.licence, manifest.report) == ("none stated by its repository; import only", "held-out runs")
    table = nasbed.load_benchmark("channel_bench_mobilenet", objectives=["accuracy", "parameters", "flops"])
    require_as_said(table)
    index = table.space.index(table.space.parse("4432214"))
    assert table.oracle("run:2")(index, 60, 0)[0] == pytest.approx(((9_002 + index % 100) / 100, -716234, -122923008))
    assert table.referee().test(np.array([index]), np.array([(9_002 + index % 100) / 100])) == pytest.approx(
        (9_000.5 + index % 100) / 100
    )
    with pytest.raises(BudgetError, match="its file holds no times of trainings; count evaluations"):
        nasbed.search("random_search", table, budget={"seconds": 9})
    with pytest.raises(
        DataError, match="is not downloaded: get its official files, then nasbed data import channel_bench_resnet PATH"
    ):
        convert.fetch_table("channel_bench_resnet", None, silent)


@pytest.mark.parametrize(
    ("spoil", "message"),
    sampled(
        [
            (
                lambda made: made.pop("1111111"),
                "16,383 architectures of seven digits 1 to 4; expected 16,384 and nothing else",
            ),
            (
                lambda made: made["1111111"].update(params=5),
                "architecture 1111111 has 5 params and .* so this is not Results_MobileNet",
            ),
        ],
        2,
    ),
)
def test_other_files_are_refused(
    tmp_path: Path, own_home: Path, mobilenet: dict[str, dict[str, Any]], spoil: Callable[[Any], object], message: str
) -> None:
    made = {**mobilenet, "1111111": dict(mobilenet["1111111"])}
    spoil(made)
    with pytest.raises(DataError, match=message):
        convert.import_table("channel_bench_mobilenet", write(tmp_path, made), silent)
    assert home.imported() == []
    assert list(own_home.iterdir()) == []


def test_a_file_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.json").write_text("{")
    with pytest.raises(DataError, match=r"x\.json is no JSON file"):
        convert.import_table("channel_bench_resnet", tmp_path / "x.json", silent)
    with pytest.raises(DataError, match=r"cannot read .*Results_ResNet\.json: No such file"):
        convert.import_table("channel_bench_resnet", tmp_path, silent)


# HW-NAS-Bench-360


def rows_of(**changes: Any) -> dict[str, Any]:
    """The columns of dataset.parquet, for two tasks, on two devices."""
    index = np.arange(len(CELLS))
    parts = []
    for task, scores in (("ninapro", 60 + index % 30), ("darcy", 0.1 + index / 1e5)):
        for device, framework in (("pi5", "litert"), ("pixel", "onnx")):
            energy = index + 2.0 if device == "pi5" else np.full(len(index), np.nan)
            parts.append((index, device, framework, task, index + 1.0, energy, scores.astype(float)))
    names = ("arch_idx", "device", "framework", "task", "lat_ms", "energy_mj", "accuracy")
    columns = {
        name: np.concatenate([np.broadcast_to(part[place], len(index)) for part in parts])
        for place, name in enumerate(names)
    }
    columns["device"], columns["framework"], columns["task"] = (
        columns[n].tolist() for n in ("device", "framework", "task")
    )
    columns["lat_ms"][3] = np.nan
    return {**columns, "lat_ms_var": columns["lat_ms"], **changes}


@pytest.fixture(scope="module")
def measured() -> dict[str, Any]:
    return rows_of()


def stored(folder: Path, columns: dict[str, Any]) -> Path:
    parquet.write_table(pa.table(columns), folder / "dataset.parquet")
    return folder


def test_cells_are_searched_on_their_devices(tmp_path: Path, measured: dict[str, Any]) -> None:
    manifest = convert.import_table("hw_nasbench360", stored(tmp_path, measured), silent)
    assert (manifest.datasets, manifest.licence) == (["ninapro", "darcy"], "none stated by its repository; import only")
    table = nasbed.load_benchmark("hw_nasbench360", objectives=["accuracy", "pi5_litert_latency", "pi5_litert_energy"])
    assert (table.label, table.judged_on) == ("hw_nasbench360/ninapro", "validation alone")
    assert table.oracle()(7, 200, 0)[0] == (67.0, -8.0, -9.0)
    assert np.isnan(table.oracle()(3, 200, 0)[0][1])
    darcy = nasbed.load_benchmark("hw_nasbench360_darcy")
    require_as_said(darcy)
    require_as_said(nasbed.load_benchmark("hw_nasbench360"))
    assert (darcy.objectives[0].name, darcy.oracle()(0, 200, 0)[0], darcy.referee().best()[0]) == (
        "relative_l2_error",
        (-0.1,),
        -0.1,
    )
    assert np.isnan(darcy.referee().test(np.arange(3))).all()
    with pytest.raises(DataError, match=r"has no accuracy \(validation, 200 epochs\) for cifar100"):
        nasbed.load_benchmark("hw_nasbench360", dataset="cifar100")


def test_fractions_become_percent(tmp_path: Path, measured: dict[str, Any]) -> None:
    scores = measured["accuracy"].copy()
    scores[: 2 * len(CELLS)] /= 100
    convert.import_table("hw_nasbench360", stored(tmp_path, {**measured, "accuracy": scores}), silent)
    assert nasbed.load_benchmark("hw_nasbench360").oracle()(7, 200, 0)[0] == pytest.approx((67.0,))


def changed(name: str, place: int, value: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def change(columns: dict[str, Any]) -> dict[str, Any]:
        values = list(columns[name]) if isinstance(columns[name], list) else columns[name].copy()
        values[place] = value
        return {**columns, name: values}

    return change


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda made: {name: made[name] for name in made if name != "energy_mj"}, "unknown column of the file 'energy_mj'"),
        (changed("device", 0, "pi4"), "unknown device 'pi4'; did you mean 'pi5'"),
        pytest.param(changed("framework", 0, "tvm"), "unknown framework 'tvm'", marks=pytest.mark.thorough),
        pytest.param(changed("task", 0, "cifar10"), "unknown task 'cifar10'; did you mean 'cifar100'", marks=pytest.mark.thorough),
        (changed("arch_idx", 0, 15_625), r"arch_idx holds int64, 0 \.\. 15625; expected whole numbers 0 \.\. 15,624"),
        (changed("arch_idx", 0, 1), "architecture 1 has two accuracies on ninapro"),
        (changed("arch_idx", 0, 30), "architecture 30 has several rows of pi5, litert and ninapro; expected one"),
        (changed("lat_ms", 5, -1.0), "row 6: lat_ms = -1; expected a number above 0"),
        pytest.param(changed("energy_mj", 5, np.inf), "energy_mj holds float64; expected finite", marks=pytest.mark.thorough),
        (changed("accuracy", 5, 66.5), "architecture 5 has two accuracies on ninapro; expected one for all devices"),
        (lambda made: {**made, "accuracy": made["accuracy"] * 2}, r"accuracies on ninapro are 120 \.\. 178; expected 0 \.\. 100 %"),
        (lambda made: {**made, "accuracy": np.where(made["arch_idx"] == 9, np.nan, made["accuracy"])},
         "1 of 15,625 architectures have no acc"),
    ],
)  # fmt: skip
def test_other_tables_are_refused(
    tmp_path: Path, measured: dict[str, Any], spoil: Callable[[dict[str, Any]], dict[str, Any]], message: str
) -> None:
    with pytest.raises(DataError, match=message):
        convert.import_table("hw_nasbench360", stored(tmp_path, spoil(measured)), silent)
    assert home.imported() == []


def test_what_is_no_parquet_is_named(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("arch_idx\n")
    with pytest.raises(DataError, match=r"x\.csv cannot be read as Parquet: .*; expected dataset\.parquet"):
        convert.import_table("hw_nasbench360", tmp_path / "x.csv", silent)


@pytest.mark.thorough
def test_they_keep_every_rule_of_benchmarks(
    tmp_path: Path, mobilenet: dict[str, dict[str, Any]], measured: dict[str, Any]
) -> None:
    convert.import_table("channel_bench_mobilenet", write(tmp_path, mobilenet), silent)
    convert.import_table("hw_nasbench360", stored(tmp_path, measured), silent)
    for name in ("channel_bench_mobilenet", "hw_nasbench360", "hw_nasbench360_darcy"):
        findings = nasbed.check_benchmark(name)
        assert [(one.check, one.problem) for one in findings if one.problem] == []
