"""NAS-Bench-Macro: the space, the converter on files made here, held-out runs, and the published file."""

from __future__ import annotations

import hashlib
import json
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conforming import broken, here_and_elsewhere
from daily import sampled
from places import SHARED, needs_shared
from said import require_as_said

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.convert import nasbench_macro as macro
from nasbed.benchmarks.nasbench_macro import NASBenchMacro
from nasbed.benchmarks.spaces.digits import DigitSpace
from nasbed.benchmarks.spaces.nasbench_macro import NASBenchMacroSpace
from nasbed.benchmarks.tables import home
from nasbed.errors import ArchitectureError, DataError, NasbedError, OptionError
from nasbed.results.judge import floor
from nasbed.streams import stream
from nasbed.vocabulary import Arch

SPACE = NASBenchMacroSpace()
EVERY = np.arange(6_561)
Records = dict[str, Any]


def quiet(what: str, done: int, total: int) -> None:
    assert what


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


# the space


def test_the_space_is_the_product_in_the_order_of_its_digits() -> None:
    assert (len(SPACE), SPACE.choices) == (6_561, (3,) * 8)
    assert [SPACE.format(arch) for arch in SPACE.archs] == [np.base_repr(i, 3).zfill(8) for i in range(6_561)]
    assert [SPACE.parse(SPACE.format(arch)) for arch in SPACE.archs] == list(SPACE.archs)


@pytest.mark.parametrize("text", ["", "0201210", "020121001", "02012103", "0201210a", "²2012100", "9" * 5000])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(
        ArchitectureError, match=r"^malformed architecture '.*': expected 8 digits, each below \(3, 3, 3,"
    ):
        SPACE.parse(text)


def test_a_negative_number_is_no_index() -> None:
    with pytest.raises(ArchitectureError, match=r"^index -2012100 is outside 0 \.\. 6560$"):
        SPACE.parse("-2012100")


def test_space_around_the_digits_is_ignored() -> None:
    assert SPACE.parse(" 02012100\n") == (0, 2, 0, 1, 2, 1, 0, 0)


def test_mutation_changes_one_layer_uniformly() -> None:
    parent, rng = (0, 1, 2, 0, 1, 2, 0, 1), stream(0, "test", "mutate")
    drawn: dict[Arch, int] = defaultdict(int)
    for _ in range(16_000):
        drawn[SPACE.mutate(parent, rng)] += 1
    assert drawn.keys() == set(SPACE.neighbours(parent))
    assert min(drawn.values()) > 880
    assert max(drawn.values()) < 1_120


def test_decisions_may_have_different_numbers_of_values() -> None:
    space, rng = DigitSpace("made", (2, 4)), stream(0, "test", "mutate")
    assert {space.mutate((1, 3), rng) for _ in range(200)} == {(0, 3), (1, 0), (1, 1), (1, 2)}
    assert (len(space), space.format((1, 3)), space.parse("13")) == (8, "13", (1, 3))


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("00000000", "00000000"),
        ("01010201", "01010210"),
        ("10201102", "10210120"),
        ("02012100", "02012100"),
        ("00101202", "00110220"),
        ("22222222", "22222222"),
    ],
)
def test_layers_that_do_nothing_go_to_the_end_of_their_stage(text: str, same: str) -> None:
    assert SPACE.format(SPACE.canonical(SPACE.parse(text))) == same


def test_3969_networks_are_distinct() -> None:
    classes = np.array(SPACE.classes)
    assert len(set(SPACE.classes)) == 9 * 21 * 21 == 3_969
    assert (classes[classes] == classes).all()
    assert (classes <= EVERY).all()
    for index in (0, 1, 3, 4_000, 6_560):
        assert SPACE.canonical(SPACE.archs[classes[index]]) == SPACE.canonical(SPACE.archs[index])


# files made here


def records() -> Records:
    """Accuracies that are counts of images, and 32-bit as in the published file."""
    made: Records = {}
    for index, arch in enumerate(SPACE.archs):
        accuracies = [float(np.float32((5_000 + index % 4_000 + 10 * run) / 100)) for run in range(3)]
        made[SPACE.format(arch)] = {
            "test_acc": accuracies,
            "mean_acc": float(np.mean(accuracies)),
            "std": float(np.std(accuracies)),
            "params": 400_000 + index,
            "flops": 9_000_000 + 10 * index,
        }
    return dict(sorted(made.items(), key=lambda item: item[0][::-1]))


GOOD = records()


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Path]:
    """Writes a file, and makes its checksum the published one."""

    def write(content: Any) -> Path:
        path = tmp_path / "files" / "nas-bench-macro_cifar10.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else json.dumps(content).encode())
        sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
        source = replace(macro.CONVERTER.sources[0], sha256=sha256)
        monkeypatch.setattr(macro, "CONVERTER", replace(macro.CONVERTER, sources=(source,)))
        return path

    return write


@pytest.fixture
def table(published: Callable[[Any], Path]) -> NASBenchMacro:
    convert.import_table("nasbench_macro", published(GOOD), quiet)
    return NASBenchMacro()


def test_the_table_states_what_it_is(table: NASBenchMacro) -> None:
    require_as_said(table)
    assert (table.label, table.epochs, table.runs, table.resumable) == ("nasbench_macro/cifar10", (50,), 3, False)
    assert table.judged_on == "held-out runs"
    assert table.cost_model == "the file holds no times: every training counts 1 simulated second"
    column = table.manifest.column("cifar10", "accuracy", "validation", 50)
    assert column.origin.startswith("test accuracy, there is no validation set: ")
    assert not [column for column in table.manifest.columns if column.split == "test"]
    assert NASBenchMacro.datasets() == ["cifar10"]
    assert (table.manifest.licence, table.manifest.runs) == ("Apache-2.0", ["0", "1", "2"])


def test_what_is_imported_is_what_the_file_holds(table: NASBenchMacro) -> None:
    expected = np.array([GOOD[SPACE.format(arch)]["test_acc"] for arch in SPACE.archs])
    np.testing.assert_allclose(table.observations, expected, atol=1e-5)
    assert (table.values("parameters") == 400_000 + EVERY).all()
    assert (table.values("flops") == 9_000_000 + 10 * EVERY).all()
    oracle = table.oracle()
    assert [oracle(777, 50, word) for word in range(3)] == [((57.77,), 1.0), ((57.87,), 1.0), ((57.97,), 1.0)]


def test_a_search_is_scored_on_the_two_runs_that_it_did_not_see(table: NASBenchMacro) -> None:
    referee = table.referee()
    index = np.array([777, 777, 777])
    assert referee.test(index, np.array([57.77, 57.87, 57.97])) == pytest.approx([57.92, 57.87, 57.82])
    assert referee.validation(index) == pytest.approx([57.87] * 3)
    result = nasbed.search("random_search", table, budget={"evaluations": 30}, seed=1)
    assert result.incumbent is not None
    values = table.observations[SPACE.index(result.incumbent.arch)]
    others = [value for value in values if abs(value - result.incumbent.value) > 1e-9]
    assert len(others) == 2
    assert result.scores()["test"] == pytest.approx(np.mean(others))


def test_a_budget_in_seconds_counts_trainings(table: NASBenchMacro) -> None:
    result = nasbed.search("random_search", table, budget={"seconds": 25})
    assert len(result.outcomes) == 25


def test_the_mean_over_all_runs_is_refused(table: NASBenchMacro) -> None:
    with pytest.raises(OptionError, match=r"noise = 'mean' sees every run of nasbench_macro/cifar10"):
        table.oracle("mean")


def test_parameters_and_flops_are_objectives(table: NASBenchMacro) -> None:
    several = NASBenchMacro(objectives=["accuracy", "flops", "parameters"])
    assert [(o.unit, o.maximise) for o in several.objectives] == [
        ("%", True),
        ("multiply-accumulates", False),
        ("parameters", False),
    ]
    assert several.oracle()(5, 50, 0) == ((50.05, -9_000_050.0, -400_005.0), 1.0)


def test_the_same_network_counts_once(table: NASBenchMacro) -> None:
    first, second = (SPACE.index(SPACE.parse(text)) for text in ("00010000", "00001000"))
    assert len(set(table.referee().distinct(np.array([first, second])).tolist())) == 1


@here_and_elsewhere
def test_it_conforms(table: NASBenchMacro, elsewhere: bool) -> None:
    assert broken("nasbench_macro", elsewhere) == []


def changed(**record: Any) -> Records:
    return {**GOOD, "12012012": {**GOOD["12012012"], **record}}


def without(name: str) -> Records:
    return {**GOOD, "12012012": {k: v for k, v in GOOD["12012012"].items() if k != name}}


@pytest.mark.parametrize(
    ("content", "message"),
    sampled(
        [
            (json.dumps(GOOD).encode()[:-100], "is no JSON file: "),
            (b"", "is no JSON file: "),
            (b"\xff\xfe\x00", "is no JSON file: "),
            (b"[" * 100_000, "is no JSON file: "),
            ([], "0 architectures of eight digits 0, 1, 2; expected 6,561 and nothing else"),
            (
                dict(list(GOOD.items())[1:]),
                "6,560 architectures of eight digits 0, 1, 2; expected 6,561 and nothing else",
            ),
            ({**GOOD, "00000003": GOOD["00000000"]}, "6,561 architectures of eight digits 0, 1, 2; expected 6,561"),
            ({**GOOD, "12012012": [1, 2]}, "architecture 12012012 has no params and flops that are whole numbers"),
            (without("params"), "architecture 12012012 has no params and flops"),
            (changed(flops=1.5), "architecture 12012012 has no params and flops"),
            (changed(flops=10**12), "architecture 12012012 has no params and flops"),
            (without("test_acc"), "architecture 12012012 has test_acc None; expected 3 accuracies"),
            (changed(test_acc=[90.0, 91.0]), "architecture 12012012 has test_acc [90.0, 91.0]; expected 3 accuracies"),
            (changed(test_acc=[90.0, 91.0, 90.005]), "architecture 12012012: 90.005 % is not a count of 10,000 images"),
            (changed(test_acc=[90.0, 91.0, 100.5]), "architecture 12012012: 100.5 % is not a count of 10,000 images"),
            (changed(test_acc=[90.0, 91.0, -1.0]), "architecture 12012012: -1.0 % is not a count of 10,000 images"),
            (changed(test_acc=[90.0, 91.0, "92"]), "architecture 12012012: '92' % is not a count of 10,000 images"),
            (
                changed(test_acc=[90.0, 91.0, float("nan")]),
                "architecture 12012012: nan % is not a count of 10,000 images",
            ),
        ],
        4,
    ),
    ids=range(18),
)
def test_other_files_are_refused_and_leave_nothing(
    content: Any, message: str, published: Callable[[Any], Path], own_home: Path
) -> None:
    path = published(content)
    with pytest.raises(DataError, match=re.escape(message)) as refused:
        convert.import_table("nasbench_macro", path, quiet)
    assert str(refused.value).startswith(str(path))
    assert list(own_home.iterdir()) == []


def test_a_file_with_another_checksum_is_refused(tmp_path: Path) -> None:
    (tmp_path / "nas-bench-macro_cifar10.json").write_text(json.dumps(GOOD))
    with pytest.raises(DataError, match=r"is not the published nas-bench-macro_cifar10\.json: its SHA-256 differs"):
        convert.import_table("nasbench_macro", tmp_path, quiet)


def test_without_the_table_the_remedy_is_said() -> None:
    with pytest.raises(NasbedError, match=r"get it with nasbed data fetch nasbench_macro"):
        nasbed.load_benchmark("nasbench_macro")
    with pytest.raises(NasbedError, match=r"nasbench_macro"):
        home.load("nasbench_macro")


# the published file


def counted(text: str) -> tuple[int, int]:
    """Parameters and multiply-accumulates of a network, from its structure."""
    channels, side, place = 32, 32, 0
    parameters, operations = 3 * 9 * 32 + 2 * 32, 3 * 9 * 32 * 32 * 32
    for count in (2, 3, 3):
        for layer in range(count):
            block, before, full = int(text[place]), channels, side
            place += 1
            if layer == 0:
                channels, side = 2 * channels, side // 2
            if block == 0:
                if layer == 0:
                    parameters += before * channels + 2 * channels
                    operations += before * channels * side**2
                continue
            expansion, kernel = ((3, 3), (6, 5))[block - 1]
            wide = expansion * before
            parameters += before * wide + kernel**2 * wide + wide * channels + 4 * wide + 2 * channels
            operations += before * wide * full**2 + (kernel**2 * wide + wide * channels) * side**2
    head = channels * 1280
    return parameters + head + 2 * 1280 + 1280 * 10 + 10, operations + head * side**2 + 1280 * 10


@needs_shared
def test_the_published_file_is_imported_whole() -> None:
    convert.import_table("nasbench_macro", SHARED / "data" / "nas-bench-macro", quiet)
    table = NASBenchMacro()
    values = table.observations
    assert values.shape == (6_561, 3)
    assert (values.min(), values.max()) == (45.32, 93.45)
    referee = table.referee()
    assert referee.best() == pytest.approx((93.12666667, 93.12666667))
    best = np.flatnonzero(referee.validation(EVERY) > 93.1266)
    assert [SPACE.format(SPACE.archs[index]) for index in best] == ["22212202", "22212220"]
    assert values.std(axis=1).mean() == pytest.approx(0.15104, abs=5e-6)
    assert floor(referee, referee, "draw") == pytest.approx((0.0669, 0.2274), abs=5e-5)


@needs_shared
def test_the_published_sizes_follow_from_the_structure_of_the_space() -> None:
    convert.import_table("nasbench_macro", SHARED / "data" / "nas-bench-macro", quiet)
    table = NASBenchMacro()
    expected = np.array([counted(SPACE.format(arch)) for arch in SPACE.archs])
    assert (table.values("parameters") == expected[:, 0]).all()
    assert (table.values("flops") == expected[:, 1]).all()


@needs_shared
def test_networks_that_are_the_same_have_the_same_published_record() -> None:
    convert.import_table("nasbench_macro", SHARED / "data" / "nas-bench-macro", quiet)
    table = NASBenchMacro()
    classes = table.representatives()
    assert (table.observations == table.observations[classes]).all()
    assert len(np.unique(table.observations, axis=0)) == len(np.unique(classes)) == 3_969
