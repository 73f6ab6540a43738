"""Cheap measures: what a strategy may ask for instead of a training, and what that costs."""

from __future__ import annotations

import csv
import gzip
import hashlib
import math
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from daily import sampled
from fakes import SPACE, Listed, oracle, task, visit
from places import SHARED, needs_shared
from scipy.stats import spearmanr

import nasbed
from nasbed.benchmarks import convert
from nasbed.benchmarks.convert import zero_cost_nasbench201 as zero_cost
from nasbed.benchmarks.convert._source import Source
from nasbed.benchmarks.spaces.nasbench201 import NASBench201Space
from nasbed.benchmarks.tables.measures import published_seconds
from nasbed.errors import DataError, NasbedError, StrategyError, UnmetNeedError
from nasbed.searches.loop import Log, run_loop
from nasbed.searches.pools import Simulated
from nasbed.vocabulary import Proposal, Proposals, Script, Stream, Task

CELLS = NASBench201Space()
MEASURED = {"proxy": ([float(10 - i) for i in range(9)], 3.0), "free": ([0.5] * 9, 0.0)}


def run(
    proposals: list[Proposal], kind: str = "evaluations", amount: float = 100, workers: int = 1
) -> tuple[Log, Listed]:
    log, searcher = Log(), Listed(proposals)
    of = replace(task(kind, amount, workers), measures=tuple(MEASURED))
    for _ in run_loop(searcher, of, Simulated(oracle, of), visit, log, measurements=MEASURED):
        pass
    return log, searcher


def proxy(place: int, name: str = "proxy") -> Proposal:
    return Proposal(SPACE.archs[place], measure=name)


def train(place: int) -> Proposal:
    return Proposal(SPACE.archs[place])


# the loop


def test_a_measure_is_told_and_charged_but_is_no_evaluation() -> None:
    log, searcher = run([proxy(2), proxy(2, "free"), train(4), proxy(1), train(1)])
    assert [(o.value, o.values, o.cost, o.time, o.trial, o.epochs) for o in searcher.told] == [
        (8.0, (8.0,), 3.0, 3.0, -1, 0),
        (0.5, (0.5,), 0.0, 3.0, -1, 0),
        (40.01, (40.01,), 5.0, 8.0, 0, 1),
        (9.0, (9.0,), 3.0, 11.0, -1, 0),
        (10.01, (10.01,), 2.0, 13.0, 1, 1),
    ]
    assert [outcome.trial for outcome in log.outcomes] == [0, 1]
    assert log.measured == {0: 2, 1: 3}
    assert len(log.thinking) == 2


def test_measures_spend_simulated_time_and_neither_evaluations_nor_epochs() -> None:
    log, _ = run([proxy(0)] * 5 + [train(0)] * 5, "evaluations", 2)
    assert [outcome.time for outcome in log.outcomes] == [16.0, 17.0]
    log, _ = run([proxy(0)] * 5 + [train(0)] * 5, "epochs", 3)
    assert len(log.outcomes) == 3
    log, searcher = run([proxy(0)] * 5 + [train(0)] * 5, "seconds", 10)
    assert (len(log.outcomes), len(searcher.told)) == (0, 3)


def test_a_measure_occupies_a_worker() -> None:
    _, searcher = run([proxy(0), train(4), train(0)], workers=2)
    assert [(outcome.trial, outcome.time) for outcome in searcher.told] == [(-1, 3.0), (1, 4.0), (0, 5.0)]


def test_equal_arrivals_keep_the_order_of_the_start() -> None:
    _, searcher = run([proxy(3, "free"), proxy(2, "free"), proxy(1, "free")], workers=3)
    assert [outcome.arch for outcome in searcher.told] == [SPACE.archs[3], SPACE.archs[2], SPACE.archs[1]]


def test_a_search_of_measures_alone_ends() -> None:
    log, searcher = run([proxy(0, "free")] * 2_000)
    assert log.ended
    assert len(searcher.told) == 1_000


@pytest.mark.parametrize(
    ("proposal", "message"),
    [
        (Proposal(SPACE.archs[0], measure="synflaw"), "asks for the measure 'synflaw'; this task offers proxy, free"),
        (Proposal(SPACE.archs[0], 1, measure="proxy"), "the measure 'proxy', which takes no epochs and no resume"),
        (
            Proposal(SPACE.archs[0], resume=0, measure="proxy"),
            "the measure 'proxy', which takes no epochs and no resume",
        ),
    ],
)
def test_a_measure_that_is_not_offered_is_refused(proposal: Proposal, message: str) -> None:
    with pytest.raises(StrategyError, match=re.escape(message)):
        run([proposal])


def test_a_task_without_measures_offers_none() -> None:
    with pytest.raises(StrategyError, match="asks for the measure 'synflow'; this task offers none"):
        nasbed.observe(nasbed.load_benchmark("nasbench201"), {"evaluations": 1})(CELLS.archs[0], measure="synflow")


# NAS-Bench-201


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NASBED_DATA", str(tmp_path / "home"))
    return tmp_path / "home"


def quiet(what: str, done: int, total: int) -> None:
    assert what


@cache
def pruned_cells() -> list[int]:
    return sorted({CELLS.index(CELLS.pruned(arch)) for arch in CELLS.archs})


def published(
    folder: Path, monkeypatch: pytest.MonkeyPatch, spoil: Any = lambda rows: rows, packed: bool = False
) -> Path:
    """Proxy files in their layout, made up: proxy number p of the cell with index i is i + p / 100."""
    codes = {1: 0, 0: 1, 3: 2, 2: 3, 4: 4}
    edges = [(0, 1, 3, 2, 4, 5).index(position) for position in range(6)]
    pruned = pruned_cells()
    rows = [
        [
            str(tuple(codes[CELLS.archs[index][edge]] for edge in edges)),
            *(index + p / 100 for p in range(len(zero_cost.PROXIES))),
        ]
        for index in pruned
    ]
    folder.mkdir()
    sources = []
    for source in zero_cost.CONVERTER.sources:
        path = folder / (source.file + (".gz" if packed else ""))
        with gzip.open(path, "wt", newline="") if packed else path.open("w", newline="") as file:
            csv.writer(file).writerows([["net", *zero_cost.PROXIES], *spoil(rows)])
        content = gzip.decompress(path.read_bytes()) if packed else path.read_bytes()
        sources.append(replace(source, sha256=hashlib.sha256(content).hexdigest()))
    monkeypatch.setattr(zero_cost, "CONVERTER", replace(zero_cost.CONVERTER, sources=tuple(sources)))
    return folder


@pytest.mark.parametrize("packed", sampled([False, True], 2), ids=["plain", "compressed"])
def test_proxies_are_looked_up_by_the_cell_without_dead_edges(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    convert.import_table("zero_cost_nasbench201", published(tmp_path / "files", monkeypatch, packed=packed), quiet)
    table = nasbed.load_benchmark("nasbench201", measures={"synflow": 2.0, "fisher": 0.25})
    assert table.measures == ("synflow", "fisher", "parameters", "flops")
    values, seconds = table.measurements()["synflow"]
    place = zero_cost.PROXIES.index("synflow") / 100
    for arch in CELLS.archs[::97]:
        assert values[CELLS.index(arch)] == pytest.approx(CELLS.index(CELLS.pruned(arch)) + place)
    assert (seconds, table.measurements()["flops"][1]) == (2.0, 0.0)
    assert table.cost_model.endswith(
        "; a query of a measure costs, as the study declares, synflow 2 s, fisher 0.25 s, parameters 0 s, flops 0 s"
    )
    query = nasbed.observe(table, {"seconds": 1e6})
    assert (query(CELLS.archs[5], measure="synflow").cost, query(CELLS.archs[5], measure="parameters").cost) == (
        2.0,
        0.0,
    )
    assert query(CELLS.archs[5]).time > 2.0
    assert query.result().measured == (2,)


def test_free_yardsticks_need_no_table_and_equal_the_formula() -> None:
    table = nasbed.load_benchmark("nasbench201", dataset="cifar100", measures={})
    assert table.measures == ("parameters", "flops")
    parameters = table.measurements()["parameters"][0]
    for arch in CELLS.archs[::500]:
        assert parameters[CELLS.index(arch)] == 73_306 + 65 * 90 + 28_000 * arch.count(2) + 243_040 * arch.count(3)
    assert nasbed.load_benchmark("nasbench201").measures == ()


@pytest.fixture(scope="module")
def proxies_at_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data home with the table of proxies, which no test changes."""
    folder = tmp_path_factory.mktemp("proxies")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(folder / "home"))
        convert.import_table("zero_cost_nasbench201", published(folder / "files", patch), quiet)
    return folder / "home"


@pytest.mark.parametrize(
    ("options", "message"),
    sampled(
        [
            (
                {"dataset": "cifar100", "measures": {"synflow": 1}},
                "has no proxies for cifar100; it has them for cifar10, Image",
            ),
            (
                {"measures": {"synflaw": 1}},
                "unknown measure of zero_cost_nasbench201 'synflaw'; did you mean 'synflow'?",
            ),
            (
                {"measures": {"synflow": -1}},
                "measures: synflow = -1; expected the seconds that one query costs, 0 or more",
            ),
            ({"measures": {"synflow": math.inf}}, "measures: synflow = inf; expected the seconds"),
            ({"measures": {"synflow": "2"}}, "measures: synflow = '2'; expected the seconds"),
            (
                {"measures": ["synflow", 2]},
                "or the seconds that a query of each costs, as measures = { synflow = 2.0 }",
            ),
            (
                {"measures": ["synflow", "zen"]},
                "no cost of zen on cifar10 is published; declare the seconds that a query of",
            ),
            ({"measures": {"flops": 1}}, "flops is computed from the architecture and costs nothing"),
        ],
        4,
    ),
)
def test_measures_that_cannot_be_are_refused(
    proxies_at_home: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any], message: str
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(proxies_at_home))
    with pytest.raises(NasbedError, match=re.escape(message)):
        nasbed.load_benchmark("nasbench201", **options)


@pytest.mark.parametrize(("dataset", "seconds"), [("cifar10", (0.483, 0.155)), ("ImageNet16-120", (0.842, 0.431))])
def test_a_proxy_that_is_named_alone_costs_what_was_published(
    proxies_at_home: Path, monkeypatch: pytest.MonkeyPatch, dataset: str, seconds: tuple[float, float]
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(proxies_at_home))
    table = nasbed.load_benchmark("nasbench201", dataset=dataset, measures=["synflow", "l2_norm", "flops"])
    told = {name: cost for name, (_, cost) in table.measurements().items()}
    assert told == {"synflow": seconds[0], "l2_norm": seconds[1], "parameters": 0.0, "flops": 0.0}
    assert table.cost_model.endswith(
        "; a query of a measure costs, as NAS-Bench-Suite-Zero measured on average (Krishnakumar et al. 2022, arXiv 2210.03230),"
        f" synflow {seconds[0]} s, l2_norm {seconds[1]} s; parameters 0 s, flops 0 s"
    )


def test_what_a_table_offers_has_the_proxies_that_were_imported(
    proxies_at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(proxies_at_home))
    offered = nasbed.load_benchmark("nasbench201", dataset="ImageNet16-120").offered().measures
    assert (offered["synflow"], offered["zen"], offered["flops"]) == (0.842, None, 0.0)
    assert set(offered) == {*zero_cost.PROXIES, "parameters", "flops"}
    assert set(nasbed.load_benchmark("nasbench201", dataset="cifar100").offered().measures) == {"parameters", "flops"}


def test_a_declared_cost_overrides_the_published_one(proxies_at_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NASBED_DATA", str(proxies_at_home))
    table = nasbed.load_benchmark("nasbench201", measures={"synflow": 0, "zen": 2.5})
    assert [table.measurements()[name][1] for name in ("synflow", "zen")] == [0.0, 2.5]
    assert "as the study declares, synflow 0 s, zen 2.5 s" in table.cost_model


def test_every_proxy_of_the_table_but_zen_has_a_published_cost() -> None:
    costs = [published_seconds(dataset) for dataset in ("cifar10", "cifar100", "ImageNet16-120")]
    assert [set(zero_cost.PROXIES) - known.keys() for known in costs] == [{"zen"}] * 3
    assert all(0.1 < seconds < 1.5 for known in costs for seconds in known.values())


def test_the_line_that_offers_a_proxy_names_it_alone_unless_its_cost_is_not_published(
    proxies_at_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NASBED_DATA", str(proxies_at_home))
    for proxy, offered, line in (
        ("synflow", None, 'measures = ["synflow"]'),
        ("zen", None, "measures = { zen = 2.0 }"),
        ("synflow", {"zen": 1}, "measures = { zen = 1.0, synflow = 0.483 }"),
    ):
        table = nasbed.load_benchmark("nasbench201", measures=offered)
        with pytest.raises(UnmetNeedError, match=re.escape(f"write {line} below its [[benchmark]]")):
            nasbed.search("proxy_ranking", table, options={"proxy": proxy}, budget={"evaluations": 1})


def test_without_the_table_the_remedy_is_said() -> None:
    with pytest.raises(DataError, match="nasbed data fetch zero_cost_nasbench201"):
        nasbed.load_benchmark("nasbench201", measures={"synflow": 1.0})


@pytest.mark.parametrize(
    ("spoil", "message"),
    sampled(
        [
            (lambda rows: rows[:-3], "3 of the 9,445 cells without dead edges have no row"),
            (lambda rows: [*rows, rows[0]], "1 architectures have two rows"),
            (lambda rows: [["(9, 9, 9, 9, 9, 9)", *rows[0][1:]], *rows[1:]], "is damaged or foreign: IndexError"),
            (lambda rows: [[*rows[0][:3], "much", *rows[0][4:]], *rows[1:]], "is damaged or foreign: ValueError"),
        ],
        4,
    ),
)
def test_damaged_proxy_files_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own_home: Path, spoil: Any, message: str
) -> None:
    with pytest.raises(DataError, match=re.escape(message)):
        convert.import_table("zero_cost_nasbench201", published(tmp_path / "files", monkeypatch, spoil), quiet)
    assert list(own_home.glob("*")) == []


@pytest.mark.thorough
def test_a_truncated_compressed_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = published(tmp_path / "files", monkeypatch, packed=True)
    path = folder / "nb201_zc_proxies.csv.gz"
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(DataError, match=r"cannot read .*nb201_zc_proxies\.csv\.gz"):
        convert.import_table("zero_cost_nasbench201", folder, quiet)


def test_a_proxy_that_failed_is_nan_for_the_strategy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spoil = lambda rows: [[rows[0][0], "inf", "nan", *rows[0][3:]], *rows[1:]]  # noqa: E731
    convert.import_table("zero_cost_nasbench201", published(tmp_path / "files", monkeypatch, spoil), quiet)
    index = min({CELLS.index(CELLS.pruned(arch)) for arch in CELLS.archs})
    table = nasbed.load_benchmark("nasbench201", measures={"epe_nas": 1.0, "fisher": 1.0})
    assert all(math.isnan(table.measurements()[name][0][index]) for name in ("epe_nas", "fisher"))


@dataclass(frozen=True)
class BestOfTen(Script):
    """Trains the best of ten by a free yardstick."""

    def search(self, task: Task, rng: Stream) -> Proposals:
        while True:
            ranked = yield [Proposal(task.space.sample(rng), measure="flops") for _ in range(10)]
            yield Proposal(max(ranked, key=lambda outcome: outcome.value).arch)


def test_a_study_stores_how_many_measures_came_before_each_evaluation(tmp_path: Path) -> None:
    study = nasbed.Study.parse(f"""
        name = "measured"
        seeds = 3
        budget = {{ evaluations = 5 }}
        [[benchmark]]
        use = "nasbench201"
        measures = {{}}
        [[strategy]]
        use = "{__name__}:BestOfTen"
    """)
    results = nasbed.run_study(study, tmp_path / "out")
    assert results.evaluations()["measures"].tolist() == [10, 20, 30, 40, 50] * 3
    assert "a query of a measure costs, as the study declares, parameters 0 s, flops 0 s" in nasbed.comparison_table(
        results
    )


@needs_shared
def test_the_published_proxies_rank_as_published(own_home: Path) -> None:
    """Abdelfattah et al. (ICLR 2021) over all cells; another implementation, so within 0.06 (fisher, snip: 0.2)."""
    convert.import_table("zero_cost_nasbench201", SHARED / "data" / "zero-cost", quiet)
    known = {"cifar10": (0.594, 0.514, 0.737, 0.731), "ImageNet16-120": (0.578, 0.549, 0.751, 0.701)}
    for dataset, figures in known.items():
        table = nasbed.load_benchmark(
            "nasbench201", dataset=dataset, measures=dict.fromkeys(["grad_norm", "grasp", "synflow", "jacov"], 1.0)
        )
        test = table.referee().test(np.arange(15_625))
        for name, figure in zip(table.measures, figures, strict=False):
            found = spearmanr(table.measurements()[name][0], test, nan_policy="omit").statistic
            assert found == pytest.approx(figure, abs=0.06), name


def test_sources_are_the_published_files() -> None:
    assert all(isinstance(source, Source) and source.file.endswith(".csv") for source in zero_cost.CONVERTER.sources)
