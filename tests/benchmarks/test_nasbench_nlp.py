"""NAS-Bench-NLP: trainings by cell, what is refused, and what is published."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import made_nlp as made
import numpy as np
import pytest
from places import SHARED, needs_shared
from scipy.stats import spearmanr

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.nasbench_nlp import NASBenchNLP
from nasbed.check import answers, benchmark_declarations, check_benchmark, scores, spaces, texts
from nasbed.check.subject import Subject
from nasbed.errors import ArchitectureError, DataError, UnknownNameError

FILE = SHARED / "data" / "nas-bench-nlp" / "logs.zip"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data home with the made-up table."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(folder))
        made.imported(folder)
        yield folder


def test_recipes_of_one_cell_are_its_runs_and_what_did_not_end_is_counted(home: Path) -> None:
    manifest = NASBenchNLP.own()
    assert (manifest.architectures, manifest.runs, manifest.epochs, manifest.resumable) == (
        10,
        ["0", "1", "2"],
        [50],
        True,
    )
    assert manifest.title == (
        "NAS-Bench-NLP on WikiText-2, a small table: 10 recurrent cells in 14 trainings; 2 that did not end are left out, and 1"
        " cells that have no other; in part: 16 of 345 trainings"
    )
    table = NASBenchNLP()
    assert [table.space.format(arch) for arch in table.space.archs] == [made.parse(text) for text in made.CELLS]
    assert (~np.isnan(table.observations)).sum(axis=1).tolist() == [3, 2, 2, *[1] * 7]
    assert table.observations[0] == pytest.approx([-4.54, -4.55, -4.56])


def test_epochs_are_points_of_one_training_that_is_resumed() -> None:
    table = nasbed.load_benchmark("nasbench_nlp", epochs=[1, 10, 50])
    assert (table.epochs, table.resumable, table.judged_on) == ((1, 10, 50), True, "test")
    oracle = table.oracle("run:0")
    values = [oracle(4, epochs, 0) for epochs in table.epochs]
    expected = [(4.9 + 2.08 / epochs, 104.0 * epochs) for epochs in (1, 10, 50)]
    assert [(-loss, cost) for (loss,), cost in values] == [pytest.approx(one) for one in expected]
    assert NASBenchNLP().resumable is False
    search = nasbed.search("successive_halving", table, budget={"seconds": 40_000})
    assert {outcome.epochs for outcome in search.outcomes} == {1, 10, 50}


def test_a_draw_replays_one_run_with_its_own_seconds() -> None:
    oracle = NASBenchNLP().oracle()
    seen = {oracle(0, 50, word) for word in range(60)}
    assert sorted(round(-loss, 6) for (loss,), _ in seen) == [4.54, 4.55, 4.56]
    assert sorted(round(cost, 6) for _, cost in seen) == [5_100, 5_105, 5_110]


def test_scores_are_those_of_the_end_and_test_is_apart() -> None:
    table = nasbed.load_benchmark("nasbench_nlp", epochs=[1, 10])
    referee = table.referee()  # type: ignore[attr-defined]
    assert referee.validation(np.array([0])) == pytest.approx([-4.55])
    assert referee.test(np.array([0])) == pytest.approx([-4.5])
    rows = table.lookup(table.space.at(0))  # type: ignore[attr-defined]
    assert {(row["metric"], row["split"]) for row in rows} == {
        ("loss", "train"), ("loss", "validation"), ("loss", "test"), ("training_time", "none"), ("parameters", "none"),
    }  # fmt: skip


def test_parameters_are_an_objective() -> None:
    table = nasbed.load_benchmark("nasbench_nlp", objectives=["loss", "parameters"])
    assert [(one.unit, one.maximise) for one in table.objectives] == [("nats a word", False), ("parameters", False)]
    assert table.oracle()(0, 50, 0)[0][1] == -15_066_078
    with pytest.raises(UnknownNameError, match=r"unknown data set of nasbench_nlp 'penn'; .*wikitext-2"):
        nasbed.load_benchmark("nasbench_nlp", dataset="penn")


def test_a_cell_is_read_as_text_as_recipe_and_as_number_and_one_without_training_is_refused() -> None:
    space = NASBenchNLP().space
    text = made.parse(made.CELLS[4])
    assert space.parse(text) == space.parse(json.dumps(made.recipe(text))) == space.parse("4") == space.archs[4]
    with pytest.raises(
        ArchitectureError, match="was not measured: it is not among the 10 architectures of 'nasbench_nlp"
    ):
        space.parse("|linear~x|tanh~1>h0|")
    with pytest.raises(ArchitectureError, match="a node reads node 2, which the cell does not have"):
        space.canonical((1, 1, 2, 0, 0, *(0,) * 5, 2, 6, 0, 0, 1, *(0,) * (len(space.choices) - 15)))
    assert (
        space.canonical((1, 1, 2, 0, 0, *(0,) * 5, 2, 5, 0, 0, 1, *(0,) * (len(space.choices) - 15))) == space.archs[0]
    )


@pytest.mark.parametrize("near", ["one_hot", "weisfeiler_lehman"])
def test_neighbours_are_the_three_nearest_and_all_as_near_both_ways(near: str) -> None:
    space = NASBenchNLP().space
    assert (space.near, space.nearest) == ("weisfeiler_lehman", 3)
    other = type(space)(list(made.CELLS))
    other.near = near
    vectors = other.encode_all(near)
    apart = np.abs(vectors[:, None] - vectors).sum(axis=2) + 1e9 * np.eye(len(vectors))
    reach = np.sort(apart, axis=1)[:, 2:3]
    near_by = (apart <= reach) | (apart <= reach).T
    for index, arch in enumerate(other.archs):
        assert [other.index(one) for one in other.neighbours(arch)] == np.flatnonzero(near_by[index]).tolist()


def test_encodings_are_what_they_say() -> None:
    space = NASBenchNLP().space
    first, blended, turned = space.archs[0], space.archs[4], space.archs[5]
    assert space.encode(first, "operations").tolist() == [1, 1, 0, 0, 0, 0, 0]
    assert space.encode(first, "path").sum() == 2
    assert space.encode(first, "adjacency").sum() == 3 + 2
    assert (
        space.encode(first, "weisfeiler_lehman").sum() == 6
    )  # linear once and, with what it reads, twice; tanh three ways
    assert not np.array_equal(space.encode(blended, "weisfeiler_lehman"), space.encode(turned, "weisfeiler_lehman"))
    assert np.array_equal(space.encode(blended, "operations"), space.encode(turned, "operations"))


@pytest.mark.parametrize(
    "rule",
    [
        benchmark_declarations.declarations_are_complete,
        answers.costs_grow_with_epochs,
        spaces.architectures_are_numbered,
        spaces.neighbours_are_symmetric,
        spaces.children_mix_their_parents,
        texts.texts_round_trip,
        texts.encodings_tell_architectures_apart,
        scores.scores_are_not_what_a_search_sees,
    ],
)
def test_a_rule_of_the_suite_holds(rule: Callable[[Subject], str | None]) -> None:
    rule(Subject("nasbench_nlp", {"epochs": [1, 5, 50], "objectives": ["loss", "parameters"]}))


# what is refused


NAN = float("nan")


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"val_losses": [4.0] * 49 + [NAN]}, r"_9\.json says that it ended well, and val_losses of epoch 50 is nan; expected a"),
        ({"val_losses": [4.0] * 49 + [400.0]}, r"val_losses of epoch 50 is 400; expected a number above 0 and below 100"),
        ({"wall_times": [4.0] * 49 + [0.0]}, r"says that it ended well, and wall_times of epoch 50 is 0; expected"),
        ({"val_losses": [4.0] * 49}, r"numbers of other epochs: 50 of wall_times, 50 of train_losses, 49 of val_losses"),
        ({"val_losses": "good"}, r"val_losses is 'good'; expected a list with a number for each epoch"),
        ({"val_losses": [None] * 50}, r"val_losses is \[None.*; expected a list with a number for each epoch"),
        ({"data": "data/penn"}, r"was trained on 'penn'; this table is of 'wikitext-2', and never mixes the two"),
        ({"nhid": 850}, r"has nhid = 850; every official training has 600"),
        ({"num_params": 7}, r"has 7 parameters, and its cell 15066078; the recipe is of another network"),
        ({"recepie": "{"}, r"_9\.json: the recipe '\{' is no JSON"),
        ({"recepie": None}, r"its recepie is None; expected the text of a recipe"),
        ({"recepie": '{"h_new_0": {"op": "relu", "input": ["x"]}}'}, r"unknown operation of node 'h_new_0' 'relu'; .*linear"),
    ],
)  # fmt: skip
def test_other_trainings_are_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], problem: str
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    with pytest.raises(DataError, match=problem):
        convert.import_table(
            "nasbench_nlp", made.logs(tmp_path / "logs.zip", [made.training(made.CELLS[0], **changed)]), made.quiet
        )
    assert not (tmp_path / "home" / "nasbench_nlp").exists()


def _zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def test_other_files_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    (plain := tmp_path / "plain.zip").write_text("nothing")
    (cut := tmp_path / "cut.zip").write_bytes(made.logs(tmp_path / "whole.zip").read_bytes()[:-50])
    one = json.dumps(made.training(made.CELLS[0])).encode()
    spoiled = bytearray(_zip(tmp_path / "spoiled.zip", {"a.json": one}).read_bytes())
    spoiled[len(one) // 2] ^= 1
    (tmp_path / "spoiled.zip").write_bytes(spoiled)
    for path, problem in (
        (plain, r"plain\.zip is no whole zip file: File is not a zip file; expected the official logs\.zip"),
        (cut, r"cut\.zip is no whole zip file: "),
        (tmp_path / "spoiled.zip", r"spoiled\.zip is no whole zip file: Bad CRC-32 for file 'a\.json'"),
        (tmp_path, r"is a folder; nasbench_nlp is made from the official file logs\.zip: name that"),
        (tmp_path / "absent.zip", r"does not exist; nasbench_nlp is made from"),
        (_zip(tmp_path / "a.zip", {"readme.txt": b""}), r"holds no training; expected files log_stats_model_ID_DATE_NUMBER\.json"),
        (_zip(tmp_path / "b.zip", {"a.json": b"{"}), r"b\.zip, a\.json is damaged: .*; get the official file again"),
        (_zip(tmp_path / "c.zip", {"a.json": b"[]"}), r"a\.json is damaged: it holds \[\]; expected an object"),
        (_zip(tmp_path / "d.zip", {"a.json": b"{}"}), r"says nothing of wall_times, train_losses, .*; expected a training as"),
        (_zip(tmp_path / "e.zip", {"a.json": one}), r"holds 1 cells with a training of 50 epochs; expected at least two"),
        (_zip(tmp_path / "f.zip", {f"{n}.json": one for n in range(346)}), r"holds 346 trainings; the official file has 345, so"),
    ):  # fmt: skip
        with pytest.raises(DataError, match=problem):
            convert.import_table("nasbench_nlp", path, made.quiet)
    assert not (tmp_path / "home" / "nasbench_nlp").exists()


def test_the_same_file_gives_the_same_bytes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    assert made.imported(tmp_path).checksum == NASBenchNLP.own().checksum
    backwards = list(reversed(made.trainings()))
    convert.import_table("nasbench_nlp", made.logs(tmp_path / "other.zip", backwards), made.quiet)
    assert NASBenchNLP().space.format(NASBenchNLP().space.archs[-1]) != made.parse(made.CELLS[-1])


# what is published


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NASBenchNLP]:
    """The table of the official file."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(tmp_path_factory.mktemp("published")))
        convert.import_table("nasbench_nlp", FILE, made.quiet)
        yield NASBenchNLP(epochs=[1, 5, 10, 50])


@needs_shared
def test_the_official_file_is_263_cells_and_the_lstm_is_best(published: NASBenchNLP) -> None:
    assert published.manifest.title == (
        "NAS-Bench-NLP on WikiText-2, a small table: 263 recurrent cells in 341 trainings; 4 that did not end are left out, and 2"
        " cells that have no other"
    )
    there = (~np.isnan(published.observations)).sum(axis=1)
    assert (there.sum(), (there > 1).sum(), there.max()) == (341, 51, 14)
    every = np.arange(263)
    validation, test = published.referee().validation(every), published.referee().test(every)
    assert (validation.max(), test[validation.argmax()]) == pytest.approx((-4.569470, -4.520790), abs=1e-6)
    assert published.space.format(published.space.archs[validation.argmax()]).count("sigm") == 2
    assert spearmanr(validation, test)[0] == pytest.approx(0.9997, abs=5e-5)
    full = published.query(every)
    after = [spearmanr(published.query(every, epochs=epochs), full)[0] for epochs in (1, 5, 10)]
    assert after == pytest.approx([0.782, 0.914, 0.949], abs=5e-4)


@needs_shared
def test_runs_of_one_cell_agree_whatever_its_recipe_is_called(published: NASBenchNLP) -> None:
    runs = [row[~np.isnan(row)] for row in published.observations]
    repeated = [row for row in runs if len(row) > 1]
    pooled = sum(row.var() * len(row) for row in repeated) / sum(len(row) - 1 for row in repeated)
    assert np.sqrt(pooled) == pytest.approx(0.0374, abs=5e-5)
    assert max(runs, key=len).std(ddof=1) < 0.006


@needs_shared
def test_every_cell_of_the_official_file_can_be_reached(published: NASBenchNLP) -> None:
    space = published.space
    reached, left = set[int](), [0]
    while left:
        reached.add(place := left.pop())
        left += [one for one in map(space.index, space.neighbours(space.archs[place])) if one not in reached]
    assert len(reached) == 263


@needs_shared
@pytest.mark.thorough
def test_the_official_table_conforms(published: NASBenchNLP) -> None:
    found = check_benchmark("nasbench_nlp", epochs=[1, 5, 50], objectives=["loss", "parameters"])
    assert [str(one) for one in found if not one.holds] == []
