"""HW-GPT-Bench by its surrogate: the network as plain arrays, spaces beyond 64 bits, and how it fits what was measured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import made_hw_gpt as made
import numpy as np
import pytest
from places import SHARED, needs_shared
from scipy.stats import kendalltau

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.hw_gpt_surrogate import HWGPTSurrogate
from nasbed.benchmarks.spaces.hw_gpt import SCALES
from nasbed.benchmarks.tables.perceptron import Perceptron, model_file
from nasbed.check import check_benchmark, scores, spaces
from nasbed.check.subject import Subject
from nasbed.errors import DataError, NasbedError
from nasbed.searches.feasibility import violations_of
from nasbed.tables.captions import unknown_best
from nasbed.vocabulary import VALIDATED, is_enumerable

FILES = SHARED / "data" / "hw-gpt-bench"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data home with the made-up table."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(folder))
        yield made.imported(folder)


@pytest.mark.parametrize("scale", SCALES)
def test_it_says_the_perplexity_of_any_network_and_counts_its_sizes(scale: str) -> None:
    benchmark = HWGPTSurrogate(scale, ["perplexity", "parameters", "macs"])
    space, rng = benchmark.space, nasbed.streams.stream(0, scale, "test")
    arch = space.sample(rng)
    model = space.model(arch)
    width = {SCALES[scale].embeddings[0]: 30, SCALES[scale].embeddings[1]: 25, SCALES[scale].embeddings[2]: 20}
    expected = width[model.embedding] + 5 - 0.01 * sum(ratio - 1 for ratio in model.ratios)
    values, cost = benchmark.oracle()(space.index(arch), 1, 0)
    assert values == pytest.approx((-expected, -model.parameters, -model.macs(SCALES[scale].tokens)), rel=1e-6)
    assert cost == 1.0
    assert [row["value"] for row in benchmark.lookup(arch)] == pytest.approx([-value for value in values])
    assert (benchmark.judged_on, is_enumerable(space)) == (VALIDATED, False)


def test_it_is_marked_and_its_best_is_unknown() -> None:
    benchmark = HWGPTSurrogate()
    assert benchmark.surrogate == "the measured perplexities of HW-GPT-Bench"
    assert np.isnan(benchmark.referee().best()).all()
    assert unknown_best([benchmark])


def test_an_answer_does_not_depend_on_what_else_is_asked() -> None:
    benchmark = HWGPTSurrogate()
    rng = nasbed.streams.stream(0, "s", "test")
    index = np.array([benchmark.space.index(benchmark.space.sample(rng)) for _ in range(12)])
    alone = [HWGPTSurrogate().query(index[[place]])[0] for place in range(12)]
    assert benchmark.query(index.reshape(3, 4)).ravel().tolist() == alone


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"dataset": "tiny"}, r"^unknown scale of hw_gpt_surrogate 'tiny'; known: s, m, l$"),
        (
            {"objectives": ["perplexity", "a100_latency"]},
            r"a100_latency is known of the measured networks alone, .* use hw_gpt",
        ),
        ({"objectives": ["perplexity", "cpu_p100_energy"]}, r"refused: every published value is 0"),
        ({"objectives": ["loss"]}, r"unknown objective of hw_gpt 'loss'"),
        ({"measures": ["synflow"]}, r"unknown measure of hw_gpt_surrogate 'synflow'; known: parameters, macs"),
        ({"measures": {"macs": 2}}, r"measures: macs = 2; macs is computed from the architecture and costs nothing"),
        (
            {"objectives": ["parameters", "perplexity"], "constraints": {"perplexity": "<= 20 per token"}},
            r"perplexity of hw_gpt_surrogate/s is said by a surrogate; expected an objective that the architecture",
        ),
        (
            {"objectives": ["perplexity", "parameters"], "constraints": {"parameters": "<= 1000 parameters"}},
            r"no architecture of hw_gpt_surrogate/s is feasible, so there is no best perplexity; loosen a bound",
        ),
        (
            {"objectives": ["perplexity", "macs"], "constraints": {"macs": ">= 1e18 multiply-accumulates"}},
            r"no architecture of hw_gpt_surrogate/s is feasible",
        ),
        ({"constraints": {"parameters": "<= 6e7 parameters"}}, r"is no table with several objectives"),
    ],
)
def test_other_options_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(NasbedError, match=problem):
        nasbed.load_benchmark("hw_gpt_surrogate", **options)
    with pytest.raises(DataError, match="has no run 1: a surrogate has one answer"):
        HWGPTSurrogate().oracle("run:1")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"nothing", r"mlp\.npz cannot be read: .*; expected plain arrays, as published"),
        (made.surrogate("m"), r"holds fc1\.weight float32\(2, 152\), .*; expected layers fc1\.weight \(outputs, 80\)"),
        (made.surrogate("s", **{"fc2.weight": np.ones((2, 2))}), r"the last with one output"),
        (made.surrogate("s", **{"fc2.bias": np.array([np.nan])}), r"of finite numbers"),
        (made.surrogate("s", other=np.ones(1)), r"expected layers"),
        (
            made.surrogate("s", **{"fc1.bias": np.array([{}], dtype=object)}),
            r"cannot be read: Object arrays cannot be loaded",
        ),
    ],
)
def test_another_model_is_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes, problem: str
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    files = made.sheets(tmp_path / "files")
    (files / model_file("s")).write_bytes(content)
    with pytest.raises(DataError, match=problem):
        convert.import_table("hw_gpt", files, made.quiet)
    assert not (tmp_path / "home" / "hw_gpt").exists()


OBJECTIVES = ["perplexity", "parameters", "macs"]
LIMITS = {"s": 62, "m": 142, "l": 277}
STUDY = """
name = "large"
seeds = 2
budget = { evaluations = 12 }
[[strategy]]
use = "largest_fitting"
pool = 150
[[strategy]]
use = "random_search"
""" + "".join(
    f"""
[[benchmark]]
use = "hw_gpt_surrogate"
dataset = "{scale}"
objectives = ["perplexity", "parameters"]
measures = ["parameters"]
constraints = {{ parameters = "<= {limit}000000 parameters" }}
"""
    for scale, limit in LIMITS.items()
)


def test_a_study_finds_the_best_perplexity_under_a_limit_at_every_scale(tmp_path: Path) -> None:
    results = nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path / "results")
    for scale, limit in LIMITS.items():
        label = f"hw_gpt_surrogate/{scale}, parameters at most {limit} M"
        space = results.benchmarks[label].space
        for strategy in results.strategies:
            series = results.series_of(label, strategy)
            assert isinstance(series.searched, HWGPTSurrogate)
            sizes = [series.searched.space.model(space.at(one)).parameters for one in series.runs.incumbent]
            assert max(sizes) <= limit * 1e6
            assert series.runs.final("validation").tolist() == series.searched.first(series.runs.incumbent).tolist()
            assert series.feasible() == 1 if strategy == "largest_fitting" else series.feasible() < 0.9
        evaluations = results.series_of(label, "largest_fitting").records_of([0])
        assert (np.diff(evaluations["parameters"]) <= 0).all()
        assert evaluations["parameters"].iloc[0] > 0.85e6 * limit
    assert (results.finals()["validation"] > 0).all()


def test_measures_follow_from_the_architecture_and_cost_nothing() -> None:
    benchmark = HWGPTSurrogate("m", measures=["parameters", "macs"])
    index = benchmark.space.index(benchmark.space.largest)
    model = benchmark.space.model(benchmark.space.largest)
    found = {name: (values[index], seconds) for name, (values, seconds) in benchmark.measurements().items()}
    assert found == {"parameters": (model.parameters, 0.0), "macs": (model.macs(SCALES["m"].tokens), 0.0)}
    assert benchmark.offered().measures == {"parameters": 0.0, "macs": 0.0}


@pytest.mark.parametrize("scale", SCALES)
def test_no_network_is_smaller_or_larger_than_the_ends_of_its_space(scale: str) -> None:
    benchmark = HWGPTSurrogate(scale, OBJECTIVES)
    space, rng = benchmark.space, nasbed.streams.stream(0, scale, "ends")
    for objective in benchmark.objectives[1:]:
        (low, high), place = benchmark.range_of(objective), OBJECTIVES.index(objective.name)
        ends = [-benchmark.oracle()(space.index(one), 1, 0)[0][place] for one in (space.smallest, space.largest)]
        assert (low, high) == tuple(ends)
        around = [*space.neighbours(space.smallest), *space.neighbours(space.largest)]
        for arch in [*around, *(space.sample(rng) for _ in range(20))]:
            assert low <= -benchmark.oracle()(space.index(arch), 1, 0)[0][place] <= high


def test_violations_are_of_the_architectures_that_are_asked_for() -> None:
    bounds = {"parameters": "<= 60000000 parameters", "macs": ">= 1000000 multiply-accumulates"}
    benchmark = nasbed.load_benchmark("hw_gpt_surrogate", objectives=OBJECTIVES, constraints=bounds)
    space = benchmark.space
    assert isinstance(benchmark, HWGPTSurrogate)
    index = np.array([[space.index(benchmark.space.smallest)], [space.index(benchmark.space.largest)]])
    violations = violations_of(benchmark, index)
    assert violations is not None
    over = benchmark.space.model(benchmark.space.largest).parameters / 60e6 - 1
    assert violations.ravel().tolist() == [0, pytest.approx(over)]
    assert violations_of(HWGPTSurrogate(objectives=OBJECTIVES), index) is None


@pytest.mark.parametrize(
    "rule",
    [
        spaces.children_mix_their_parents,
        scores.scores_have_the_shape_of_their_indices,
        scores.scores_are_not_what_a_search_sees,
    ],
)
def test_a_rule_of_the_suite_holds_beyond_64_bits(rule: Callable[[Subject], str | None]) -> None:
    rule(Subject("hw_gpt_surrogate", {"dataset": "m"}))


@pytest.mark.thorough
@pytest.mark.parametrize("scale", SCALES)
def test_it_conforms(scale: str) -> None:
    assert [str(one) for one in check_benchmark("hw_gpt_surrogate", dataset=scale) if not one.holds] == []


def fit(scale: str, step: int) -> tuple[float, float]:
    """Kendall's tau and the root mean square error of the published surrogate against some of the measured perplexities."""
    table = nasbed.load_benchmark("hw_gpt", dataset=scale)
    model = Perceptron.of((FILES / model_file(scale)).read_bytes(), scale, sum(table.space.choices))
    archs = table.space.archs[::step]  # type: ignore[attr-defined]
    said = model.answers(np.array([table.space.encode(arch) for arch in archs]))
    measured = -table.referee().validation(np.arange(0, table.space.size, step))  # type: ignore[attr-defined]
    return float(kendalltau(said, measured)[0]), float(np.sqrt(np.mean((said - measured) ** 2)))


@needs_shared
@pytest.mark.thorough
def test_the_published_surrogate_fits_what_was_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    convert.import_table("hw_gpt", FILES, made.quiet)
    found = {scale: fit(scale, 1) for scale in SCALES}
    assert {scale: round(tau, 3) for scale, (tau, _) in found.items()} == {"s": 0.994, "m": 0.987, "l": 0.973}
    assert all(error < 0.06 for _, error in found.values())


@needs_shared
def test_the_published_surrogate_says_what_was_measured_of_the_best() -> None:
    space = HWGPTSurrogate("s").space
    model = Perceptron.of((FILES / model_file("s")).read_bytes(), "s", sum(space.choices))
    best = space.parse("gpt-s-12-768-2-3-3-3-3-4-4-4-4-4-4-4-4-8-4-12-12-8-12-12-12-12-8-8-False")
    assert model.answers(space.encode(best)[None])[0] == pytest.approx(22.159135818481445, abs=0.06)
