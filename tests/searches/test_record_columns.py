"""Columns of records: their types in memory and in files, their signs, and that one module alone knows them."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from places import ROOT
from tree import TREE, nodes

import nasbed
from nasbed.benchmarks import NASBench201, Synthetic
from nasbed.errors import StudyError
from nasbed.gate.fingerprint import fingerprints
from nasbed.searches import columns
from nasbed.searches.records import RecordedAnswer
from nasbed.studies.batches import run_batch
from nasbed.studies.shards import digest, read_shard
from nasbed.studies.store import Store, folder_name
from nasbed.studies.study import Study
from nasbed.vocabulary import Objective

DECLARED = [one for one in vars(columns).values() if isinstance(one, columns.RecordColumn)]
NASBENCH201 = 'use = "nasbench201"\ndataset = "cifar10"\n'
MEASURED = NASBENCH201 + "measures = { flops = 0, parameters = 0 }"
SEVERAL = NASBENCH201 + 'objectives = ["accuracy", "latency"]'


def study(benchmark: str, evaluations: int) -> Study:
    """Random search on one benchmark."""
    return Study.parse(
        f'name = "records"\nseeds = 6\nbudget = {{ evaluations = {evaluations} }}\n'
        f'[[benchmark]]\n{benchmark}\n[[strategy]]\nuse = "random_search"\n',
        "a test",
    )


# Computed before the columns were declared in one place; what is stored stays the same, but for epochs_added, which came later.
@pytest.mark.parametrize(
    ("benchmark", "evaluations", "seeds", "expected"),
    [
        (NASBENCH201, 200, 6, "9e9c6d2ced7cef2ccf03e4306766155e0e102dc80156c936e5215e88b4c89393"),
        (SEVERAL, 200, 3, "22bcd09ccc21ae783d036ff79ce172c9d59215630a52728f894a90f2e5bdaf0c"),
        (MEASURED, 30, 3, "7e642d6fdc6ecc09ae4500d7adfe2812055691ae0335197d0bdd9f09ac2062ce"),
        (
            'use = "synthetic"\ndecisions = 25',
            40,
            4,
            "31282d262d6c0e8f76e20b32f6252da9cbfeda65bb39eff3d5f9e573a8c5db2f",
        ),
    ],
    ids=["one", "several", "measures", "large"],
)
def test_what_is_stored_has_not_changed(benchmark: str, evaluations: int, seeds: int, expected: str) -> None:
    (series,) = study(benchmark, evaluations).series()
    answers = run_batch(series, list(range(seeds)))[0]
    assert digest({name: values for name, values in answers.items() if name != columns.ADDED.name}) == expected


def test_types_in_memory_and_in_files(tmp_path: Path) -> None:
    (series,) = study(SEVERAL + "\nmeasures = { flops = 0 }", 2).series()
    store = Store(tmp_path)
    store.write(series, 0, [0, 1], *run_batch(series, [0, 1]))
    answers = {
        "seed": "int32",
        "trial": "int32",
        "architecture": "int32",
        "epochs": "int32",
        "cost": "double",
        "time": "double",
        "measures": "int32",
        "last": "bool",
        "accuracy": "double",
        "latency": "double",
    }
    looked_up = {"accuracy", "latency", "cost", "time"}
    lying = {name: kind for name, kind in answers.items() if name not in looked_up} | {"run": "int8"}
    timings = {"seed": "int32", "trial": "int32", "thinking": "float"}
    for kind, expected, in_file in (("answers", answers, lying), ("timings", timings, timings)):
        path = store.path(kind, folder_name(series), 0)
        assert {name: str(pa.array(values).type) for name, values in read_shard(path).items()} == expected
        assert {field.name: str(field.type) for field in pq.read_schema(path)} == in_file


def test_indices_of_a_large_space_take_64_bits() -> None:
    small, large = Synthetic(decisions=4), Synthetic(decisions=14)  # 625 and 6.1e9 architectures
    for benchmark, expected in ((small, np.int32), (large, np.int64)):
        for declared in (columns.answers_of(benchmark), columns.judged_of(benchmark)):
            assert columns.empty(declared)["architecture"].dtype == expected


def test_no_records_join_with_others() -> None:
    (series,) = study(MEASURED, 3).series()
    answers, timings = run_batch(series, [4])
    for made, declared in ((answers, columns.answers_of(series.load_benchmark())), (timings, columns.TIMINGS)):
        joined = columns.merge([columns.empty(declared), made])
        assert {name: values.dtype for name, values in joined.items()} == {n: v.dtype for n, v in made.items()}
        assert digest(joined) == digest(made)


def test_records_of_a_frame_have_the_types_of_stored_ones() -> None:
    table = NASBench201()
    frame = nasbed.search("random_search", table, budget={"evaluations": 3}).frame().assign(strategy="random_search")
    read = nasbed.Results.from_frame(frame, table, budget={"evaluations": 3}).evaluations()
    for one in columns.judged_of(table):
        assert read[one.name].dtype == one.dtype


def test_the_sign_is_turned_for_searches_and_for_the_gate() -> None:
    records = {"seed": np.zeros(2, np.int32), "architecture": np.array([5, 6]), "epochs": np.array([1, 1])}
    records["value"] = np.array([0.5, 0.25])
    minimised, maximised = NASBench201(objectives=["latency", "accuracy"]), NASBench201()
    assert columns.signed(records, minimised)["value"].tolist() == [-0.5, -0.25]
    assert columns.signed(records, maximised)["value"].tolist() == [0.5, 0.25]
    assert records["value"].tolist() == [0.5, 0.25]


def test_stored_answers_name_their_first_objective() -> None:
    table = NASBench201(objectives=["accuracy", "latency"])
    stored = {"seed": np.zeros(1, np.int32), "accuracy": np.array([91.0]), "latency": np.array([3.0])}
    assert {name: list(found) for name, found in columns.valued(stored, table).items()} == {
        "seed": [0],
        "latency": [3.0],
        "value": [91.0],
    }


def test_fingerprints_are_those_of_stored_baselines() -> None:
    records = {
        "seed": np.array([3, 3, 4]),
        "architecture": np.array([7, 8, 7]),
        "epochs": np.array([200, 200, 200]),
        "value": np.array([90.0, 91.0, 90.0]),
    }
    assert fingerprints(records, np.array([3, 4])).tolist() == [3018937520, 2849747072]
    assert fingerprints({**records, "architecture": np.array([7, 2**31, 7])}, np.array([3, 4])).tolist() == [
        398055511,
        1872457494,
    ]


class Named(Synthetic):
    """A benchmark with objectives of given names."""

    names: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.objectives = tuple(Objective(name, "s") for name in self.names)


@pytest.mark.parametrize(
    ("names", "refused"),
    [
        (("time",), "time"),
        (("accuracy", "cost"), "cost"),
        (("accuracy", "value"), "value"),
        (("strategy",), "strategy"),
        (("value",), None),
        (("measures",), None),
    ],
)
def test_an_objective_of_the_name_of_another_column_is_refused(names: tuple[str, ...], refused: str | None) -> None:
    benchmark = type("Made", (Named,), {"names": names})()
    if refused is None:
        columns.require_storable(benchmark)
        return
    with pytest.raises(StudyError) as error:
        columns.require_storable(benchmark)
    assert str(error.value) == (
        f"synthetic/0: an objective is named {refused!r}, as another column of records is, so a study cannot store it; name it"
        f" otherwise, for example 'training_{refused}'"
    )


def test_the_page_on_studies_describes_every_column() -> None:
    page = (ROOT / "docs" / "studies.md").read_text(encoding="utf-8")
    for one in {*columns.answers_of(NASBench201(measures={"flops": 0}))[:-1], *columns.TIMINGS}:
        assert f"| `{one.name}` | {one.dtype} | {one.meaning} |" in page


def _keys(node: ast.AST) -> list[Any]:
    if isinstance(node, ast.Dict):
        return [one for one in node.keys if one is not None]
    return list(node.elts) if isinstance(node, (ast.List, ast.Tuple, ast.Set)) else []


def test_a_record_of_a_live_search_has_the_same_names() -> None:
    *names, costs, values = RecordedAnswer._fields
    assert set(names) <= {one.name for one in DECLARED}
    assert (costs, values) == ("costs", "values")  # all of them, as the search saw them


def test_columns_are_listed_in_one_place() -> None:
    """No other module lists columns of records: what most of them are called is a text there alone."""
    own = {one.name for one in DECLARED} - {
        "strategy",
        "benchmark",
        "seed",
        "architecture",
        "value",
        "epochs",
        "evaluation",
    }
    elsewhere = []
    for name, path in TREE.MODULES.items():
        if not name.startswith(("nasbed.benchmarks", "nasbed.strategies")) and name != columns.__name__:
            for node in nodes(path):
                listed = {one.value for one in _keys(node) if isinstance(one, ast.Constant)}
                if len(listed & own) > 1 or (listed & own and listed & {"seed", "architecture", "value"}):
                    elsewhere.append(f"{path}, line {node.lineno}: {sorted(listed)}")  # type: ignore[attr-defined]
    assert elsewhere == []
