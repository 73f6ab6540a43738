"""The tables over all benchmarks, and the mark of a surrogate: in every form of the results of one study."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import tiny_surrogate

import nasbed
from nasbed.benchmarks.lcbench import LCBench
from nasbed.benchmarks.spaces.lcbench import TASKS
from nasbed.commands.studies import show
from nasbed.errors import OptionError
from nasbed.exchange.exporting import export_results
from nasbed.figures import drawing
from nasbed.figures.pages import pages
from nasbed.reports import html, markdown, paper
from nasbed.results.known import unknown_best
from nasbed.results.results import Results
from nasbed.results.stored import _listed
from nasbed.statistics.across import across_benchmarks
from nasbed.tables import across, captions, compact, stability
from nasbed.tables.comparison import tables

SURROGATE = (
    "Surrogate: all numbers are those of a model that was fitted to the learning curves of LCBench, and of no training."
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("across")


@pytest.fixture(scope="module")
def results(folder: Path) -> Iterator[Results]:
    listed = "".join(f'[[benchmark]]\nuse = "lcbench"\ndataset = "{task}"\n' for task in TASKS[:6])
    text = (
        f'name = "many"\ntitle = "Many"\nseeds = 6\nbudget = {{ evaluations = 4 }}\nreference = "random_search"\n{listed}'
        '[[strategy]]\nuse = "random_search"\n[[strategy]]\nuse = "random_architecture"\n[[strategy]]\nuse = "local_search"\n'
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(tiny_surrogate.imported(folder / "home")))
        yield nasbed.run_study(nasbed.Study.parse(text), folder / "out")


class Known:
    """Scores by strategy, (seeds, benchmarks), as the comparisons take them."""

    reference = "home"

    def __init__(self, **scores: np.ndarray) -> None:
        self._scores = scores
        self.strategies = list(scores)
        self.benchmarks = dict.fromkeys(map(str, range(next(iter(scores.values())).shape[1])))

    def scores(self, metric: str = "validation_regret", at: int | None = None) -> dict[str, np.ndarray]:
        return self._scores


HOME = np.arange(5.0)[:, None] + np.arange(6.0)
"""Seeds with a standard deviation of the root of 2.5 on each of six benchmarks."""


def test_gains_are_in_standard_deviations_of_the_reference_and_tested_between_benchmarks() -> None:
    better, mixed = HOME - 1.0, HOME + np.array([1.0, -1.0, 2.0, -2.0, 3.0, -3.0])
    found = across_benchmarks(Known(home=HOME, better=better, mixed=mixed)).set_index("strategy")
    assert found["rank"].tolist() == pytest.approx([15 / 6, 8.5 / 6, 12.5 / 6])
    assert found.loc["better", "gain"] == pytest.approx(1 / np.sqrt(2.5))
    assert found.loc["better", "gain_low"] <= found.loc["better", "gain"] <= found.loc["better", "gain_high"]
    assert found.loc["mixed", ["gain", "wins"]].tolist() == pytest.approx([0.0, 0.5], abs=1e-12)
    assert found.loc["better", "wins"] == 1.0
    assert found.loc["better", "p"] == pytest.approx(0.0143, abs=0.001)
    assert found["p_holm"].tolist() == pytest.approx([np.nan, 2 * found.loc["better", "p"], 1.0], nan_ok=True)
    assert np.isnan(found.loc["home", ["gain", "ahead", "wins", "p"]].tolist()).all()


def test_seeds_without_an_incumbent_are_left_out_and_counted() -> None:
    there = HOME.copy()
    there[2, 3] = np.nan
    assert across_benchmarks(Known(home=HOME, other=there)).attrs["seeds"] == 4


@pytest.mark.parametrize(
    ("scores", "problem"),
    [
        ({"home": HOME}, "1 strategies on 6 benchmarks"),
        (
            {"home": HOME[:, :5], "other": HOME[:, :5]},
            "2 strategies on 5 benchmarks, with 5 seeds .* 6 benchmarks or more",
        ),
        ({"home": HOME * np.nan, "other": HOME}, "with 0 seeds"),
    ],
)
def test_too_few_are_refused(scores: dict[str, np.ndarray], problem: str) -> None:
    with pytest.raises(OptionError, match=problem):
        across_benchmarks(Known(**scores))


def test_without_a_spread_of_the_reference_there_are_ranks_alone() -> None:
    found = across_benchmarks(Known(home=HOME * 0, other=HOME * 0 + 1)).set_index("strategy")
    assert found["rank"].tolist() == [1.0, 2.0]
    assert np.isnan(found.loc["other", ["gain", "gain_low", "p"]].tolist()).all()
    assert found.loc["other", "wins"] == 0.0


def test_the_tables_show_what_was_found(results: Results) -> None:
    validation, test = across.tables(results)
    assert validation.title == "Over all benchmarks: validation, 6 benchmarks, surrogate"
    assert test.title == "Over all benchmarks: test, 6 benchmarks, surrogate"
    found = across_benchmarks(results).to_dict("records")
    for line, row in zip(validation.rows, found, strict=True):
        assert line[0].text == row["strategy"]
        assert line[1].text == f"{row['rank']:.2f}"
        assert line[2].text == f"[{row['rank_low']:.2f}, {row['rank_high']:.2f}]"
    assert [cell.text for cell in validation.rows[0][3:]] == ["reference", "", "–", "–", "–"]
    assert validation.rows[1][3].value == pytest.approx(found[1]["gain"])
    assert across.tables(results.subset(benchmarks=list(results.benchmarks)[:5])) == []
    assert stability.tabled(results) is not None


def test_every_form_has_the_tables_and_the_mark(
    results: Results, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show(results, tmp_path, [], False)
    printed = " ".join(capsys.readouterr().out.split())
    page = html.page(results, results.curves())
    for form in (printed, page, nasbed.comparison_table(results), nasbed.comparison_table(results, "latex")):
        assert "Over all benchmarks: test, 6 benchmarks, surrogate" in form
        assert "benchmarks are drawn anew" in " ".join(form.split())
        assert SURROGATE in " ".join(form.split())
        assert "lcbench/3945 (balanced" in form.replace("\\", "")
    assert all(table.title.endswith(", surrogate)") for table in tables(results))
    assert SURROGATE in nasbed.comparison_table(results, "latex-compact")
    assert SURROGATE in drawing.caption(results, "critical_difference")
    assert "Noise: none, each evaluation gives the one answer of the surrogate" in captions.caption(results)


def test_a_compact_table_of_many_benchmarks_is_that_over_all(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(compact.compact_tables(results)) == 6
    monkeypatch.setattr(compact, "LINES", 6 * 4 - 1)
    (table,) = compact.compact_tables(results)
    assert [head.key for head in table.heads] == ["strategy", "rank", "gain", "gain_interval", "p"]
    found = across_benchmarks(results, "test_regret").set_index("strategy")
    for row in table.rows:
        assert row[1].value == found.loc[row[0].text, "rank"]
        assert row[1].strong == (row[1].value == found["rank"].min())
    assert table.rows[1][3].text == "[{gain_low:.2f}, {gain_high:.2f}]".format(**found.iloc[1])
    text = nasbed.comparison_table(results, "latex-compact")
    assert text.count(r"\midrule") == 1
    assert r"\begin{tabular}{lrrrr}" in text
    for words in ("Many: test over 6 benchmarks, 6 seeds.", "a bootstrap at two levels", SURROGATE):
        assert words in text
    assert len(compact.compact_tables(results, ["test"])) == 6


def test_a_compact_table_over_all_has_ranks_alone_where_the_reference_has_no_spread(results: Results) -> None:
    flat = results.appearing(strategies=["random_search", "random_architecture"])
    found = across_benchmarks(flat).assign(gain=np.nan, gain_low=np.nan, gain_high=np.nan)
    whole = across.across_table(flat, found, "validation_regret")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(across, "tables", lambda results: [whole])
        table, about = across.column_table(flat)
    assert [head.key for head in table.heads] == ["strategy", "rank", "rank_interval"]
    assert "gain" not in about


def test_reports_say_which_figures_are_not_drawn_and_why(results: Results) -> None:
    names = ", ".join(results.benchmarks)
    unlisted, unknown = drawing.left_out(results)
    assert unlisted == (
        "Not drawn: ecdf, trajectory. They would show what goes through all architectures, and these are not listed of"
        f" {names}."
    )
    assert re.fullmatch(
        rf"Not drawn: .*profile.*\. They would show regrets, and no best is known of {re.escape(names)}\.", unknown
    )
    drawn = drawing.drawn(results, ["critical_difference"], kinds=["svg"])
    page = html.page(results, results.curves(), drawn=drawn)
    for form in (page, markdown.report(results, drawn), paper.captions(drawn, results)):
        assert "no best is known of lcbench/3945" in form.replace("\\", "")
    monkey = [f"lcbench/{task}" for task in TASKS]
    assert drawing._labels(monkey, 34) == "any benchmark"
    assert drawing._labels(monkey, 40) == "34 of 40 benchmarks"


def test_figures_of_a_paper_and_exports_have_the_mark(results: Results, folder: Path) -> None:
    drawn = drawing.drawn(results, ["critical_difference"], kinds=["svg"])
    assert "(Surrogate.)" in paper.figures(drawn, results)
    export_results(folder / "out", folder / "exported", ["croissant"])
    assert SURROGATE in json.loads((folder / "exported" / "croissant.json").read_text())["description"]


def test_among_others_the_mark_names_its_benchmarks() -> None:
    kinds = {"a": SimpleNamespace(surrogate="curves"), "b": SimpleNamespace(surrogate="")}
    assert captions.surrogates(SimpleNamespace(benchmarks=kinds)) == [
        "a: surrogate: all numbers are those of a model that was fitted to curves, and of no training."
    ]
    assert captions.marked(SimpleNamespace(benchmarks=kinds)) == "surrogate"
    assert captions.marked(SimpleNamespace(benchmarks={"b": kinds["b"]})) == ""


def test_warnings_name_a_few_of_many_series() -> None:
    assert _listed(["a", "b"]) == "a; b"
    assert _listed([str(number) for number in range(13)]) == "0; 1; 2 and 10 others"


def test_captions_of_many_benchmarks_say_once_what_holds_for_all(folder: Path, results: Results) -> None:
    assert unknown_best(results.benchmarks.values())[0].startswith("lcbench/3945, lcbench/7593, ")
    seven = [*results.benchmarks.values(), LCBench(TASKS[6])]
    assert unknown_best(seven) == [
        "No best known: scores are absolute. In place of the regrets stand validation and test balanced_accuracy; higher is better."
    ]


def test_all_pairs_are_compared_once_for_all_benchmarks(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []
    original = compact.contrasts

    def counted(results: Results, metric: str, against: str) -> object:
        compared.append(metric)
        return original(results, metric, against=against)

    monkeypatch.setattr(compact, "contrasts", counted)
    assert "†" in "".join(cell.mark for table in compact.compact_tables(results) for row in table.rows for cell in row)
    assert compared == ["test_regret"]


@pytest.mark.thorough
def test_figures_of_many_benchmarks_come_in_parts_and_what_is_of_all_first(
    results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("nasbed.figures.pages.MANY", 4)
    drawn = drawing.drawn(results, ["ranks", "critical_difference"], kinds=["svg"])
    assert [one.name for one in drawn] == ["ranks", "critical_difference", "ranks_2", "ranks_3"]
    assert [one.caption[:11] for one in drawn if one.kind == "ranks"] == [f"Part {k} of 3" for k in (1, 2, 3)]
    assert all(one.caption.startswith(one.about) for one in drawn)
    of = [[line.partition(",")[0] for line in "".join(one.numbers).splitlines()[1:]] for one in drawn]
    assert set(of[0]) == {"all benchmarks"}
    assert [set(of[2]), set(of[3])] == [set(list(results.benchmarks)[:3]), set(list(results.benchmarks)[3:])]
    assert sum(map(len, [of[0], of[2], of[3]])) == len(drawing.numbers(results, "ranks"))
    curves = pages(results, drawing.figure_kind("curves"), results.curves())
    assert [set(one.drawn["axis"]) for one in curves] == [{"evaluations"}] * 2
    assert [set(one.numbers["axis"]) for one in curves] == [{"evaluations", "seconds"}] * 2


def test_ranks_along_the_same_epochs_are_averaged_over_benchmarks(folder: Path, results: Results) -> None:
    text = "".join(f'[[benchmark]]\nuse = "lcbench"\ndataset = "{task}"\nepochs = [4, 52]\n' for task in TASKS[:2])
    text = f'name = "along"\nseeds = 2\nbudget = {{ epochs = 104 }}\n{text}[[strategy]]\nuse = "random_search"\n'
    study = nasbed.Study.parse(text + '[[strategy]]\nuse = "successive_halving"\n')
    found = drawing.numbers(nasbed.run_study(study, folder / "along"), "ranks")
    *each, together = [mine["mean"].to_numpy() for _, mine in found.groupby("benchmark", sort=False)]
    assert together == pytest.approx(np.mean(each, axis=0))
