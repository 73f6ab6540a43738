"""HW-GPT-Bench: files in both forms, the measured networks, what is refused, and what is published."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import made_hw_gpt as made
import numpy as np
import pytest
from places import SHARED, needs_shared
from scipy.stats import spearmanr

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.hw_gpt import HWGPT
from nasbed.benchmarks.spaces.hw_gpt import SCALES, space_of
from nasbed.check import benchmark_declarations, check_benchmark, scores, spaces
from nasbed.check.subject import Subject
from nasbed.commands import catalogue
from nasbed.errors import ArchitectureError, BudgetError, DataError, NasbedError, OptionError, UnknownNameError
from nasbed.streams import stream
from nasbed.vocabulary import VALIDATED, Benchmark, architecture_of

FILES = SHARED / "data" / "hw-gpt-bench"
BEST = "gpt-s-12-768-2-3-3-3-3-4-4-4-4-4-4-4-4-8-4-12-12-8-12-12-12-12-8-8-False"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data home with the made-up table."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(folder))
        yield made.imported(folder)


def values(benchmark: Benchmark) -> list[tuple[float, ...]]:
    """What a search sees of every architecture."""
    oracle = benchmark.oracle()
    return [oracle(index, 1, 0)[0] for index in range(benchmark.space.size)]


def test_the_networks_with_a_perplexity_are_listed_scale_by_scale() -> None:
    for scale, count in made.COUNTS.items():
        table = nasbed.load_benchmark("hw_gpt", dataset=scale)
        expected = made.rows(scale)[:count]
        assert table.space.size == count
        assert [table.space.format(arch) for arch in table.space.archs] == [row["arch"] for row in expected]  # type: ignore[attr-defined]
        assert values(table) == [(-row["perplexity"],) for row in expected]
        best = -min(row["perplexity"] for row in expected)
        assert table.referee().best() == pytest.approx((best, np.nan), nan_ok=True)  # type: ignore[attr-defined]


def test_objectives_have_their_units_and_directions() -> None:
    names = [
        "perplexity",
        "accuracy",
        "parameters",
        "macs",
        "a100_latency",
        "cpu_alldlc_latency",
        "a100_energy",
        "a100_memory",
    ]
    table = nasbed.load_benchmark("hw_gpt", dataset="m", objectives=names)
    assert [(one.unit, one.maximise) for one in table.objectives] == [
        ("per token", False), ("%", True), ("parameters", False), ("multiply-accumulates", False), ("ms", False), ("s", False),
        ("J", False), ("MB", False),
    ]  # fmt: skip
    row, size = made.rows("m")[3], made.models("m")[3].parameters / 1e6
    joules = 3600 * size / 1e5
    natural = (
        row["perplexity"],
        100 * row["accuracy"],
        row["params"],
        row["macs"],
        size / 10,
        size / 10,
        joules,
        5 * size,
    )
    signed = [one.signed(value) for one, value in zip(table.objectives, natural, strict=True)]
    assert values(table)[3] == pytest.approx(signed)


def test_it_is_judged_on_validation_alone_without_noise_and_without_time() -> None:
    table = nasbed.load_benchmark("hw_gpt")
    assert (table.judged_on, table.runs, table.epochs, table.surrogate) == (VALIDATED, 1, (1,), "")
    assert table.recordings(1).one == "the one recorded value"
    assert np.isnan(table.referee().test(np.arange(3))).all()  # type: ignore[attr-defined]
    with pytest.raises(
        BudgetError, match="weights of one supernet, whose training has no published cost; count evaluations"
    ):
        nasbed.search("random_search", table, budget={"seconds": 100})


def test_sizes_may_be_asked_for_at_no_cost() -> None:
    table = nasbed.load_benchmark("hw_gpt", dataset="m", measures=["parameters", "macs"])
    sizes, cost = table.measurements()["parameters"]
    assert (sizes[2], len(sizes), cost) == (made.models("m")[2].parameters, 25, 0.0)
    with pytest.raises(
        OptionError, match=r"measures: parameters = 2\.0; parameters is computed from the architecture and costs"
    ):
        nasbed.load_benchmark("hw_gpt", measures={"parameters": 2.0})
    with pytest.raises(UnknownNameError, match=r"unknown measure of hw_gpt 'synflow'; .*parameters, macs"):
        nasbed.load_benchmark("hw_gpt", measures=["synflow"])


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"dataset": "xl"}, r"^unknown scale of hw_gpt 'xl'; .*known: s, m, l$"),
        ({"objectives": ["perplexity", "tpu_latency"]}, r"unknown objective of hw_gpt 'tpu_latency'; .*a100_latency"),
        (
            {"objectives": ["perplexity", "cpu_p100_energy"]},
            r"cpu_p100_energy is refused: every published value is 0; name",
        ),
        (
            {"objectives": ["perplexity", "cpu_meta_latency"]},
            r"cpu_meta_latency is refused: its published times hold runs of 990",
        ),
        ({"objectives": "perplexity"}, r"expected a list of names"),
    ],
)
def test_other_options_are_refused(options: dict[str, Any], problem: str) -> None:
    with pytest.raises(NasbedError, match=problem):
        nasbed.load_benchmark("hw_gpt", **options)


def test_a_network_that_was_not_measured_is_refused() -> None:
    table = nasbed.load_benchmark("hw_gpt")
    with pytest.raises(
        ArchitectureError, match=r"was not measured: .* among the 40 architectures of 'hw_gpt.* 0 \.\. 39 is of"
    ):
        table.space.parse(BEST)
    with pytest.raises(ArchitectureError, match="heads = 5; expected one of 4, 8, 12"):
        table.space.parse(BEST.replace("-8-4-12-", "-8-5-12-"))


def test_a_query_finds_the_scale_of_a_text_and_asks_for_that_of_a_number() -> None:
    text = made.rows("m")[3]["arch"]
    found = catalogue.lookup("hw_gpt", text)
    assert (found["architecture"], found["index"], list(found["benchmarks"])) == (text, 3, ["hw_gpt/m"])
    for name in ("hw_gpt", "hw_gpt_surrogate"):
        with pytest.raises(
            OptionError, match=r"space of its own, and '0' is of 3 of them; name one: --dataset s, m, l$"
        ):
            catalogue.lookup(name, "0")
        with pytest.raises(OptionError, match=r"and 'gpt-s-10' is of none of them; name one: --dataset s, m, l$"):
            catalogue.lookup(name, "gpt-s-10")


def test_neighbours_are_the_nearest_of_the_sample_both_ways() -> None:
    space = nasbed.load_benchmark("hw_gpt", dataset="l").space
    vectors = [space.encode(arch) for arch in space.archs]  # type: ignore[attr-defined]
    apart = np.array([[abs(one - other).sum() for other in vectors] for one in vectors]) + 1e9 * np.eye(len(vectors))
    nearest = apart == apart.min(axis=1, keepdims=True)
    for index in range(space.size):
        expected = np.flatnonzero(nearest[index] | nearest[:, index]).tolist()
        assert [space.index(one) for one in space.neighbours(space.at(index))] == expected


@pytest.mark.parametrize("scale", ["s", "l"])
def test_the_nearest_network_stands_for_what_is_drawn_and_was_not_measured(scale: str) -> None:
    space = nasbed.load_benchmark("hw_gpt", dataset=scale).space
    whole, rng = space_of(scale), stream(0, scale, "drawn")
    vectors = np.array([space.encode(arch) for arch in space.archs])  # type: ignore[attr-defined]
    for _ in range(20):
        drawn = whole.sample(rng)
        nearest = int(np.abs(vectors - whole.encode(drawn)).sum(axis=1).argmin())
        assert architecture_of(space, drawn) == space.at(nearest)
    assert architecture_of(space, space.at(3)) == space.at(3)
    assert architecture_of(space, (7, *drawn[1:])) is None


def test_tpe_meets_what_was_measured_where_it_draws_decision_by_decision() -> None:
    table = nasbed.load_benchmark("hw_gpt")
    tpe, random = (
        nasbed.search(nasbed.load_strategy(name, **options), table, budget={"evaluations": 12})
        for name, options in (("tpe", {"initial": 4}), ("random_search", {}))
    )
    assert [one.arch for one in tpe.outcomes[:4]] == [one.arch for one in random.outcomes[:4]]
    assert [one.arch for one in tpe.outcomes[4:]] != [one.arch for one in random.outcomes[4:]]
    assert np.mean([one.value for one in tpe.outcomes[4:]]) > np.mean([one.value for one in random.outcomes[4:]])


@pytest.mark.parametrize(
    "rule",
    [
        benchmark_declarations.declarations_are_complete,
        spaces.architectures_are_numbered,
        spaces.neighbours_are_symmetric,
        spaces.children_mix_their_parents,
        scores.validation_ranks_as_the_answers_do,
        scores.measures_are_values_and_seconds,
    ],
)
def test_a_rule_of_the_suite_holds(rule: Callable[[Subject], str | None]) -> None:
    rule(Subject("hw_gpt", {"dataset": "m", "objectives": ["perplexity", "a100_latency"], "measures": ["parameters"]}))


@pytest.mark.thorough
@pytest.mark.parametrize("scale", SCALES)
def test_it_conforms(scale: str) -> None:
    found = check_benchmark("hw_gpt", dataset=scale, objectives=["perplexity", "a100_latency"], measures=["parameters"])
    assert [str(one) for one in found if not one.holds] == []


# pickles


def test_pickles_are_joined_by_network_and_read_by_median(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path))
    manifest = convert.import_table("hw_gpt", made.pickles(tmp_path / "files"), made.quiet)
    assert (manifest.datasets, manifest.architectures) == (["s"], 40)
    assert manifest.title.endswith("in part: 40 of s")
    names = ["perplexity", "a100_latency", "a100_energy", "cpu_alldlc_latency", "cpu_alldlc_energy"]
    table = nasbed.load_benchmark("hw_gpt", objectives=names)
    for model, row, found in zip(made.models("s"), made.rows("s"), values(table), strict=False):
        time = model.parameters / 1e7
        assert found == pytest.approx([-row["perplexity"], -time, -3600 * time / 1e4, -time, -36 * time])
    with pytest.raises(
        OptionError, match=r"the files from which hw_gpt was imported do not hold h100_latency of scale s"
    ):
        nasbed.load_benchmark("hw_gpt", objectives=["perplexity", "h100_latency"])
    with pytest.raises(
        DataError, match=r"has no scale m: it was imported from files of s; import a folder that has it"
    ):
        nasbed.load_benchmark("hw_gpt", dataset="m")
    with pytest.raises(DataError, match=r"imported without perplexity_s_mlp\.npz, so it has no surrogate of scale s"):
        nasbed.load_benchmark("hw_gpt_surrogate")


class Foreign:
    """Stands for what no published file holds."""


def damaged(folder: Path, file: str, content: Any) -> Path:
    """The made-up pickles, one of them another."""
    made.dump(made.pickles(folder) / file, content)
    return folder


PERPLEXITIES = "arch_ppl_bench_s/ppl_observations_tracker_0_20.pkl"
ONE = {"accuracy": 0.4, "perplexity": 30.0, "arch": made.said(made.models("s")[0], 12)}
LATENCIES = "data_collection/raw_results_hw/latency_a100/efficiency_observations_0_41.pkl"
TIMED = {"arch": ONE["arch"], "params": made.models("s")[0].parameters, "macs": made.models("s")[0].macs(8192)}


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        (PERPLEXITIES, [Foreign()], r"0_20\.pkl: the pickle asks for test_hw_gpt\.Foreign, which is not admitted: refused"),
        (PERPLEXITIES, {"a": 1}, r"it holds .*; expected a list of dictionaries, one a network$"),
        (PERPLEXITIES, [ONE, ONE], r"is recorded twice; expected each network once"),
        (PERPLEXITIES, [{**ONE, "perplexity": None}], r"a record is not as official ones: TypeError"),
        (PERPLEXITIES, [{**ONE, "perplexity": float("nan")}], r"nan is no finite number"),
        (PERPLEXITIES, [{**ONE, "perplexity": 0.5}], r"perplexity is 0\.5 \.\. .*; expected numbers in 1 \.\. 10000"),
        (PERPLEXITIES, [{**ONE, "perplexity": 20.0}], r"the lowest is 20; published are 10,000, the lowest 22\.1591, so this is"),
        (PERPLEXITIES, [{**ONE, "arch": {**ONE["arch"], "sample_embed_dim": 512}}], r"embedding = 512; .* 512 is of scale m"),
        (LATENCIES, [{**TIMED, "params": 7, "times_profiler_gpu": [1.0]}], r"has 7 params .* so this record is of another$"),
        (LATENCIES, [{**TIMED, "times_profiler_gpu": []}], r"\[\] is no list of readings"),
        (LATENCIES, [{**TIMED, "times_profiler_gpu": [-1.0]}], r"a100_latency of gpt-s-.* is -1; expected a number above 0"),
    ],
)  # fmt: skip
def test_other_pickles_are_refused_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, content: Any, problem: str
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    with pytest.raises(DataError, match=problem):
        convert.import_table("hw_gpt", damaged(tmp_path / "files", file, content), made.quiet)
    assert not (tmp_path / "home" / "hw_gpt").exists()


# sheets


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"params": 7}, r"gpt_s\.csv: gpt-s-\S+ has 7 params and \d+ macs; its network has \d+ and \d+, so this record is of ano"),
        ({"arch": "gpt-s-10"}, r"gpt_s\.csv.*, row 2, column 'arch': malformed architecture"),
        ({"arch": made.rows("s")[1]["arch"]}, r"row 3, column 'arch': gpt-s-\S+ stands in two rows; expected each network once"),
        ({"lat_a100_median": 0}, r"row 2, column 'lat_a100_median': 0 was measured; expected a number above 0"),
        ({"perplexity": "much"}, r"row 2, column 'perplexity': 'much' is no number"),
        ({"accuracy": 40.0}, r"accuracy is .* 4000; expected numbers in 0 \.\. 100$"),
    ],
)  # fmt: skip
def test_other_sheets_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: dict[str, Any], problem: str
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    first, *others = made.rows("s")
    made.sheet(tmp_path / "files" / "gpt_s.csv", [{**first, **changed}, *others])
    with pytest.raises(DataError, match=problem):
        convert.import_table("hw_gpt", tmp_path / "files", made.quiet)
    assert not (tmp_path / "home" / "hw_gpt").exists()


def test_what_is_no_folder_of_these_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    file = made.sheet(tmp_path / "some" / "gpt_s.csv", [{"arch": "x", "perplexity": 3}])
    for path, problem in (
        (file, r"is one file; hw_gpt is made from a folder of gpt_s\.csv\.gz"),
        (file.parent, r"has no column accuracy; expected arch, perplexity, accuracy, params and macs"),
        (tmp_path, r"has no networks of HW-GPT-Bench; expected gpt_s\.csv\.gz"),
    ):
        with pytest.raises(DataError, match=problem):
            convert.import_table("hw_gpt", path, made.quiet)


# what is published


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A data home with all that is published."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(tmp_path_factory.mktemp("published")))
        convert.import_table("hw_gpt", FILES, made.quiet)
        yield


@needs_shared
@pytest.mark.thorough
@pytest.mark.usefixtures("published")
def test_the_published_networks_and_their_best() -> None:
    assert [len(HWGPT(scale).space) for scale in SCALES] == [10_000, 5_245, 429]
    table = HWGPT("s", objectives=["perplexity", "a100_latency", "a100_energy", "parameters"])
    oracle, best = table.oracle(), table.space.index(table.space.parse(BEST))
    assert oracle(best, 1, 0)[0][0] == table.referee().best()[0] == -22.159135818481445
    seen = np.array(values(table))
    assert spearmanr(-seen[:, 0], -seen[:, 3])[0] == pytest.approx(-0.992, abs=5e-4)
    assert spearmanr(-seen[:, 0], -seen[:, 1])[0] == pytest.approx(-0.990, abs=5e-4)
    front = [
        one for one in seen[:, :2] if not ((seen[:, :2] >= one).all(axis=1) & (seen[:, :2] > one).any(axis=1)).any()
    ]
    assert len(front) == 128
    assert (seen[:, 3] < seen[best, 3]).sum() == 6, "six networks are larger than the best"
    watts = seen[:, 2] / (seen[:, 1] / 1000)
    assert 40 < np.median(watts) < 120, "energies in J over seconds are watts that such a card draws"


@needs_shared
@pytest.mark.thorough
def test_the_published_pickles_say_what_the_sheet_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    convert.import_table("hw_gpt", FILES / "official-sample", made.quiet)
    names = [
        "perplexity",
        "accuracy",
        "parameters",
        "macs",
        "a100_latency",
        "a100_energy",
        "cpu_alldlc_latency",
        "cpu_alldlc_energy",
    ]
    table = HWGPT("s", objectives=names)
    of_pickles = {table.space.format(table.space.at(index)): one for index, one in enumerate(values(table))}
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "other"))
    lines = gzip.decompress((FILES / "gpt_s.csv.gz").read_bytes()).decode().splitlines(keepends=True)
    kept = [line for line in lines if line.split(",")[0] in of_pickles]
    (tmp_path / "sheet").mkdir()
    (tmp_path / "sheet" / "gpt_s.csv").write_text("".join([lines[0], *kept]))
    convert.import_table("hw_gpt", tmp_path / "sheet", made.quiet)
    table = HWGPT("s", objectives=names)
    assert len(kept) == 1_000
    for index, one in enumerate(values(table)):
        assert one == pytest.approx(of_pickles[table.space.format(table.space.at(index))], rel=1e-4)


def test_the_space_of_the_sample_has_the_vectors_of_the_whole() -> None:
    space = nasbed.load_benchmark("hw_gpt", dataset="m").space
    arch = space.at(3)
    assert np.array_equal(space.encode(arch), space_of("m").encode(arch))
