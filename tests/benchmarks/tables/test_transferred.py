"""Ranks of other data sets as a measure: what they are, what they cost, what they must not be of, and that nothing else changes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import rankdata

import nasbed
from nasbed.benchmarks.tables.manifest import Column, Manifest
from nasbed.check import check_benchmark
from nasbed.errors import NasbedError, UnmetNeedError
from nasbed.studies.study import Study
from nasbed.vocabulary import Benchmark


@cache
def make(dataset: str = "cifar100", *sources: str) -> Benchmark:
    return nasbed.load_benchmark("nasbench201", dataset=dataset, **({"transfer": list(sources)} if sources else {}))


def means(dataset: str) -> np.ndarray:
    return make(dataset).referee().validation(np.arange(15_625))  # type: ignore[attr-defined, no-any-return]


def test_it_is_the_mean_share_of_architectures_that_are_worse_elsewhere() -> None:
    values, seconds = make("cifar100", "cifar10", "ImageNet16-120").measurements()["transfer"]
    ranks = [(rankdata(means(dataset)) - 1) / 15_624 for dataset in ("cifar10", "ImageNet16-120")]
    assert values == pytest.approx(np.mean(ranks, axis=0))
    assert seconds == 0.0
    alone = make("cifar100", "cifar10").measurements()["transfer"][0]
    assert alone[int(means("cifar10").argmax())] == max(alone) == 1.0
    for worse in (0, 7_000):
        below = (means("cifar10") < means("cifar10")[worse]).sum()
        equal = (means("cifar10") == means("cifar10")[worse]).sum() - 1
        assert alone[worse] == pytest.approx((below + equal / 2) / 15_624)


def test_nothing_of_the_target_and_no_test_column_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    inner = Manifest.opened

    def watched(self: Manifest, column: Column, whole: bool = False) -> np.ndarray:
        opened.append(column.file)
        return inner(self, column, whole)

    monkeypatch.setattr(Manifest, "opened", watched)
    nasbed.load_benchmark("nasbench201", dataset="cifar100", transfer=["cifar10"]).measurements()
    assert set(opened) == {"cifar10/validation_accuracy.npy"}


def test_a_task_is_told_the_name_and_no_more() -> None:
    told = make("cifar100", "cifar10").task(nasbed.Budget("evaluations", 10))
    plain = make("cifar100").task(nasbed.Budget("evaluations", 10))
    assert (told.measures, plain.measures) == (("transfer",), ())
    assert "cifar10" not in re.sub("cifar100", "", repr(told.objectives) + repr(told.measures))


def test_who_does_not_ask_is_answered_as_without() -> None:
    found = [
        nasbed.search("regularized_evolution", make("cifar100", *sources), budget={"evaluations": 40}, seed=3)
        for sources in ((), ("cifar10",))
    ]
    assert found[0].outcomes == found[1].outcomes
    assert found[0].scores() == found[1].scores()


def test_a_query_costs_what_is_declared() -> None:
    table = nasbed.load_benchmark("nasbench201", dataset="cifar100", transfer={"cifar10": 2.5, "ImageNet16-120": 1})
    options = {"proxy": "transfer", "pool": 4}
    result = nasbed.search("proxy_ranking", table, options=options, budget={"evaluations": 1}, seed=0)
    assert result.outcomes[0].time == pytest.approx(4 * 3.5 + result.outcomes[0].cost)
    assert table.cost_model.endswith(
        "a query of transfer, the mean rank on cifar10, ImageNet16-120, costs 3.5 s, and the trainings there are not charged"
    )


@pytest.mark.parametrize(
    ("use", "options", "message"),
    [
        ("nasbench201", {"dataset": "cifar10", "transfer": ["cifar10"]},
         "transfer: cifar10 is what is searched on nasbench201/cifar10, whose own results would be the answer; expected others, of"
         " cifar100, ImageNet16-120"),
        ("nasbench201", {"transfer": ["cifar100", "cifar"]}, "unknown data set of nasbench201 'cifar'"),
        ("nasbench201", {"transfer": []}, "transfer = []; expected names of data sets other than the one searched, each once, as"),
        ("nasbench201", {"transfer": "cifar100"}, "transfer = 'cifar100'; expected names of data sets"),
        ("nasbench201", {"transfer": ["cifar100"] * 2}, "expected names of data sets other than the one searched, each once"),
        ("nasbench201", {"transfer": {"cifar100": -1}}, "transfer: cifar100 = -1; expected the seconds that one query costs"),
        ("nasbench201", {"transfer": {"cifar100": "1"}}, "transfer: cifar100 = '1'; expected the seconds that one query costs"),
        ("nasbench201", {"dataset": ["cifar10", "cifar100"], "transfer": ["ImageNet16-120"]},
         "nasbench201/cifar10+cifar100 is no table of one data set"),
        ("synthetic", {"decisions": 3, "transfer": ["x"]}, "is no table of one data set, and has no other whose ranks"),
        ("digits201", {"transfer": ["digits"]}, "whose own results would be the answer; expected others, of which there are none"),
    ],
    ids=range(10),
)  # fmt: skip
def test_what_would_leak_and_what_is_not_there_is_refused(use: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(NasbedError, match=re.escape(message)):
        nasbed.load_benchmark(use, **options)


STUDY = """
name = "t"
seeds = 2
budget = {{ evaluations = 12 }}
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
transfer = ["{source}"]
{more}
[[strategy]]
use = "local_search"
prior = "transfer"
"""


def test_a_search_is_not_reported_on_a_data_set_whose_ranks_it_was_told() -> None:
    with pytest.raises(NasbedError, match="transfer: cifar10 is what is searched on nasbench201/cifar10"):
        Study.parse(STUDY.format(source="cifar10", more='report = ["cifar10"]'))
    assert Study.parse(STUDY.format(source="cifar10", more='report = ["ImageNet16-120"]')).series()


def test_runs_with_other_sources_are_other_runs(tmp_path: Path) -> None:
    first, second = (Study.parse(STUDY.format(source=source, more="")) for source in ("cifar10", "ImageNet16-120"))
    assert first.series()[0].key != second.series()[0].key
    shown = nasbed.comparison_table(nasbed.run_study(first, tmp_path))
    assert "a query of transfer, the mean rank on cifar10, costs 0 s" in shown


def test_the_remedy_names_the_other_data_sets() -> None:
    with pytest.raises(UnmetNeedError, match=re.escape(
        "LocalSearch needs the measure 'transfer'; write transfer = [\"cifar10\", \"ImageNet16-120\"] below its [[benchmark]], of"
        " the data sets cifar10, ImageNet16-120"
    )):  # fmt: skip
        nasbed.search("local_search", make("cifar100"), options={"prior": "transfer"}, budget={"evaluations": 5})
    with pytest.raises(UnmetNeedError, match="digits201/digits has no other data set whose ranks it could be told"):
        nasbed.search("local_search", "digits201", options={"prior": "transfer"}, budget={"evaluations": 5})
    strategy = nasbed.load_strategy("local_search", prior="transfer")
    with pytest.raises(
        UnmetNeedError, match="name the other data sets whose ranks it is in the benchmark, as transfer ="
    ):
        strategy.require(make("cifar100").task(nasbed.Budget("evaluations", 5)))  # type: ignore[union-attr]


def test_constraints_stand_beside_it() -> None:
    options = {"objectives": ["accuracy", "flops"], "constraints": {"flops": "<= 1e8 multiply-accumulates"}}
    table = nasbed.load_benchmark("nasbench201", transfer=["cifar100"], **options)
    assert table.measures == ("transfer",)
    assert table.violations() is not None


@pytest.mark.thorough
def test_a_table_with_ranks_of_others_conforms() -> None:
    findings = check_benchmark("nasbench201", dataset="cifar100", transfer=["cifar10"])
    assert [str(finding) for finding in findings if not finding.holds] == []
