"""Searches that take real time: on an executor, with a record from which a killed search goes on."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import nasbed
from nasbed.benchmarks.spaces.digits import DigitSpace
from nasbed.errors import BenchmarkError, OptionError, StoreError, StrategyError, UnwiseWarning
from nasbed.locks import alone
from nasbed.vocabulary import Objective, Trainer, Training

SPACE = DigitSpace("digits", (4,) * 4)


@dataclass(frozen=True)
class Worth:
    """An architecture is worth its digits' sum, plus what the seed adds."""

    noise: bool = True

    def __call__(self, training: Training) -> tuple[float, ...]:
        return (sum(training.arch) + training.epochs / 100 + (training.seed % 1000 / 1e6 if self.noise else 0.0),)


class Trained(nasbed.TrainedBenchmark):
    """Trains in no time, or as it is told to."""

    def __init__(self, train: Trainer | None = None, *, label: str = "trained", objectives: int = 1) -> None:
        self.name, self.label, self.space, self.epochs = "trained", label, SPACE, (1, 3)
        self.objectives = tuple(Objective(f"score {place}", "points") for place in range(objectives))
        self.resumable = True
        self._train: Trainer = train or Worth()

    @property
    def checksum(self) -> str:
        return "trained 1"

    def trainer(self) -> Trainer:
        return self._train


class Tabulated(nasbed.Benchmark):
    """Answers the same in simulated time."""

    def __init__(self) -> None:
        self.name = self.label = "trained"
        self.space, self.epochs, self.objectives = SPACE, (1, 3), (Objective("score 0", "points"),)
        self.resumable = True

    @property
    def checksum(self) -> str:
        return "tabulated 1"

    def oracle(self, noise: str = "draw") -> Any:
        worth = Worth()
        return lambda index, epochs, word: (worth(Training(SPACE.at(index), epochs, word, 0)), float(epochs))


class Counting:
    """Counts what it trains."""

    def __init__(self) -> None:
        self.trainings: list[Training] = []

    def __call__(self, training: Training) -> tuple[float, ...]:
        self.trainings.append(training)
        return Worth()(training)


def told(result: nasbed.SearchResult) -> list[tuple[Any, ...]]:
    """What a search was told, but for the clock."""
    return [(one.trial, one.arch, one.epochs, one.values, one.index) for one in result.outcomes]


def searched(benchmark: nasbed.Benchmark, strategy: Any = "regularized_evolution", **more: Any) -> nasbed.SearchResult:
    return nasbed.search(strategy, benchmark, **{"budget": {"evaluations": 12}, "seed": 3, **more})


@pytest.mark.parametrize("strategy", ["random_search", "regularized_evolution", "local_search", "tpe", "hyperband"])
def test_a_strategy_cannot_tell_real_time_from_simulated(strategy: str) -> None:
    assert told(searched(Trained(), strategy)) == told(searched(Tabulated(), strategy))


def test_a_worker_evaluates_what_was_proposed_and_the_clock_is_real() -> None:
    began = time.monotonic()
    result = searched(Trained(lambda training: (time.sleep(0.02) or 1.0,)), budget={"evaluations": 5})
    took = time.monotonic() - began
    assert [outcome.cost >= 0.02 for outcome in result.outcomes] == [True] * 5
    assert 0.1 <= result.outcomes[-1].time <= took
    assert [one.time for one in result.outcomes] == sorted(one.time for one in result.outcomes)


def test_as_many_trainings_run_at_once_as_there_are_workers() -> None:
    together = threading.Barrier(8)

    def train(training: Training) -> tuple[float, ...]:
        together.wait(timeout=60)  # it breaks where fewer than eight are under way
        return (1.0,)

    assert len(searched(Trained(train), workers=8, budget={"evaluations": 16}).outcomes) == 16


def test_an_executor_of_ones_own_is_used_and_stays_open() -> None:
    with ThreadPoolExecutor(1) as executor:
        names = []

        def train(training: Training) -> tuple[float, ...]:
            names.append(threading.current_thread().name)
            return (1.0,)

        searched(Trained(train), executor=executor)
        assert executor.submit(lambda: threading.current_thread().name).result() in names
    assert len(set(names)) == 1


def test_code_with_a_loop_of_its_own_trains_on_an_executor_and_goes_on_from_a_record(tmp_path: Path) -> None:
    record, counting = tmp_path / "observed.jsonl", Counting()
    with ThreadPoolExecutor(1) as executor:
        with nasbed.observe(Trained(counting), {"evaluations": 4}, seed=3, executor=executor, record=record) as query:
            first = [query(query.space.at(place)).values for place in range(2)]
        with pytest.raises(nasbed.BudgetExhausted, match="since its result was asked for, or it was closed"):
            query(query.space.at(2))
        query = nasbed.observe(Trained(counting), {"evaluations": 4}, seed=3, executor=executor, record=record)
        again = [query(query.space.at(place)).values for place in range(4)]
    assert again[:2] == first
    assert len(counting.trainings) == 4
    assert len(query.result().outcomes) == 4


def test_what_a_query_started_ends_with_its_result() -> None:
    before = threading.active_count()
    query = nasbed.observe(Trained(), {"evaluations": 3})
    query(query.space.at(0))
    assert threading.active_count() > before
    query.result()
    assert threading.active_count() == before


def test_processes_train_what_can_be_pickled() -> None:
    with ProcessPoolExecutor(2) as executor:
        result = searched(Trained(), "random_search", executor=executor, workers=2)
    assert {one.values for one in result.outcomes} == {
        one.values for one in searched(Trained(), "random_search").outcomes
    }


def test_threads_of_its_own_end_with_the_search() -> None:
    searched(Trained(), workers=3)
    assert not [one for one in threading.enumerate() if one.name.startswith("nasbed")]


def test_what_is_under_way_when_the_seconds_are_over_is_given_up() -> None:
    release = threading.Event()

    def train(training: Training) -> tuple[float, ...]:
        if training.trial >= 2:
            release.wait(60)
        return (1.0,)

    with ThreadPoolExecutor(4) as executor:
        result = searched(Trained(train), "random_search", executor=executor, workers=4, budget={"seconds": 1.0})
        release.set()
    assert [one.trial for one in result.outcomes] == [0, 1]
    assert not result.ended


def test_a_resumed_training_says_what_it_goes_on_with_and_costs_what_it_took() -> None:
    train = Counting()
    searched(Trained(train), "successive_halving", budget={"epochs": 60})
    resumed = [one for one in train.trainings if one.resume is not None]
    assert resumed
    by_trial = {one.trial: one for one in train.trainings}
    assert all(by_trial[one.resume].arch == one.arch and by_trial[one.resume].seed == one.seed for one in resumed)  # type: ignore[index]


def test_visits_of_an_architecture_have_seeds_of_their_own() -> None:
    train = Counting()

    def repeat(query: nasbed.Query) -> None:
        for _ in range(5):
            query((1, 2, 3, 0), 3)

    searched(Trained(train), _as_function(repeat))
    assert len({one.seed for one in train.trainings}) == 5


def _as_function(function: Any) -> Any:
    from nasbed.searches.functions import Function

    return Function(function, {})


def test_a_failed_training_is_an_outcome() -> None:
    given = iter([(math.nan,), (math.inf,), (2.0,)])
    result = searched(Trained(lambda training: next(given)), budget={"evaluations": 3})
    assert [one.failed for one in result.outcomes] == [True, True, False]
    assert result.incumbent is not None
    assert result.incumbent.value == 2.0


@pytest.mark.parametrize(
    ("train", "message"),
    [
        (lambda training: 1 / 0, r"the benchmark failed on trained, seed 3, after 0 evaluations: asked for .* after 3 epochs, its"
         r" trainer raised ZeroDivisionError: division by zero"),
        (lambda training: (1.0, 2.0), r"its trainer answered with 2 numbers; expected one for each objective \(score 0\)"),
        (lambda training: ("1.0",), r"its trainer raised TypeError"),
        (lambda training: None, r"its trainer raised TypeError"),
        (lambda training: sys.exit("over"), r"its trainer raised SystemExit: over"),
    ],
)  # fmt: skip
def test_a_trainer_that_answers_nothing_is_named(train: Any, message: str) -> None:
    with pytest.raises(BenchmarkError, match=message):
        searched(Trained(train))


def test_an_executor_that_is_shut_down_is_told() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(
        BenchmarkError, match="its trainer raised RuntimeError: cannot schedule new futures after shutdown"
    ):
        searched(Trained(), executor=executor)


def _die(training: Training) -> tuple[float, ...]:
    os._exit(1)


def test_a_worker_process_that_dies_is_told() -> None:
    with (
        ProcessPoolExecutor(1) as executor,
        pytest.raises(BenchmarkError, match="its trainer raised BrokenProcessPool"),
    ):
        searched(Trained(_die), executor=executor)


def test_only_what_trains_takes_an_executor_or_a_record(tmp_path: Path) -> None:
    with (
        ThreadPoolExecutor(1) as executor,
        pytest.raises(OptionError, match=r"executor = .*: trained answers in simulated"),
    ):
        searched(Tabulated(), executor=executor)
    with pytest.raises(
        OptionError, match=r"record = .*: trained answers in simulated time and trains nothing; leave it out"
    ):
        searched(Tabulated(), record=tmp_path / "record")
    with pytest.raises(OptionError, match=r"executor = 4; expected a concurrent\.futures\.Executor"):
        searched(Trained(), executor=4)
    with pytest.raises(
        OptionError, match="noise = 'mean': trained trains for every evaluation and has no recorded runs; use 'draw'"
    ):
        searched(Trained(), noise="mean")


def test_captions_say_that_time_is_real() -> None:
    sentences = searched(Trained(), budget={"seconds": 1.0}, workers=2).rules.sentences(Trained())
    assert "Budget: 1 second, 2 workers." in sentences


def records(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_record_holds_each_answer_in_the_order_of_arrival(tmp_path: Path) -> None:
    result = searched(Trained(), record=tmp_path / "folder" / "record.jsonl")
    first, *answers = records(tmp_path / "folder" / "record.jsonl")
    assert first["strategy"] == "nasbed.strategies.regularized_evolution:RegularizedEvolution(population=23, sample=16)"
    assert (first["benchmark"], first["checksum"], first["seed"], first["workers"]) == ("trained", "trained 1", 3, 1)
    assert answers == [[o.trial, o.index, o.epochs, o.time, o.cost, list(o.values)] for o in result.outcomes]
    assert [path.name for path in (tmp_path / "folder").iterdir()] == ["record.jsonl"]


@pytest.mark.parametrize("workers", [1, 3])
@pytest.mark.parametrize("kept", [0, 1, 5, 12])
def test_a_search_goes_on_from_its_record(tmp_path: Path, workers: int, kept: int) -> None:
    path = tmp_path / "record"
    whole = searched(Trained(), record=path, workers=workers)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: kept + 1]) + b"[99, 5, 3, 1.0")  # the line that was cut off
    train = Counting()
    again = searched(Trained(train), record=path, workers=workers)
    assert len(train.trainings) == 12 - kept
    assert again.outcomes[:kept] == whole.outcomes[:kept]
    assert len(again.outcomes) == 12
    if workers == 1:
        assert told(again) == told(whole)
        assert records(path)[: kept + 1] == [json.loads(line) for line in lines[: kept + 1]]
    assert len(records(path)) == 13
    assert all(one.time <= two.time for one, two in zip(again.outcomes, again.outcomes[1:], strict=False))


def test_a_record_is_gone_on_with_under_a_larger_budget(tmp_path: Path) -> None:
    first = searched(Trained(), record=tmp_path / "record", budget={"evaluations": 5})
    train = Counting()
    more = searched(Trained(train), record=tmp_path / "record", budget={"evaluations": 9})
    assert more.outcomes[:5] == first.outcomes
    assert (len(more.outcomes), len(train.trainings)) == (9, 4)


KILLED = """
import sys, time
from test_live import Trained, Worth, searched

def train(training):
    if training.trial == 6:
        print("six", flush=True)
        time.sleep(600)
    return Worth()(training)

searched(Trained(train), record=sys.argv[1])
"""


def test_a_killed_search_goes_on_to_the_same_records(tmp_path: Path) -> None:
    path, whole = tmp_path / "killed", tmp_path / "whole"
    child = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parent)},
    )
    assert child.stdout is not None
    assert child.stdout.readline() == b"six\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    before = path.read_bytes()
    assert len(before.splitlines()) == 7
    train = Counting()
    again = searched(Trained(train), record=path)
    assert [one.trial for one in train.trainings] == list(range(6, 12))
    assert told(again) == told(searched(Trained(), record=whole))
    assert path.read_bytes().startswith(before)
    assert [(*one[:3], one[5]) for one in records(path)[1:]] == [(*one[:3], one[5]) for one in records(whole)[1:]]


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"seed": 4}, "seed is 3 there and 4 here"),
        ({"workers": 2}, "workers is 1 there and 2 here"),
        ({"strategy": "random_search"}, "strategy is '.*RegularizedEvolution.*' there and '.*RandomSearch.*' here"),
        ({"options": {"population": 4}}, "strategy is .*population=23.* there and .*population=4.* here"),
        ({"repeats": "free"}, "repeats is 'charge' there and 'free' here"),
        ({"benchmark": Trained(label="another")}, "benchmark is 'trained' there and 'another' here"),
    ],
)
def test_a_record_of_another_search_is_refused(tmp_path: Path, changed: dict[str, Any], message: str) -> None:
    path = tmp_path / "record"
    searched(Trained(), record=path)
    before = path.read_bytes()
    options = {"benchmark": Trained(), **changed}
    with pytest.raises(StoreError, match=f"is of another search: {message}; choose another file, or delete this one"):
        searched(**options, record=path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"something else\n", "is no record of a search; choose another file"),
        (b"[1, 2]\n", "is no record of a search"),
        (b"{}\n", "is of another search: nasbed record is None there and 1 here"),
        (b'HEAD[0, 1, 3, 0.1, 0.1, "x"]\n', "line 2 of the record .* is damaged; delete the file to search anew"),
        (b"HEAD\xff\n", "line 2 of the record .* is damaged"),
        (b"HEAD[0, 255, 3, 0.1, 0.1, [1.0]]\n", "says that trial 0 evaluated architecture 255 .* did not propose that"),
        (b"HEAD[7, 1, 3, 0.1, 0.1, [1.0]]\n", "says that trial 7 evaluated architecture 1 .* did not propose that"),
    ],
)
def test_a_damaged_record_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "record"
    searched(Trained(), record=path)
    head = path.read_bytes().splitlines(keepends=True)[0]
    path.write_bytes(content.replace(b"HEAD", head))
    before = path.read_bytes()
    with pytest.raises(StoreError, match=message):
        searched(Trained(), record=path)
    assert path.read_bytes() == before


def test_one_search_writes_to_a_record(tmp_path: Path) -> None:
    with alone(tmp_path / "record", "wait"), pytest.raises(StoreError, match="choose another record"):
        searched(Trained(), record=tmp_path / "record")


@pytest.mark.parametrize("path", [3, "a\x00b"])
def test_a_record_that_is_no_file(path: Any) -> None:
    with pytest.raises(StoreError, match=r"record = 3; expected the path of a file|the record a.*b cannot be opened"):
        searched(Trained(), record=path)


def test_a_strategy_that_fails_leaves_its_record_whole(tmp_path: Path) -> None:
    def search(query: nasbed.Query) -> None:
        query((1, 2, 3, 0))
        raise ValueError("of the strategy")

    with pytest.raises(StrategyError, match="of the strategy"):
        searched(Trained(), _as_function(search), record=tmp_path / "record")
    assert len(records(tmp_path / "record")) == 2
    with alone(tmp_path / "record", "wait"):
        pass


def test_what_has_not_begun_is_cancelled() -> None:
    class Watched(Executor):
        """Never begins."""

        def __init__(self) -> None:
            self.given: list[Future[Any]] = []

        def submit(self, *call: Any, **options: Any) -> Future[Any]:  # type: ignore[override]
            self.given.append(Future())
            return self.given[-1]

    executor = Watched()
    with pytest.warns(UnwiseWarning, match="no evaluation was over within the budget of 0.05 seconds: give more"):
        result = searched(Trained(), executor=executor, workers=3, budget={"seconds": 0.05})
    assert result.outcomes == ()
    assert [future.cancelled() for future in executor.given] == [True] * 3


def test_the_oracle_of_a_trained_benchmark_trains_at_once() -> None:
    values, seconds = Trained().oracle()(5, 3, 1_000)
    assert values == Worth()(Training(SPACE.at(5), 3, 1_000, -1))
    assert seconds > 0


def test_a_study_of_a_trained_benchmark_is_stored_and_judged(tmp_path: Path) -> None:
    study = nasbed.Study.parse(f"""
name = "live"
seeds = 2
budget = {{ evaluations = 6 }}
[[benchmark]]
use = "{__name__}:Trained"
[[strategy]]
use = "random_search"
""")
    results = nasbed.run_study(study, tmp_path)
    assert results.finals()["evaluations"].tolist() == [6, 6]
    assert "seconds of real time that each evaluation took" in nasbed.caption(results)
    assert "Noise: every evaluation is a training of its own" in nasbed.caption(results)
