"""Studies on real training: recorded, replayed, their trainings shared, and their incumbents trained anew."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from deadly import Deadly
from tiny_images import tiny_file

pytest.importorskip("torch", reason="needs torch: pip install '.[train]'")

import nasbed
from nasbed.benchmarks.training.local.trainings import TrainingTable
from nasbed.reports.writing import write_tables
from nasbed.studies.shards import read_shard
from nasbed.tables.captions import caption

NAMES = ["architecture", "epochs", "trial", "accuracy", "last", "seed"]


def study(
    folder: Path, budget: str = "epochs = 12", strategies: tuple[str, ...] = ("random_search", "asha")
) -> nasbed.Study:
    entries = "".join(f'[[strategy]]\nuse = "{name}"\n' for name in strategies)
    return nasbed.Study.parse(
        f'name = "tiny"\nseeds = 2\nbudget = {{ {budget} }}\n[[benchmark]]\nuse = "chain"\ndata = "{tiny_file(folder)}"\n'
        f"epochs = [1, 3]\nretrainings = 2\n{entries}"
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[nasbed.Study, Path]:
    folder = tmp_path_factory.mktemp("trained")
    made = study(folder)
    nasbed.run_study(made, folder / "results")
    return made, folder / "results"


def answers(folder: Path) -> dict[str, Any]:
    return {path.parent.name: read_shard(path) for path in sorted((folder / "answers").glob("*/*.parquet"))}


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*.json*"))}


def test_what_a_study_on_training_leaves(run: tuple[nasbed.Study, Path]) -> None:
    _, folder = run
    results = nasbed.Results.load(folder)
    (label,) = results.benchmarks
    assert label == "chain/tiny"
    finals = results.finals()
    assert finals["test"].between(0, 100).all()
    assert finals["validation"].between(0, 100).all()
    assert finals["test_regret"].isna().all()
    assert finals["seconds"].between(1e-4, 600).all()
    assert len(list((folder / "records").glob("*/seed-*.jsonl"))) == 4
    trained = {training.epochs for _, training in TrainingTable(folder / "trainings")}
    assert trained == {1, 3}
    assert not list((folder / "trainings").rglob("*.checkpoint"))
    incumbents = {index for series in results.series for index in series.runs.incumbent.tolist()}
    assert len(list(TrainingTable(folder / "retrainings"))) == 2 * len(incumbents)
    summary = results.summary()
    assert {"validation_mean", "test_mean"} <= set(summary.columns)
    told = caption(results)
    assert (
        "each incumbent was trained anew, with 2 seeds that no search used, and its test score is their mean; that took"
        in told
    )
    assert re.search(r"that took [0-9.e-]+ minutes in all, which are in no budget\.", told)
    assert "seconds of real time" in told
    assert "simulated" not in told
    curves = results.curves()
    assert set(curves["metric"]) == {"validation"}, "what was returned alone is known on test"
    assert curves.loc[curves["metric"] == "validation", "mean"].notna().any()
    frame = results.retrainings()
    assert len(frame) == 2 * 3 * len(incumbents)
    assert set(frame["split"]) == {"train", "validation", "test"}
    assert (
        frame[["accuracy", "loss", "precision", "recall", "f1", "parameters", "flops", "seconds_an_epoch"]]
        .notna()
        .all(axis=None)
    )
    assert (frame["peak_memory"] > 1e6).all()
    head, *_ = (line for line in nasbed.comparison_table(results, "markdown").splitlines() if line.startswith("| str"))
    assert "| strategy | best-seen validation | Δ [95 %] | test | Δ [95 %] | wins | evaluations |" in head
    assert "floor" not in nasbed.comparison_table(results)
    curves = frame.set_index("split")["accuracy_by_epoch"]
    assert curves["validation"].map(lambda curve: curve[-1]).tolist() == (
        frame.loc[frame["split"] == "validation", "accuracy"].tolist()
    )
    assert curves["test"].isna().all(), "nothing looks at test before the end"
    write_tables(results, folder, figures=False)
    assert (folder / "retrainings.csv").read_text().count("\n") == len(frame) + 1
    judged, chosen = results.benchmarks[label], results.series[0].runs.incumbent
    made = [judged._benchmark.retrained(index, str(folder / "retrainings")) for index in chosen.tolist()]
    means = np.array([np.mean([one.scores["test"]["accuracy"] for one in each]) for each in made])
    assert judged.referee().test(chosen) == pytest.approx(means)


def test_nothing_is_trained_when_a_study_is_run_again(run: tuple[nasbed.Study, Path]) -> None:
    made, folder = run
    before = contents(folder / "trainings") | contents(folder / "retrainings")
    nasbed.run_study(made, folder)
    assert before == contents(folder / "trainings") | contents(folder / "retrainings")


def test_recorded_answers_are_given_again_after_a_kill(run: tuple[nasbed.Study, Path], tmp_path: Path) -> None:
    made, folder = run
    copied = tmp_path / "results"
    shutil.copytree(folder, copied)
    before = answers(copied)
    shutil.rmtree(copied / "answers")
    shutil.rmtree(copied / "trainings")  # the records alone say what was answered
    nasbed.run_study(made, copied)
    assert not (copied / "trainings").exists()
    for name, columns in answers(copied).items():
        for column, values in columns.items():
            assert np.array_equal(values, before[name][column], equal_nan=values.dtype.kind == "f"), (name, column)


@pytest.mark.thorough
def test_processes_change_nothing_but_seconds(run: tuple[nasbed.Study, Path], tmp_path: Path) -> None:
    made, folder = run
    nasbed.run_study(made, tmp_path / "results", engine="local:2")
    before = answers(folder)
    for name, columns in answers(tmp_path / "results").items():
        for column in NAMES:
            assert np.array_equal(columns[column], before[name][column]), (name, column)


def test_strategies_share_trainings_unless_seconds_are_the_budget(tmp_path: Path) -> None:
    twins = study(tmp_path, "evaluations = 2", ("random_search", "local_search"))
    results = nasbed.run_study(twins, tmp_path / "shared")
    architectures = [set(series.records["architecture"]) for series in results.series]
    assert architectures[0] & architectures[1], "both begin with the same samples"
    pairs = [series.records[["architecture", "seed"]].itertuples(index=False) for series in results.series]
    distinct = {tuple(one) for each in pairs for one in each}
    assert len(list(TrainingTable(tmp_path / "shared" / "trainings"))) == len(distinct) < 8
    timed = study(tmp_path, "seconds = 0.4", ("random_search",))
    timed_results = nasbed.run_study(timed, tmp_path / "timed")
    folders = sorted(path.name for path in (tmp_path / "timed" / "trainings").glob("*/*"))
    assert folders == ["seed-000000", "seed-000001"]
    assert (timed_results.evaluations()["time"] <= 0.4).all()


def test_fresh_runs_train_anew(tmp_path: Path) -> None:
    made = study(tmp_path, "evaluations = 1", ("random_search",)).with_seeds(1)
    nasbed.run_study(made, tmp_path / "results")
    (record,) = (tmp_path / "results" / "records").glob("*/*")
    first = record.read_text().splitlines()
    nasbed.run_study(made, tmp_path / "results", fresh=True)
    second = record.read_text().splitlines()
    assert len(first) == len(second) == 2
    assert first[0] == second[0]
    assert first[1] != second[1], "seconds are measured anew"


def test_results_can_be_read_before_their_incumbents_were_trained_anew(
    run: tuple[nasbed.Study, Path], tmp_path: Path
) -> None:
    _, folder = run
    shutil.copytree(folder, tmp_path / "results")
    shutil.rmtree(tmp_path / "results" / "retrainings")
    results = nasbed.Results.load(tmp_path / "results")
    assert results.finals()["test"].isna().all()
    assert results.finals()["validation"].notna().all()
    assert "chain/tiny" in nasbed.comparison_table(results)


def test_halves_are_searched_one_after_the_other(tmp_path: Path) -> None:
    text = study(tmp_path, "evaluations = 4", ("random_search",)).text
    turns = text.replace("retrainings = 2\n", 'retrainings = 1\nsearch = ["architecture", "hyperparameters"]\n')
    results = nasbed.run_study(nasbed.Study.parse(turns).with_seeds(1), tmp_path / "results")
    space = results.series[0].searched.space
    texts = [space.format(space.at(number)) for number in results.series[0].records["architecture"].tolist()]
    first, second = ([one.split(" | ") for one in part] for part in (texts[:2], texts[2:]))
    assert {training for _, training in first} == {"adam rate 0.001 batch 32 decay 0"}
    assert len({layers for layers, _ in second}) == 1
    assert {layers for layers, _ in second} <= {layers for layers, _ in first}
    assert "50% to 100% of the budget: searching the hyperparameters alone" in caption(results)
    for given, message in (
        ("[]", "search = []; expected halves"),
        ('["layers"]', "unknown half of a joint space 'layers'"),
    ):
        with pytest.raises(nasbed.errors.NasbedError, match=re.escape(message)):
            nasbed.Study.parse(turns.replace('["architecture", "hyperparameters"]', given))
    with pytest.raises(nasbed.errors.StudyError, match="stands beside stages; keep one of them"):
        nasbed.Study.parse(turns.replace("search = [", "stages = []\nsearch = ["))


def test_the_stages_of_a_network_are_an_option_and_those_of_a_search_a_rule() -> None:
    def parsed(use: str, stages: str) -> nasbed.Study:
        return nasbed.Study.parse(
            f'name = "staged"\nseeds = 2\nbudget = {{ evaluations = 2 }}\n[[benchmark]]\nuse = "{use}"\n'
            f'epochs = [1]\nstages = {stages}\n[[strategy]]\nuse = "random_search"\n'
        )

    network, search = parsed("cells", "2").targets[0], parsed("cells", "[{ until = 0.5, epochs = 1 }, {}]").targets[0]
    assert (network.entry.options["stages"], network.stages) == (2, ())
    assert "stages" not in search.entry.options
    assert len(search.stages) == 2
    with pytest.raises(nasbed.errors.NasbedError, match=r"stages = 2; expected a list such as"):
        parsed("chain", "2")


@pytest.mark.thorough
def test_a_training_that_kills_its_process_has_failed(tmp_path: Path) -> None:
    made = nasbed.Study.parse(
        'name = "deadly"\nseeds = 1\nbudget = { evaluations = 6 }\nrepeats = "refuse"\n[[benchmark]]\nuse = "deadly:Deadly"\n'
        '[[strategy]]\nuse = "random_search"\n'
    )
    results = nasbed.run_study(made, tmp_path / "results")
    records = results.evaluations()
    dead = records["architecture"] < 3
    assert dead.any()
    assert not dead.all()
    assert records["value"].isna().tolist() == dead.tolist()
    assert (records["cost"] > 0).all()
    best = results.finals()["validation"].item()
    assert best == records["value"].max() >= 10
    assert Deadly.supervised
