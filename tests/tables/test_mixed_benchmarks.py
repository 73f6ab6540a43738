"""Tables of a study whose benchmarks differ in what is known of them: no empty column, and a reason where others have a number."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import tiny_surrogate

import nasbed
from nasbed.benchmarks import convert
from nasbed.results.results import Results
from nasbed.tables import comparison
from nasbed.tables.compact import compact_tables
from nasbed.tables.printed import printed
from nasbed.tables.renderers.terminal import fitting

STUDY = """
name = "mixed"
seeds = 6
budget = { evaluations = 4 }
[[benchmark]]
use = "nasbench201"
dataset = "cifar100"
[[benchmark]]
use = "single"
[[benchmark]]
use = "lcbench"
[[strategy]]
use = "random_search"
[[strategy]]
use = "local_search"
"""
KNOWN, SINGLE, SURROGATE = range(3)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Results]:
    """A study of a table with a test split, of one without, of one training each and no seconds, and of a surrogate."""
    folder = tmp_path_factory.mktemp("mixed")
    rows = [f"{depth},{width},{70 + depth + width / 3}" for depth in range(4) for width in range(4)]
    (folder / "runs.csv").write_text("\n".join(["depth,width,validation_accuracy", *rows]) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(tiny_surrogate.imported(folder / "home")))
        convert.make_table("single", folder / "runs.csv")
        yield nasbed.run_study(nasbed.Study.parse(STUDY), folder / "out")


def test_a_column_without_numbers_on_a_benchmark_is_not_in_its_table(results: Results) -> None:
    heads = [[head.key for head in table.heads] for table in comparison.tables(results)]
    of_test = {"test_regret", "test_regret_difference", "test_regret_p", "test"}
    assert of_test <= set(heads[KNOWN])
    assert not {*of_test, "simulated_hours"} & set(heads[SINGLE])
    assert of_test & set(heads[SURROGATE]) == {"test_regret_difference", "test_regret_p", "test"}
    assert heads[SURROGATE].index("test") < heads[SURROGATE].index("test_regret_difference")
    assert [bool(table.foot) for table in comparison.tables(results)] == [True, True, False]


def test_in_latex_the_cells_say_why(results: Results) -> None:
    scores, spent = (comparison.tables(results, layout) for layout in comparison.LATEX)
    assert len({tuple(head.key for head in table.heads) for table in scores}) == 1
    assert [head.group for head in scores[0].heads[1::3]] == ["Validation regret or validation", "Test regret", "Test"]
    cells = [[cell.text for cell in table.rows[0][4:]] for table in scores]
    assert cells[SINGLE] == ["no test", "", "", "no test", "", ""]
    assert cells[SURROGATE][:3] == ["best unknown", "", ""]
    place = {head.key: at for at, head in enumerate(spent[0].heads)}
    assert spent[0].heads[place["test_regret_difference"]].group == "Test regret or test"
    for row in spent[SINGLE].rows:
        assert row[place["test_regret_difference"]].text == "no test"
        assert row[place["simulated_hours"]].text == "no times"
    assert spent[KNOWN].rows[0][place["simulated_hours"]].value is not None


def test_a_study_without_tests_and_times_has_no_such_columns_in_latex_either(results: Results) -> None:
    (table,) = comparison.tables(results.subset(benchmarks=["single/own"]), comparison.LATEX[1])
    assert "simulated_hours" not in [head.key for head in table.heads]
    assert not any(head.group.startswith("Test") for head in table.heads)


def test_the_compact_table_has_of_each_what_decides_there_and_its_best_is_bold(results: Results) -> None:
    (table,) = compact_tables(results)
    assert [head.text for head in table.heads[1:]] == list(results.benchmarks)
    summary = results.summary().set_index(["benchmark", "strategy"])
    for at, (label, score, best) in enumerate(
        zip(results.benchmarks, ["test_regret", "validation_regret", "test"], [min, min, max], strict=True), 1
    ):
        means = summary.loc[label][f"{score}_mean"]
        assert [row[at].strong for row in table.rows] == (means == best(means)).tolist()
    text = nasbed.comparison_table(results, "latex-compact")
    assert (
        r"test regret (\% points) on nasbench201/cifar100, validation regret (\% points) on single/own, test (\%) on lcbench/3945"
        in text
    )
    assert re.search(r"\\emph\{floor\} & \S+ & \S+ & +\\\\", text)


def test_the_best_test_value_is_the_highest(results: Results) -> None:
    (table,) = compact_tables(results.subset(benchmarks=["nasbench201/cifar100"]), ["test"])
    best = max(row[1].value or 0.0 for row in table.rows)
    assert [row[1].strong for row in table.rows] == [row[1].value == best for row in table.rows]


def test_below_each_other_the_title_says_the_score(results: Results) -> None:
    long = {label: f"{label} {'of a long name ' * 3}" for label in results.benchmarks}
    below = compact_tables(results.appearing(labels=long))
    assert [table.title.rpartition(": ")[2] for table in below] == ["test regret", "validation regret", "test"]
    assert {table.heads[1].text for table in below} == {"score"}


def test_a_terminal_cuts_tables_of_other_columns_each_by_itself() -> None:
    wide = printed(["strategy", "a", "b"], [["x" * 10, "1" * 10, "2" * 10]])
    slim = printed(["strategy", "c"], [["x", "1"]])
    assert [len(table.heads) for table in fitting([wide, slim, wide], 30)] == [2, 2, 2]
    assert [len(table.heads) for table in fitting([wide, slim], 60)] == [3, 2]


def test_every_form_is_written(results: Results) -> None:
    text = nasbed.comparison_table(results)
    assert "| validation | Δ [95 %] | p | test | Δ [95 %] | p |" in text
    assert "| – |" not in text.split("## single/own")[1].split("## lcbench")[0]
    assert "no test" in nasbed.comparison_table(results, "latex")
