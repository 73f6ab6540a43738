"""Spaces that have no list of their architectures: numbered by mixed radix, searched, stored, reported, and what does without."""

from __future__ import annotations

import itertools
import re
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import nasbed
from nasbed import figures
from nasbed.benchmarks import synthetic
from nasbed.benchmarks.spaces.base import CodedSpace
from nasbed.benchmarks.spaces.digits import DigitSpace, LongDigitSpace
from nasbed.benchmarks.spaces.sequence import SequenceSpace
from nasbed.benchmarks.spaces.sequence_layers import SequenceShape
from nasbed.benchmarks.synthetic import Synthetic
from nasbed.errors import ArchitectureError, DataError, OptionError, StrategyError, UnmetNeedError
from nasbed.gate.fingerprint import fingerprints
from nasbed.landscape.survey import survey
from nasbed.searches.execution import execute, observe
from nasbed.searches.loop import Log, run_loop
from nasbed.searches.pools import Simulated
from nasbed.searches.rules import Rules
from nasbed.strategies import REGISTRY
from nasbed.strategies.models.gaussian_process import GaussianProcess
from nasbed.strategies.models.pool import BEST, SAMPLED, CandidatePool
from nasbed.streams import stream, words
from nasbed.tables import captions
from nasbed.vocabulary import Exhaustive, Needs, Proposal, Proposals, Script, Stream, Task, is_enumerable

LARGE = Synthetic(decisions=15, values=10)
LISTED = {"alternate", "hand_designed", "program", "random_architecture"}
"""What is not searched here: two halves, a cell by name, a process, and what evaluates once."""

# spaces


def test_numbers_are_the_digits_of_mixed_radix() -> None:
    space, listed = LongDigitSpace("space", (3, 2, 4)), DigitSpace("space", (3, 2, 4))
    assert space.size == len(listed) == 24
    assert [space.at(index) for index in range(24)] == list(listed.archs)
    assert [space.index(arch) for arch in listed.archs] == list(range(24))
    for index, arch in enumerate(listed.archs):
        assert space.neighbours(arch) == listed.neighbours(arch)
        assert space.parse(str(index)) == listed.parse(str(index))
        assert space.encode(arch).tolist() == listed.encode(arch).tolist()
    assert (is_enumerable(space), is_enumerable(listed)) == (False, True)


def test_numbers_may_be_larger_than_any_machine_word() -> None:
    space = LongDigitSpace("huge", (10,) * 50)
    number = 10**49 + 12345
    assert (space.size, space.index(space.at(number)), space.at(number)[:2]) == (10**50, number, (1, 0))
    assert space.parse(space.format(space.at(number))) == space.at(number)


@pytest.mark.parametrize(
    "outside", [(), (1,) * 14, (1.5,) * 15, (-1,) * 15, ("a",) * 15, None, "text", [1] * 15, (10,) * 15]
)
def test_what_is_outside_has_no_number(outside: Any) -> None:
    assert outside not in LARGE.space
    with pytest.raises(KeyError):
        LARGE.space.index(outside)
    with pytest.raises(
        ArchitectureError, match="is outside the space 'synthetic': expected a tuple of 15 integers, each below"
    ):
        LARGE.space.require(outside)


@pytest.mark.parametrize("space", [LARGE.space, DigitSpace("nine", (3, 3))], ids=["unlisted", "listed"])
def test_a_number_that_there_is_not_is_refused(space: nasbed.Space) -> None:
    for index in (-1, space.size):
        with pytest.raises(ArchitectureError, match=f"^index {index} is outside 0 .. {space.size - 1}$"):
            space.at(index)


def test_a_draw_is_uniform_over_each_decision() -> None:
    rng = stream(0, "unlisted", "test")
    drawn = np.array([LARGE.space.sample(rng) for _ in range(4_000)])
    counts = np.array([np.bincount(column, minlength=10) for column in drawn.T])
    assert 300 < counts.min() < counts.max() < 500


# the made-up space


@pytest.mark.parametrize("noise", ["draw", "mean", "run:1"])
def test_what_is_computed_when_asked_is_what_is_listed(noise: str, monkeypatch: pytest.MonkeyPatch) -> None:
    options: dict[str, Any] = {"decisions": 5, "values": 4, "epochs": [1, 2, 5], "noise": 2.0, "runs": 3}
    listed = Synthetic(**options)
    monkeypatch.setattr(synthetic, "LARGEST", 10)
    computed = Synthetic(**options)
    assert (is_enumerable(listed.space), is_enumerable(computed.space)) == (True, False)
    one, other, index = listed.oracle(noise), computed.oracle(noise), np.arange(1024)
    for number in range(0, 1024, 7):
        for epochs in listed.epochs:
            assert one(number, epochs, 99 + number) == other(number, epochs, 99 + number)
    ours, theirs = listed.referee(), computed.referee()
    assert (ours.validation(index) == theirs.validation(index)).all()
    assert (ours.test(index) == theirs.test(index)).all()
    assert (ours.best(), listed.cheapest(), listed.optimum) == (theirs.best(), computed.cheapest(), computed.optimum)
    assert computed.typical() == pytest.approx(listed.typical(), rel=1e-12)
    assert listed.lookup((0, 1, 2, 3, 0)) == computed.lookup((0, 1, 2, 3, 0))


def test_regret_is_known_and_the_floor_is_not() -> None:
    referee = LARGE.referee()
    assert referee.validation(np.array([LARGE.space.index(LARGE.optimum)]))[0] == pytest.approx(95.0)
    assert not isinstance(referee, Exhaustive)
    with pytest.raises(
        DataError, match=r"^synthetic/0 has 1,000,000,000,000,000 architectures, too many to list; ask for those"
    ):
        LARGE.validation  # noqa: B018


@pytest.mark.thorough
def test_it_conforms() -> None:
    options: dict[str, Any] = {"decisions": 15, "values": 10, "epochs": [1, 9], "runs": 2}
    findings = nasbed.check_benchmark("synthetic", **options)
    assert [str(finding) for finding in findings if not finding.holds] == []
    notes = {finding.check: finding.note for finding in findings}
    assert "so there is no floor" in notes["the_winner_is_among_the_answers"]
    assert not notes["samples_are_uniform"]


class Uneven(LongDigitSpace):
    """Draws the last decision from half of its values."""

    def sample(self, rng: Stream) -> nasbed.Arch:
        return (*super().sample(rng)[:-1], rng.below(5))


class Gaps(CodedSpace):
    """Six decisions, of which no two that follow each other may be 1: numbers have gaps."""

    def __init__(self) -> None:
        super().__init__("gaps", (4,) * 6)
        self._all = LongDigitSpace("all", self.choices)
        self.index = self._number

    @property
    def size(self) -> int:
        return self._all.size

    def __contains__(self, arch: object) -> bool:
        return arch in self._all and (1, 1) not in itertools.pairwise(arch)  # type: ignore[call-overload]

    def _number(self, arch: nasbed.Arch) -> int:
        if arch not in self:
            raise KeyError(arch)
        return self._all.index(arch)

    def _at(self, index: int) -> nasbed.Arch:
        arch = self._all.at(index)
        self.require(arch)
        return arch

    def sample(self, rng: Stream) -> nasbed.Arch:
        while (arch := self._all.sample(rng)) not in self:
            pass
        return arch

    def neighbours(self, arch: nasbed.Arch) -> list[nasbed.Arch]:
        return [other for other in self._all.neighbours(arch) if other in self]

    def mutate(self, arch: nasbed.Arch, rng: Stream) -> nasbed.Arch:
        return rng.choice(self.neighbours(arch))

    def crossover(self, first: nasbed.Arch, second: nasbed.Arch, rng: Stream) -> nasbed.Arch:
        child = self._all.crossover(first, second, rng)
        return child if child in self else first

    def parse(self, text: str) -> nasbed.Arch:
        arch = self._all.parse(text)
        self.require(arch)
        return arch

    def format(self, arch: nasbed.Arch) -> str:
        self.require(arch)
        return self._all.format(arch)


class Constrained(Synthetic):
    """Some of its combinations are no architecture."""

    def __init__(self) -> None:
        super().__init__(decisions=10, values=4, epochs=[1, 9], runs=2)
        self.space = Gaps()


class Skewed(Synthetic):
    """Its samples are not uniform."""

    def __init__(self) -> None:
        super().__init__(decisions=15, values=10)
        self.space = Uneven("skewed", (10,) * 15)


def test_conformance_finds_samples_that_are_not_uniform() -> None:
    (check,) = (one for one in nasbed.benchmark_checks(Skewed) if one.__name__ == "samples_are_uniform")
    assert "20,000 samples in 10 values of decision 15 are not uniform" in check.run().problem


class OneByOne(Synthetic):
    """Of its decisions those that count are drawn one by one."""

    def __init__(self, biased: bool = False) -> None:
        super().__init__(decisions=15, values=10)
        self.space = (Shallow if biased else SequenceSpace)(SequenceShape(0, 8, 10, 8))


class Shallow(SequenceSpace):
    """Networks of few layers are drawn more often."""

    def sample(self, rng: Stream) -> nasbed.Arch:
        arch = super().sample(rng)
        return super().sample(rng) if arch[0] and rng.random() < 0.2 else arch


@pytest.mark.parametrize("biased", [False, True])
def test_decisions_that_count_may_be_drawn_one_by_one_but_uniformly(biased: bool) -> None:
    checks = nasbed.benchmark_checks(OneByOne, biased=biased)
    (check,) = (one for one in checks if one.__name__ == "samples_are_uniform")
    finding = check.run()
    if biased:
        assert "are not uniform" in finding.problem
    else:
        assert "each decision that counts is drawn uniformly" in finding.note


@pytest.mark.thorough
def test_a_space_whose_numbers_have_gaps_conforms() -> None:
    rules = {check.__name__: check for check in nasbed.benchmark_checks(Constrained)}
    wanted = [
        name
        for name in rules
        if name.startswith(("arch", "outs", "samp", "neigh", "mut", "child", "texts", "rub", "enc"))
    ]
    assert len(wanted) == 10
    findings = {name: rules[name].run() for name in wanted}
    assert [str(finding) for finding in findings.values() if not finding.holds] == []
    assert "so that their numbers do not tell whether samples are uniform" in findings["samples_are_uniform"].note


# searches


def _options(name: str) -> dict[str, Any]:
    known = {spec.name for spec in fields(REGISTRY.load(name))}
    return {key: value for key, value in {"initial": 6, "batch": 3, "trees": 5}.items() if key in known}


def _searchable() -> list[str]:
    task = LARGE.task(nasbed.Budget("evaluations", 10))
    return [one for one in REGISTRY.builtin() if one not in LISTED and not REGISTRY.make(one, {}).needs.missing(task)]


@pytest.mark.filterwarnings("ignore::nasbed.errors.UnwiseWarning")
def test_every_strategy_that_needs_no_list_is_stored_and_reported(tmp_path: Path) -> None:
    names = _searchable()
    assert {
        "gp_bo",
        "rf_bo",
        "bananas",
        "npenas",
        "weak_predictors",
        "tpe",
        "bohb",
        "dehb",
        "reinforce",
        "local_search",
    } < set(names)
    entries = "".join(
        f'[[strategy]]\nuse = "{name}"\n' + "".join(f"{key} = {value}\n" for key, value in _options(name).items())
        for name in names
    )
    study = nasbed.Study.parse(f"""
        name = "large"
        seeds = 2
        budget = {{ evaluations = 9 }}
        [[benchmark]]
        use = "synthetic"
        decisions = 15
        values = 10
        {entries}
    """)
    results = nasbed.run_study(study, tmp_path / "out")
    records = results.evaluations()
    assert set(records["strategy"]) == set(names)
    assert records["architecture"].dtype == np.int64
    assert records["architecture"].max() > 2**40
    finals = results.finals()
    assert (finals["evaluations"] == 9).all()
    assert (finals["validation_regret"] > 0).all()
    assert np.isnan(results.floor("synthetic/0")).all()
    assert "| *floor* | – |" in nasbed.comparison_table(results)
    assert "No floor on synthetic/0: the space is too large to be searched exhaustively." in captions.caption(results)
    assert {"ecdf", "trajectory"}.isdisjoint(figures.available(results))
    for name in ("ecdf", "trajectory"):
        with pytest.raises(
            OptionError, match=f"the figure '{name}' goes through all architectures, and the space of synthetic/0"
        ):
            figures.numbers(results, name)
    one = results.subset(["random_search"])
    assert "curves" in figures.available(one)
    assert len(figures.numbers(one, "profile"))


def test_a_landscape_is_refused() -> None:
    with pytest.raises(
        OptionError, match="a landscape goes through all architectures, and the space of synthetic/0, with 1,000"
    ):
        survey([LARGE])


def test_a_search_of_a_space_that_no_store_holds_is_made_in_memory() -> None:
    huge = Synthetic(decisions=60, values=10)
    for incumbent in ("best", "mean"):
        result = nasbed.search("regularized_evolution", huge, budget={"evaluations": 40}, incumbent=incumbent)
        assert 0 < result.scores()["validation_regret"] < 30
    assert len(result.frame()["architecture"][0]) == 60


def test_a_frame_holds_texts_of_an_unlisted_space() -> None:
    def frame(benchmark: nasbed.Benchmark, arch: str) -> nasbed.Results:
        rows = {
            "strategy": "mine",
            "benchmark": benchmark.label,
            "seed": [0],
            "architecture": [arch],
            "value": [80.0],
            "time": [1.0],
        }
        return nasbed.Results.from_frame(pd.DataFrame(rows), benchmark, {"evaluations": 1})

    found = frame(LARGE, LARGE.space.format(LARGE.optimum))
    assert found.finals()["validation_regret"][0] == pytest.approx(0, abs=1e-9)
    beyond = Synthetic(decisions=60, values=10)
    found = frame(beyond, beyond.space.format(beyond.optimum))
    assert found.finals()["validation_regret"][0] == pytest.approx(0, abs=1e-9)


def test_a_trial_of_optuna_is_evaluated() -> None:
    optuna = pytest.importorskip("optuna")
    objective = nasbed.optuna_objective("synthetic", decisions=15, values=10)
    trial = optuna.trial.FixedTrial({f"decision {place}": "3" for place in range(1, 16)})
    assert 60 < objective(trial) < 96
    assert trial.user_attrs["architecture"] == "3" * 15


class Lists(Script):
    """Needs a list."""

    @property
    def needs(self) -> Needs:
        return Needs(enumerable=True)

    def search(self, task: Task, rng: Stream) -> Proposals:
        yield Proposal(task.space.at(0))


def test_what_needs_a_list_is_refused_and_says_so() -> None:
    message = (
        "Lists needs a space that lists its architectures; 'synthetic', with 1,000,000,000,000,000, has no list; use a"
    )
    with pytest.raises(UnmetNeedError, match=message):
        nasbed.search(Lists(), LARGE, budget={"evaluations": 3})
    assert len(nasbed.search(Lists(), "synthetic", budget={"evaluations": 3}).outcomes) == 1


class Asks(Script):
    """Asks for a measure for ever."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            yield Proposal(task.space.sample(rng), measure="free")


class Last:
    """The last decision of the architecture of a number."""

    def __getitem__(self, index: int) -> float:
        return float(index % 10)


def test_measures_are_computed_when_they_are_asked_for_and_asking_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nasbed.searches.loop.LARGEST", 200)
    task = Task(LARGE.space, LARGE.epochs, LARGE.objectives, ("free",), nasbed.Budget("evaluations", 5))
    log = Log()
    searcher = Asks().start(task, stream(0, "unlisted", "search"))
    told = list(
        run_loop(
            searcher,
            task,
            Simulated(LARGE.oracle(), task),
            words(0, "unlisted"),
            log,
            "charge",
            {"free": (Last(), 0.0)},
        )
    )
    assert (len(told), log.ended) == (2_000, True)
    assert all(outcome.value == outcome.arch[-1] for outcome in told)


def test_what_is_proposed_outside_is_named_with_what_is_inside() -> None:
    query = observe(LARGE, {"evaluations": 3})
    with pytest.raises(StrategyError, match=r"of 1,000,000,000,000,000 architectures; expected a tuple like \(0, 0, 0"):
        query((1, 2))


# pools


def test_a_pool_is_all_of_a_list_and_draws_nothing() -> None:
    rng, untouched = stream(0, "pool", "test"), stream(0, "pool", "test")
    pool = CandidatePool(DigitSpace("nine", (3, 3)))
    pool.widen(rng)
    assert (len(pool.archs), rng.random()) == (9, untouched.random())


def test_a_pool_is_drawn_and_has_the_neighbours_of_the_best() -> None:
    space, rng = LARGE.space, stream(0, "pool", "test")
    pool = CandidatePool(space)
    first = pool.start(8, rng)
    value = LARGE.oracle("mean")
    outcomes = [_told(one, value(space.index(one.arch), 81, 0)[0][0]) for one in first]
    pool.tell(outcomes)
    pool.widen(rng)
    near = {other for arch in pool.ranked()[:BEST] for other in space.neighbours(arch)}
    assert near < set(pool.archs)
    assert set(pool.archs[8 : 8 + SAMPLED]).isdisjoint(near)
    assert len(pool.archs) == 8 + SAMPLED + len(near) == len(pool.vectors) == len(pool.asked)
    assert [pool.archs[place] for place in np.flatnonzero(pool.asked)] == [one.arch for one in first]
    for place in (0, 7, 500, len(pool.archs) - 1):
        assert pool.vectors[place].tolist() == space.encode(pool.archs[place]).tolist()
    before = list(pool.archs)
    pool.widen(rng)
    assert pool.archs == before
    best, known = max(one.value for one in outcomes), pool.known()
    assert (known[0].shape, known[1].max()) == ((8, 150), best)


def _told(proposal: Proposal, value: float) -> nasbed.Outcome:
    return nasbed.Outcome(proposal.arch, value, 1.0, 1.0, 0, 81, (value,), proposal)


def test_a_process_over_more_candidates_is_one_made_of_them() -> None:
    rng = np.random.default_rng(0)
    features = rng.integers(0, 2, (40, 12)).astype(np.float32)
    places, scores = [3, 17, 5, 3, 11], rng.standard_normal(5)
    grown, made = GaussianProcess(features[:20].copy(), 2.0, 0.1), GaussianProcess(features, 2.0, 0.1)
    grown.follow(features[:20].copy(), places[:3])
    grown.follow(features, places)
    for place in places:
        made.add(place)
    for one, other in zip(grown.posterior(scores), made.posterior(scores), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_model_finds_more_than_chance_does_in_a_space_without_a_list() -> None:
    rules = Rules(nasbed.Budget("evaluations", 40), noise="mean")
    regret = {
        name: [execute(REGISTRY.make(name, {}), LARGE, rules, seed).scores()["validation_regret"] for seed in range(3)]
        for name in ("gp_bo", "random_search")
    }
    assert np.mean(regret["gp_bo"]) < np.mean(regret["random_search"]) - 1


# what is stored


def test_fingerprints_tell_large_numbers_apart() -> None:
    records = {"seed": np.zeros(1, np.int64), "epochs": np.ones(1, np.int64), "value": np.ones(1)}
    made = [
        fingerprints({**records, "architecture": np.array([7 + 2**32 * large])}, np.array([0]))[0] for large in (0, 1)
    ]
    assert made[0] != made[1]


def test_it_takes_numpys_integers_and_gives_its_own() -> None:
    space = LongDigitSpace("large", (10,) * 15)
    given = tuple(np.arange(15) % 10)
    own = tuple(range(10)) + tuple(range(5))
    assert space.format(given) == "012345678901234"
    for found in (*space.neighbours(given), space.crossover(given, given, stream(0, "large", "own"))):
        assert {type(value) for value in found} == {int}
    assert space.crossover(given, given, stream(0, "large", "own")) == own

    class Proposes(nasbed.Script):
        def search(self, task: nasbed.Task, rng: Stream) -> nasbed.Proposals:
            outcome = yield Proposal(given)
            assert outcome.arch == own
            assert {type(value) for value in outcome.arch} == {int}

    outcomes = nasbed.search(Proposes(), LARGE, budget={"evaluations": 1}).outcomes
    assert [outcome.arch for outcome in outcomes] == [own]


def test_a_number_of_another_type_is_refused() -> None:
    for wrong in ("7", 7.0, None, True):
        message = f"index {wrong!r} is no whole number; expected one in 0 .. 999999999999999"
        with pytest.raises(ArchitectureError, match=f"^{re.escape(message)}$"):
            LARGE.space.at(wrong)


def test_a_frame_holds_its_architectures_by_number() -> None:
    number, budget = 987_654_321_012_345, {"evaluations": 1}
    value = float(LARGE.referee().validation(np.array([number]))[0])
    row = {"strategy": "mine", "benchmark": LARGE.label, "seed": 0, "architecture": number, "value": value, "time": 1.0}
    results = nasbed.Results.from_frame(pd.DataFrame([row]), LARGE, budget)
    assert results.series[0].records["architecture"].tolist() == [number]
    for wrong in (10**15, 10.0**15, 2.0**53):
        with pytest.raises(OptionError, match="an index from 0 to 999,999,999,999,999"):
            nasbed.Results.from_frame(pd.DataFrame([row | {"architecture": wrong}]), LARGE, budget)
    with pytest.raises(OptionError, match="these are fractions: give natural numbers, multiplied by 100"):
        nasbed.Results.from_frame(pd.DataFrame([row | {"value": value / 100}]), LARGE, budget)
