"""LCBench by its surrogate: the space, the model, what a search is answered, and the published file."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
import tiny_surrogate
from places import SHARED, needs_shared
from typer.testing import CliRunner

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.convert import lcbench as converter
from nasbed.benchmarks.lcbench import LCBench, cumulative
from nasbed.benchmarks.spaces.lcbench import GRIDS, TASKS, described, space_of
from nasbed.benchmarks.tables import surrogate
from nasbed.benchmarks.tables.manifest import Manifest
from nasbed.benchmarks.tables.surrogate import Batches, Surrogate
from nasbed.check import check_benchmark
from nasbed.commands import catalogue
from nasbed.commands.cli import app
from nasbed.errors import (
    ArchitectureError,
    BenchmarkError,
    BudgetError,
    DataError,
    NasbedError,
    OptionError,
    StrategyError,
)
from nasbed.streams import Stream, stream
from nasbed.vocabulary import Proposal, Proposals, Script, Task

SPACE = space_of("fitted")
TEXT = "num_layers=3,max_units=256,batch_size=91,learning_rate=0.00316,momentum=0.54,weight_decay=0.05,max_dropout=0.5"
CONTINUOUS = [91.0, 0.00316, 0.54, 0.05, 3.0, 256.0, 0.5]
"""The default in the order of the model, without the epoch."""
FILES = SHARED / "data" / "lcbench-surrogate"


def quiet(what: str, done: int, total: int) -> None:
    assert what


@pytest.fixture(scope="module", autouse=True)
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data home with the tiny surrogate."""
    home = tiny_surrogate.imported(tmp_path_factory.mktemp("home"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(home))
        yield home


# the space


def test_the_space_is_a_grid_over_the_published_ranges() -> None:
    assert SPACE.size == 4 * 17 * 21 * 31 * 23 * 101 * 21
    assert space_of("published").size == 5 * 17 * 21 * 31 * 24 * 101 * 21
    values = {variable.name: variable.values for variable in GRIDS["fitted"]}
    assert values["batch_size"][::4] == (16, 32, 64, 128, 256, 512)
    assert values["learning_rate"][::10] == (0.0001, 0.001, 0.01, 0.1)
    assert values["max_units"][::4] == (64, 128, 256, 512, 1024)
    assert all(len(set(one)) == len(one) and list(one) == sorted(one) for one in values.values())


def test_texts_say_a_configuration_and_what_is_off_the_grid_is_refused_with_the_nearest() -> None:
    assert SPACE.format(SPACE.default) == TEXT
    assert SPACE.parse(TEXT.replace("0.00316", "3.16e-3")) == SPACE.default
    with pytest.raises(
        ArchitectureError, match=r"^learning_rate = '0\.003' is not on the grid; did you mean 0\.00316\? known: 0"
    ):
        SPACE.parse(TEXT.replace("0.00316", "0.003"))
    with pytest.raises(ArchitectureError, match=r"num_layers = '5' .* did you mean 4\? known: 1, 2, 3, 4$"):
        SPACE.parse(TEXT.replace("layers=3", "layers=5"))
    with pytest.raises(ArchitectureError, match=r"\.\.\., 0\.1 \(101 values\)$"):
        SPACE.parse(TEXT.replace("decay=0.05", "decay=7"))


def test_neighbours_are_a_step_away_and_mutants_differ_in_one_decision() -> None:
    around, rng = SPACE.neighbours(SPACE.default), stream(0, "lcbench", "test")
    assert len(around) == 14
    assert all(sum(abs(a - b) for a, b in zip(arch, SPACE.default, strict=True)) == 1 for arch in around)
    assert len(SPACE.neighbours(SPACE.at(0))) == 7
    mutants = [SPACE.mutate(SPACE.default, rng) for _ in range(50)]
    assert {sum(a != b for a, b in zip(arch, SPACE.default, strict=True)) for arch in mutants} == {1}
    assert max(abs(a - b) for arch in mutants for a, b in zip(arch, SPACE.default, strict=True)) > 5


def test_vectors_are_places_on_the_grid_between_0_and_1() -> None:
    last = SPACE.at(SPACE.size - 1)
    assert SPACE.encode(last, "ordinal").tolist() == [1.0] * 7
    assert SPACE.encode(SPACE.default, "ordinal")[[0, 1, 6]].tolist() == [2 / 3, 0.5, 0.5]


# the model


def by_rows(inputs: Sequence[np.ndarray]) -> np.ndarray:
    """A model whose sums depend on how many rows there are, as those of kernels do."""
    return np.asarray(inputs[0] * np.float32(1 + 1e-6 * (len(inputs[0]) > surrogate.ROWS)), dtype=np.float32)


@pytest.mark.parametrize("rows", [1, 3, 4, 5, 260])
def test_an_answer_does_not_depend_on_what_else_is_asked(rows: int) -> None:
    given = np.linspace(1, 2, rows, dtype=np.float32)[:, None]
    batches = Batches(by_rows)
    alone = np.concatenate([Batches(by_rows).answers([given[[place]]]) for place in range(rows)])
    assert np.array_equal(batches.answers([given]), alone)
    assert batches.together is (None if rows <= surrogate.ROWS else False)


def test_rows_are_asked_in_one_call_where_that_gives_the_same_bits() -> None:
    calls: list[int] = []

    def run(inputs: Sequence[np.ndarray]) -> np.ndarray:
        calls.append(len(inputs[0]))
        return 2 * inputs[0]

    batches, given = Batches(run), np.arange(9.0)[:, None]
    batches.answers([given])
    calls.clear()
    assert batches.answers([given]).tolist() == (2 * given).tolist()
    assert (batches.together, calls) == (True, [12])


def test_each_process_loads_the_model_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    original = surrogate._opened
    monkeypatch.setattr(surrogate, "_opened", lambda one: opened.append(one.file) or original(one))
    monkeypatch.setattr(surrogate, "_LOADED", {})
    for process in (1, 1, 2):
        monkeypatch.setattr(os, "getpid", lambda process=process: process)
        LCBench().query(np.array([0]))
    assert opened == ["model.onnx"] * 2


def test_without_onnxruntime_the_remedy_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surrogate, "_LOADED", {})
    monkeypatch.setattr(surrogate, "find_spec", lambda name: None)
    with pytest.raises(
        OptionError, match=r"is a surrogate, which onnxruntime computes, .* pip install '\.\[surrogate\]'"
    ):
        LCBench().query(np.array([0]))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"no model", r"model\.onnx is no model that onnxruntime .* can load"),
        (
            tiny_surrogate.model(continuous=7),
            r"takes x_cat .* x_cont \(tensor\(float\), 7\) and gives \[6\] .* another model",
        ),
        (tiny_surrogate.model(outputs=5), r"gives \[5\] numbers a row; expected .* and \[6\]: it is another model"),
    ],
    ids=["garbage", "inputs", "outputs"],
)
def test_another_model_is_refused_when_it_is_imported(content: bytes, problem: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=problem):
        converter.convert(tiny_surrogate.written(tmp_path, model=content), tmp_path / "out", quiet)
    assert not (tmp_path / "out").exists()


def test_a_model_that_answers_no_numbers_has_failed(tiny: Path) -> None:
    model = Surrogate(Manifest.load(tiny / "lcbench"), "model.onnx", converter.INPUTS, converter.OUTPUTS)
    with pytest.raises(BenchmarkError, match="answered what is no finite number"):
        model.answers(np.ones((1, 1)), np.full((1, 8), np.nan))


# its files


@pytest.mark.parametrize(
    ("file", "old", "new", "problem"),
    [
        (
            "config_space.json",
            b'"upper": 1024',
            b'"upper": 2048',
            r"has max_units = \{.*; expected int from 64 to 1024",
        ),
        (
            "config_space.json",
            b'"lower": 0.0001',
            b'"lower": "a"',
            "has learning_rate = .*; expected float from 0.0001 to 0.1",
        ),
        ("config_space.json", b'"3945", ', b"", "has the data sets .* expected the 34 published ones in both"),
        ("config_space.json", b"hyperparameters", b"hyper", r"is not as published \(KeyError: 'hyperparameters'\)"),
        ("encoding.json", b'"3945": 1', b'"3945": "1"', "expected the 34 published ones in both"),
        ("encoding.json", b"{", b"", "is not as published"),
    ],
)
def test_a_description_of_another_space_is_refused(file: str, old: bytes, new: bytes, problem: str) -> None:
    files = tiny_surrogate.described()
    assert old in files[file]
    files[file] = files[file].replace(old, new)
    with pytest.raises(DataError, match=problem):
        described(*files.values())


def test_only_the_published_files_are_imported(tmp_path: Path) -> None:
    tiny_surrogate.written(tmp_path)
    with pytest.raises(
        DataError, match=r"is not the published config_space\.json: its SHA-256 differs; get the published file again$"
    ):
        convert.import_table("lcbench", tmp_path, quiet)
    with pytest.raises(DataError, match="lcbench is not downloaded: get its official files, then nasbed data import"):
        convert.fetch_table("lcbench", None, quiet)


def shown(*words: str) -> str:
    """What a command prints."""
    found = CliRunner().invoke(app, list(words), env={"COLUMNS": "200"})
    assert found.exit_code == 0, found.output
    return found.stdout


def test_the_listing_says_that_it_is_a_surrogate_and_a_training_can_be_resumed() -> None:
    listed = shown("list", "benchmarks", "lcbench")
    for line in (
        f"space: lcbench, fitted grid, {SPACE.size:,} architectures; encodings: one_hot, ordinal",
        "fidelities (epochs): 1 to 51, 52*; a training can be resumed",
        "answers: of a surrogate, a model that was fitted to the learning curves of LCBench; none is of a training",
        "judged on: test, as the surrogate says it",
    ):
        assert f"\n{line}\n" in listed
    assert "**" not in listed
    (entry,) = catalogue.benchmarks("lcbench")
    assert entry["offers"]["surrogate"] == "the learning curves of LCBench"


def test_info_counts_what_the_listing_counts_and_shows_nothing_empty() -> None:
    said = shown("data", "info", "lcbench")
    assert f"\narchitectures: {SPACE.size:,}\n" in said
    assert "\nfiles:\n  config_space.json, SHA-256 " in said
    assert not re.search(r"^(members|study|decisions):|\{", said, re.MULTILINE)


def test_a_query_of_all_data_sets_is_one_table() -> None:
    said = shown("query", "lcbench", TEXT)
    rows = [line.split() for line in said.splitlines() if line.startswith(" lcbench/")]
    assert [row[0] for row in rows] == [f"lcbench/{task}" for task in TASKS]
    assert {len(row) for row in rows} == {6}
    assert float(rows[0][1]) == pytest.approx(LCBench().query(np.array([SPACE.index(SPACE.default)]))[0])
    assert said.endswith("what it is: surrogate of LCBench, not a training\n")
    assert len(shown("query", "lcbench", TEXT, "--dataset", "3945").splitlines()) < 14


def test_a_damaged_model_is_noticed(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert catalogue.verify(["lcbench"]) == [{"name": "lcbench", "columns": 0, "files": 3, "problem": None}]
    model = tiny / "lcbench" / "model.onnx"
    content = model.read_bytes()
    monkeypatch.setattr(surrogate, "_LOADED", {})
    for damaged in (content + b"x", None):
        model.write_bytes(damaged) if damaged else model.unlink()
        (found,) = catalogue.verify(["lcbench"])
        assert "import it again" in found["problem"]
        with pytest.raises(DataError, match=r"model\.onnx .*import it again"):
            LCBench().query(np.array([0]))
    model.write_bytes(content)
    with pytest.raises(
        DataError, match=r"lcbench has no file 'other'; it has config_space\.json, encoding\.json, model\.onnx"
    ):
        Manifest.load(tiny / "lcbench").file("other")


# what a search is answered


def test_answers_are_those_of_the_model_in_our_units() -> None:
    named = ("balanced_accuracy", "accuracy", "cross_entropy")
    benchmark, index = LCBench("7593", epochs=[4, 52], objectives=named), SPACE.index(SPACE.default)
    said = tiny_surrogate.expected(TASKS.index("7593") + 1, np.array([[epochs, *CONTINUOUS] for epochs in (4, 52)]))
    for place, epochs in enumerate((4, 52)):
        values, seconds = benchmark.oracle()(index, epochs, 5)
        seconds_said, accuracy, entropy, balanced = said[place, :4]
        assert values == pytest.approx((100 * balanced, accuracy, -entropy), rel=1e-5)
        assert seconds == pytest.approx(seconds_said, rel=1e-4)
    assert benchmark.oracle("mean")(index, 52, 0) == benchmark.oracle("run:0")(index, 52, 9)
    test = benchmark.referee().test(np.array([[index]]))
    assert test == pytest.approx(np.array([[100 * said[1, 5]]]), rel=1e-5)
    assert np.isnan(benchmark.referee().best()).all()


def test_batches_give_what_single_questions_do() -> None:
    benchmark, rng = LCBench(), stream(1, "lcbench", "test")
    index = np.array([[SPACE.index(SPACE.sample(rng)) for _ in range(3)] for _ in range(7)])
    asked = benchmark.query(index)
    assert asked.shape == index.shape
    alone = [[benchmark.oracle()(one, 52, 0)[0][0] for one in row] for row in index.tolist()]
    assert asked.tolist() == alone == benchmark.referee().validation(index).tolist()
    assert benchmark.query(np.array([], dtype=int)).shape == (0,)
    assert (benchmark.query(index, epochs=4) < asked).all()


def test_the_answers_after_52_epochs_are_the_same_whatever_else_is_offered() -> None:
    index = SPACE.index(SPACE.default)
    assert LCBench().oracle()(index, 52, 0) == LCBench(epochs=[1, 52]).oracle()(index, 52, 0)


def test_seconds_grow_along_a_curve_and_end_as_the_model_says() -> None:
    said = np.array([5.0, 3.0, 3.0, 4.0, 9.0])
    grown = cumulative(said)
    assert (np.diff(grown) > 0).all()
    assert (grown <= said).all()
    assert grown[-1] == 9.0
    assert grown == pytest.approx([3.0, 3.0, 3.0, 4.0, 9.0], rel=1e-5)
    with pytest.raises(DataError, match="says seconds that are not above 0"):
        cumulative(np.array([1.0, 0.0]))


def test_a_half_is_searched_with_the_other_frozen() -> None:
    part = LCBench(search="architecture", frozen=TEXT.replace("dropout=0.5", "dropout=0.0"))
    whole = LCBench()
    assert part.space.size == 4 * 17
    at = whole.space.parse(TEXT.replace("dropout=0.5", "dropout=0.0").replace("layers=3", "layers=1"))
    one = part.space.parse(part.space.format(part.space.default).replace("layers=3", "layers=1"))
    assert part.query(np.array([part.space.index(one)])) == whole.query(np.array([whole.space.index(at)]))
    assert part.label == "lcbench/3945, architecture alone"
    assert LCBench(grid="published").label == "lcbench/3945, published grid"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"dataset": "3946"}, "'3946'.* did you mean '3945'"),
        ({"objectives": ["accuracy"]}, r"the first is judged on test, .* balanced_accuracy alone; put it first"),
        ({"objectives": ["balanced_accuracy", "loss"]}, "'loss'"),
        ({"epochs": [53]}, r"epochs = \[53\]; expected a list of epochs in 1 \.\. 52"),
        ({"grid": "all"}, "'all'"),
        ({"search": "half"}, "'half'"),
        ({"epochs": 52}, r"epochs = 52; expected a list of whole numbers above 0, such as \[4, 13, 52\]"),
        ({"epochs": [True]}, r"epochs = \[True\]; expected a list of whole numbers"),
        ({"objectives": "accuracy"}, "objectives = 'accuracy'; expected a list of names, each once"),
        ({"objectives": ["balanced_accuracy"] * 2}, "expected a list of names, each once"),
        ({"dataset": 3945}, "unknown data set of lcbench 3945; did you mean '3945'"),
        ({"dataset": ["3945", "7593"]}, "lcbench is no table; only tables have a normalised mean of several data sets"),
        ({"grid": 1}, "unknown grid of lcbench 1; known: fitted, published"),
        ({"search": None}, "unknown .* None"),
        ({"search": "architecture", "frozen": "num_layers=3"}, "num_layers=3"),
        ({"search": "architecture", "frozen": 7.5}, "frozen = 7.5"),
        ({"frozen": TEXT}, "frozen"),
        ({"measures": ["flops"]}, "unknown option of lcbench 'measures'"),
    ],
)
def test_what_there_is_not_is_refused(options: dict[str, object], problem: str) -> None:
    with pytest.raises(NasbedError, match=problem):
        nasbed.load_benchmark("lcbench", **options)


def test_other_runs_and_epochs_are_refused() -> None:
    with pytest.raises(DataError, match="has no run 1: a surrogate has one answer, which is run 0"):
        LCBench().oracle("run:1")
    with pytest.raises(OptionError, match=r"epochs = 60; expected a whole number in 1 \.\. 52"):
        LCBench().query(np.array([0]), epochs=60)


def test_many_answers_are_not_all_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nasbed.benchmarks.lcbench._KEPT", 2)
    benchmark = LCBench()
    asked = [benchmark.oracle()(index, 52, 0) for index in (0, 1, 2, 0)]
    assert len(benchmark._known) == 2
    assert asked[0] == asked[3]


def calls_of(
    monkeypatch: pytest.MonkeyPatch, strategy: str, **options: object
) -> tuple[list[int], nasbed.SearchResult]:
    """How many configurations each call of the model was of, in a search with a new benchmark, and what it found."""
    rows: list[int] = []
    original = LCBench.outputs
    monkeypatch.setattr(
        LCBench, "outputs", lambda self, index, at: rows.append(len(index)) or original(self, index, at)
    )
    found = nasbed.search(strategy, LCBench(epochs=[2, 6, 17, 52]), options=options, budget={"epochs": 500}, seed=1)
    monkeypatch.setattr(LCBench, "outputs", original)
    return rows, found


def test_a_list_of_proposals_is_answered_by_one_call_of_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    rows, found = calls_of(monkeypatch, "hyperband")
    monkeypatch.setattr(LCBench, "expect", lambda self, index: None)
    alone, same = calls_of(monkeypatch, "hyperband")
    assert found.outcomes == same.outcomes
    assert set(alone) == {1}
    assert len(rows) * 5 < len(alone)
    assert rows[0] == len([one for one in found.outcomes if one.epochs == 2 and one.trial < rows[0]])


def test_a_list_that_is_not_asked_for_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nasbed.benchmarks.lcbench._KEPT", 3)
    benchmark = LCBench()
    oracle = benchmark.oracle()
    benchmark.expect([5, 6, 7, 8, 9])
    assert oracle(4, 52, 0) == LCBench().oracle()(4, 52, 0)
    assert list(benchmark._known) == [4, 5, 6]
    benchmark.expect([1])
    assert benchmark.oracle()(2, 52, 0) == LCBench().oracle()(2, 52, 0)
    assert list(benchmark._known) == [2]


def test_a_list_with_odd_proposals_is_refused_by_the_loop_and_not_by_the_model() -> None:
    class Odd(Script):
        def search(self, task: Task, rng: Stream) -> Proposals:
            yield [Proposal(SPACE.default), Proposal((9,) * 7), "arch"]  # type: ignore[list-item]

    with pytest.raises(StrategyError, match="which is outside the space"):
        nasbed.search(Odd(), LCBench(), budget={"evaluations": 5})


def test_budgets_in_seconds_are_checked_beforehand() -> None:
    benchmark, rng = LCBench(epochs=[2, 52]), stream(4, "lcbench", "test")
    index = [SPACE.index(SPACE.sample(rng)) for _ in range(200)]
    oracle = benchmark.oracle()
    corner = min(oracle(SPACE.index((0, 0, place, 0, 0, 0, 0)), 2, 0)[1] for place in (0, 20))
    assert benchmark.cheapest() == pytest.approx(
        0.8 * corner, rel=1e-4
    )  # all that the tiny surrogate counts is at an end of a grid
    assert benchmark.typical() == pytest.approx(np.mean([oracle(one, 52, 0)[1] for one in index]), rel=0.01)
    with pytest.raises(
        BudgetError, match=r"a budget of 5 simulated seconds allows no evaluation on lcbench/3945: the cheapest"
    ):
        nasbed.search("random_search", benchmark, budget={"seconds": 5})


def test_every_option_says_what_it_means() -> None:
    options = catalogue.benchmarks("lcbench")[0]["options"]
    assert all(option["help"] for option in options)


def test_a_search_goes_on_with_trainings_and_is_judged() -> None:
    benchmark = nasbed.load_benchmark("lcbench", epochs=[2, 6, 17, 52])
    found = nasbed.search("hyperband", benchmark, budget={"epochs": 300}, seed=0)
    assert sum(found.added) <= 300
    assert any(outcome.proposal.resume is not None for outcome in found.outcomes)
    assert found.scores()["test"] == benchmark.referee().test(np.array([found.incumbent.index]))[0]


def test_a_lookup_says_what_is_of_which_split() -> None:
    rows = {(row["metric"], row["split"], row["epochs"]) for row in LCBench(epochs=[4]).lookup(SPACE.default)}
    assert {("balanced_accuracy", "test", 52), ("accuracy", "validation", 4), ("training_time", "none", 52)} <= rows
    assert ("cross_entropy", "test", 52) not in rows


@pytest.mark.thorough
@pytest.mark.parametrize("options", [{}, {"epochs": [2, 9, 52], "objectives": ["balanced_accuracy", "cross_entropy"]}])
def test_it_keeps_the_rules(options: dict[str, object], tiny: Path) -> None:
    assert broken(dataset="189909", **options) == []


def broken(**options: object) -> list[str]:
    """The rules that it breaks with some options."""
    return [str(finding) for finding in check_benchmark("lcbench", **options) if not finding.holds]


# the published surrogate


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    home = tmp_path_factory.mktemp("published")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(home))
        convert.import_table("lcbench", FILES, quiet)
        yield


@needs_shared
@pytest.mark.usefixtures("published")
def test_the_published_surrogate_answers_the_same_in_every_batch() -> None:
    benchmark, rng = LCBench("167152"), stream(2, "lcbench", "test")
    index = np.array([SPACE.index(SPACE.sample(rng)) for _ in range(203)])
    asked = benchmark.query(index)
    assert asked.tolist() == [benchmark.oracle()(one, 52, 0)[0][0] for one in index.tolist()]
    assert 5 < asked.min() < 20 < 90 < asked.max() < 100


@needs_shared
@pytest.mark.thorough
@pytest.mark.usefixtures("published")
@pytest.mark.parametrize("dataset", TASKS)
def test_the_published_surrogate_keeps_the_rules_on_each_data_set(dataset: str) -> None:
    assert broken(dataset=dataset, epochs=[2, 6, 17, 52]) == []


@needs_shared
@pytest.mark.usefixtures("published")
def test_the_published_surrogate_gives_five_layers_what_nobody_trained() -> None:
    space, rng = space_of("published"), stream(3, "lcbench", "test")
    archs = [space.sample(rng) for _ in range(2_000)]
    found = LCBench("168908", grid="published").query(np.array([space.index(arch) for arch in archs]))
    layers = np.array([arch[0] for arch in archs]) + 1
    assert found[layers == 5].max() > found[layers < 5].max() + 3
    assert (layers[np.argsort(-found)[:20]] == 5).all()
