"""The best of a study, and a search that ends in a trained network."""

from __future__ import annotations

import json
import re
import shutil
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from small_images import named_images, write_npz

import nasbed
from nasbed.benchmarks.training.local.trainings import ENDED, NO_MEMORY, NO_NUMBER, MadeTraining, TrainingTable
from nasbed.benchmarks.training.network_benchmark import NetworkBenchmark
from nasbed.errors import BudgetError, Interrupted, OptionError, StoreError, UnknownNameError, UnwiseWarning
from nasbed.progress import Counts, Course, happened
from nasbed.searches.result import SearchResult
from nasbed.searches.rules import Rules
from nasbed.training import searched
from nasbed.training.card import card
from nasbed.training.fitted import FittedNetwork
from nasbed.training.fitting import train
from nasbed.training.found import FoundBySearch, choice_in_words, failures_in_words, found_by
from nasbed.training.origins import best_of
from nasbed.vocabulary import Budget, Objective, Outcome, Proposal

BENCHMARK = (
    '[[benchmark]]\nuse = "chain"\ndata = "{data}"\nepochs = [1, 2]\nretrainings = 2\nsearch = "hyperparameters"\n'
)
STUDY = """
name = "few"
seeds = 2
budget = {{ evaluations = 2 }}
{benchmarks}
[[strategy]]
use = "random_search"
[[strategy]]
use = "local_search"
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study")
    data = write_npz(folder / "mine.npz")
    one = BENCHMARK.format(data=data)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore", UnwiseWarning)
        patch.setattr(
            NetworkBenchmark, "supervised", False
        )  # threads in place of processes, which take seconds to start
        nasbed.run_study(nasbed.Study.parse(STUDY.format(benchmarks=one)), folder / "out")
        two = one + one.replace("use", 'label = "again"\nuse')
        nasbed.run_study(nasbed.Study.parse(STUDY.format(benchmarks=two).replace("few", "two")), folder / "two")
    return folder / "out"


@pytest.mark.thorough
def test_the_best_of_a_study_is_that_of_its_retrainings(study: Path, tmp_path: Path) -> None:
    best = best_of(study)
    results = nasbed.Results.load(study)
    means = {}
    for series in results.series:
        scored = series.scored
        assert isinstance(scored, NetworkBenchmark)
        for seed, index in zip(series.runs.seeds.tolist(), series.runs.incumbent.tolist(), strict=True):
            made = scored.retrained(index, str(study / "retrainings"))
            assert len(made) == 2
            means[series.strategy, seed] = np.mean([one.scores["validation"]["accuracy"] for one in made])
    chosen = best.origin.record["strategy"], best.origin.record["seed"]
    assert means[chosen] == max(means.values())
    words = best.origin.words
    assert words.startswith("Of the 4 searches of the study 'few' on chain/mine")
    assert f"that of {chosen[0]} with seed {chosen[1]} returned" in words
    assert "mean validation accuracy of 2 retrainings" in words
    assert "budget 2 evaluations" in words
    # The network is trained as the study's retrainings were: with the same seeds, and so to the same scores.
    model = train(best=study, out=tmp_path / "model")
    assert model.trained.arch == model.trained.benchmark.space.at(best.index)
    scores = model.scores.set_index(["split", "metric"])
    assert scores.loc[("validation", "accuracy"), "mean"] == pytest.approx(means[chosen])
    assert len(model.trained.trainings) == 2
    assert model.trained.benchmark.epochs[-1] == 2
    assert model.classes_.tolist() == ["ant", "bee", "cat"]


def test_test_scores_choose_nothing(study: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(study, tmp_path / "out"))
    before = best_of(other)
    for path in (other / "retrainings").glob("??/*.json"):
        content = json.loads(path.read_text())
        scores = content["training"]["scores"]
        scores["test"]["accuracy"] = 100 - scores["validation"]["accuracy"]
        path.write_text(json.dumps(content))
    assert best_of(other).index == before.index


def test_without_retrainings_it_is_what_the_searches_saw(study: Path, tmp_path: Path) -> None:
    other = Path(shutil.copytree(study, tmp_path / "out"))
    shutil.rmtree(other / "retrainings")
    best = best_of(other)
    seen = {
        (series.strategy, seed): value
        for series in nasbed.Results.load(other).series
        for seed, value in zip(series.runs.seeds.tolist(), series.runs.observed[:, -1].tolist(), strict=True)
    }
    assert seen[best.origin.record["strategy"], best.origin.record["seed"]] == max(seen.values())
    assert "validation accuracy seen by its search" in best.origin.words


def test_a_study_of_several_benchmarks_needs_a_label(study: Path) -> None:
    two = study.parent / "two"
    with pytest.raises(
        OptionError, match=r"its study has the benchmarks chain/mine, hyperparameters alone, again; say which of them"
    ):
        best_of(two)
    with pytest.raises(UnknownNameError, match=r"unknown benchmark of .* 'chain'"):
        best_of(two, "chain")
    assert best_of(two, "again").origin.record["benchmark"] == "again"


def test_a_study_that_trains_nothing_is_refused(tmp_path: Path) -> None:
    table = '[[benchmark]]\nuse = "nasbench201"'
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UnwiseWarning)
        nasbed.run_study(nasbed.Study.parse(STUDY.format(benchmarks=table)), tmp_path / "out")
    with pytest.raises(
        OptionError,
        match=r"train no networks on images or sequences \(nasbench201/cifar10.*\); expected a study of one .*; to train what"
        r" a table has, write one architecture out as cells or sequence reads it: nasbed train \"width 16; gru both; pool mean\"",
    ):
        best_of(tmp_path / "out")


def test_a_search_without_an_incumbent_is_refused(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from nasbed.training import origins

    found = origins.read_stored(study)
    for series in found.all_series:
        series.runs.incumbent[:] = -1
        series.runs.scores["observed"].values[:] = np.nan
    monkeypatch.setattr(origins, "read_stored", lambda folder: found)
    with pytest.raises(StoreError, match=r"no search of its study has an incumbent; give the study a larger budget"):
        best_of(study)


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_npz(tmp_path_factory.mktemp("mine") / "mine.npz")


MINUTES = 0.03
"""How long a search may take; a training takes a small part of it."""


def searched_in(out: Path, data: Path, **options: object) -> FittedNetwork:
    with ThreadPoolExecutor(1) as executor:
        given = {"minutes": MINUTES, "limit": 1.5, "workers": 1, "seeds": 1, "executor": executor, **options}
        return searched.search_model(data, out=out, **given)  # type: ignore[arg-type]


def test_a_search_ends_in_time_and_its_network_is_trained_anew(
    tmp_path: Path, mine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    moments: list[tuple[str, int, int]] = []
    out = tmp_path / "out"

    def stop(*words: object, **options: object) -> FittedNetwork:
        raise KeyboardInterrupt

    whole = searched.fit
    monkeypatch.setattr(searched, "fit", stop)
    began = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        searched_in(out, mine, announce=told.append, progress=lambda *words: moments.append(words))
    assert (
        time.monotonic() - began < 60 * MINUTES + 1.5 + 3
    )  # the minutes, the limit of a training, and what a busy machine takes
    assert moments[0] == ("searching: 0 trainings", 0, 2)
    assert moments[-1][0].startswith("searching: ")
    found = json.loads((out / "search" / "found.json").read_text())["found"]
    assert "Beyond these minutes it is now trained anew: 1 times 27 epochs, about " in told[0]
    assert f"made {found['evaluations']:,} trainings within 0.03 minutes" in told[0]

    def again(*words: object, **options: object) -> None:
        raise AssertionError("it searched again")

    monkeypatch.setattr(searched, "search", again)
    monkeypatch.setattr(searched, "fit", whole)
    kept = json.loads((out / "search" / "found.json").read_text())
    kept["found"] |= {
        "evaluations": 33,
        "failed": {"out of time": 8, "unknown": 1},
        "second_value": 99.0,
        "second_epochs": 3,
    }
    (out / "search" / "found.json").write_text(json.dumps(kept))
    happened(course := Course(), Counts(5, failed=1))
    model = searched_in(out, mine, progress=course)
    assert course.counts == Counts(1)
    for words in (model.origin.words, card(model.trained, ["python"])):
        assert (
            "9 of 33 trainings failed: 8 reached the limit of 1.5 s, 1 left nothing behind, as where a process died."
            in words
        )
        assert (
            "the highest of all, 99.00 % after 3 epochs, was of a training that failed later; it was then trained"
            in words
        )
    assert model.trained.benchmark.space.index(model.trained.arch) == found["index"]
    assert "asha (seed 0) made" in model.origin.words
    assert "No test score was looked at" in model.origin.words
    assert model.trained.benchmark.epochs == (27,)
    images, labels = named_images()
    assert model.score(images, labels) > 0.9
    with pytest.raises(
        StoreError,
        match=r"holds another search: minutes is 0.03 there and 0.1 here; .*seed is 0 there and 1 here; .* same as there",
    ):
        searched_in(out, mine, minutes=0.1, seed=1)
    with pytest.raises(StoreError, match=r"holds another search: options precision is absent there and bfloat16 here"):
        searched_in(out, mine, options={"precision": "bfloat16"})
    (out / "search" / "found.json").write_text("{")
    with pytest.raises(StoreError, match=r"found.json is damaged; delete it, and the search goes on"):
        searched_in(out, mine)


def test_a_search_that_is_stopped_goes_on(tmp_path: Path, mine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    out = tmp_path / "out"
    record = out / "search" / "record.jsonl"
    with monkeypatch.context() as patch:
        patch.setattr(searched, "search", _interrupted(searched.search))
        with pytest.raises(Interrupted, match=r"stopped; what was trained is kept in .*out"):
            searched_in(out, mine, limit=None)
    before = record.read_bytes()
    assert before.count(b"\n") == 4
    limit = json.loads((out / "search" / "settings.json").read_text())["settings"]["limit"]
    assert limit == pytest.approx(60 * MINUTES / 3)
    searched_in(out, mine, limit=None, progress=lambda label, done, total: told.append(label))
    assert record.read_bytes().startswith(before)
    assert told[0].startswith("searching: 3 trainings, best validation accuracy ")


def test_a_search_that_ended_goes_on_with_more_minutes(tmp_path: Path, mine: Path) -> None:
    out = tmp_path / "out"
    record, model = out / "search" / "record.jsonl", out / "model.json"
    with pytest.raises(BudgetError, match="none of 0 trainings came to its end within"):
        searched_in(out, mine, minutes=1e-4)
    searched_in(out, mine, limit=None)  # nothing was recorded, so another limit makes no difference
    before = record.read_bytes()
    cut = (
        "holds another search: minutes is 0.03 there and 0.1 here; limit is 0.6 there and 2.0 here; unless --limit is given, a"
        " training may take a third of the search, so trainings that were cut off would have gone on in a longer one: --limit"
        " 0.6 goes on with the search that is there; choose another folder"
    )
    with pytest.raises(StoreError, match=re.escape(cut)):
        searched_in(out, mine, minutes=0.1, limit=None)
    made = json.loads(model.read_text())
    model.write_text(json.dumps({**made, "made": {**made["made"], "architecture": "max pool 2x2"}}))
    (out / "network.onnx").write_text("of the network before")
    longer = searched_in(out, mine, minutes=0.1, limit=0.6)
    assert record.read_bytes().startswith(before)
    assert record.read_bytes().count(b"\n") > before.count(b"\n")
    assert "within 0.1 minutes of real time" in longer.origin.words
    assert json.loads(model.read_text())["made"]["architecture"] == longer.architecture
    assert json.loads(model.read_text())["complete"] is True
    assert not (out / "network.onnx").exists(), "it was that of another architecture"
    with pytest.raises(StoreError, match=r"search: minutes is 0.1 there and 0.05 here; choose another folder"):
        searched_in(out, mine, minutes=0.05, limit=0.6)


def _interrupted(search: object) -> object:
    """A search that is stopped when three trainings have been recorded."""

    def run(*words: object, **options: object) -> object:
        search(*words, **{**options, "budget": {"evaluations": 3}})  # type: ignore[operator]
        raise KeyboardInterrupt

    return run


Trained = tuple[float, float, int, int | None]
"""The value of an evaluation, its seconds, its epochs and the trial that it went on with."""
POOR, GOOD = [(68.0, 1.0, 1, None), (68.0, 5.0, 27, 0)], [(90.0, 2.0, 1, None), (97.5, 3.0, 3, 2)]


def found_in(trained: list[Trained], folder: Path, limit: float = 6.0) -> FoundBySearch:
    """What a search found that made these trainings, each of an architecture of its own."""
    space = (benchmark := nasbed.load_benchmark("synthetic")).space
    first = list(range(len(trained)))
    for trial, (_, _, _, resume) in enumerate(trained):
        first[trial] = trial if resume is None else first[resume]
    outcomes = tuple(
        Outcome(
            space.at(first[trial]), value, seconds, float(trial), trial, epochs, (value,),
            Proposal(space.at(first[trial]), epochs, resume), first[trial],
        )
        for trial, (value, seconds, epochs, resume) in enumerate(trained)
    )  # fmt: skip
    rules = Rules(Budget("seconds", 60))
    return found_by(SearchResult(outcomes, (), (), (), False, 0, benchmark, rules), limit, folder)


def words_of(found: FoundBySearch) -> tuple[str, str]:
    return failures_in_words(found, 6.0), choice_in_words(found, Objective("accuracy", "%"), 27)


def test_what_reached_the_limit_of_the_search_stays_a_candidate(tmp_path: Path) -> None:
    found = found_in([*POOR, *GOOD, (np.nan, 2.0, 9, 3)], tmp_path)
    assert (found.index, found.value, found.epochs, found.cut, found.seconds_an_epoch) == (2, 97.5, 3, True, 5 / 3)
    failed, chosen = words_of(found)
    assert failed == (
        "1 of 5 trainings failed: 1 reached the limit of 6 s. A longer --limit or more minutes let more of them end."
    )
    assert chosen == (
        "had a validation accuracy of 97.50 % after 3 of 27 epochs, before its training reached the limit of the search; no other"
        " had so much, and of those that came further the best had 68.00 % after 27 epochs"
    )
    worse = found_in([(99.0, 1.0, 1, None), (99.0, 5.0, 27, 0), *GOOD, (np.nan, 2.0, 9, 3)], tmp_path)
    assert (worse.index, worse.cut, worse.second_value) == (0, False, None)
    assert (
        words_of(worse)[1]
        == "had a validation accuracy of 99.00 % after 27 of 27 epochs, the highest at the most epochs seen"
    )


def test_what_failed_otherwise_is_said_and_not_chosen(tmp_path: Path) -> None:
    found = found_in([*POOR, *GOOD, (np.nan, 0.5, 9, 3)], tmp_path)
    assert (found.index, found.value, found.cut) == (0, 68.0, False)
    failed, chosen = words_of(found)
    assert failed == "1 of 5 trainings failed: 1 left nothing behind, as where a process died."
    assert chosen.endswith("the highest of all, 97.50 % after 3 epochs, was of a training that failed later")
    assert words_of(found_in([*POOR, *GOOD], tmp_path))[0] == ""


def test_reasons_are_those_of_the_trainings_that_were_recorded(tmp_path: Path) -> None:
    for seed, outcome in enumerate((NO_NUMBER, NO_MEMORY, ENDED)):
        TrainingTable(tmp_path).made({"seed": seed}, 1, lambda _, how=outcome: MadeTraining(0, how, {}, []))  # type: ignore[misc]
    found = found_in([*POOR, *((np.nan, seconds, 1, None) for seconds in (0.1, 0.2, 0.3, 7.0))], tmp_path)
    assert found.failed == {"out of time": 1, "no number": 1, "out of memory": 1, "unknown": 1}
    assert "1 had a loss that is no number, 1 ran out of memory, 1 left" in words_of(found)[0]
