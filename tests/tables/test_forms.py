"""Where a benchmark has several objectives the table of its fronts stands first in every form, and accuracy alone after it."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import nasbed
from nasbed.commands.studies import show
from nasbed.reports import html
from nasbed.results.multiobjective import fronts, truths
from nasbed.results.multiobjective.floor import floor
from nasbed.results.results import Results
from nasbed.tables import fronts as fronts_table
from nasbed.tables.forms import statistics
from nasbed.tables.notes import about_scores

SEVERAL, ONE = "nasbench201/cifar10", "nasbench201/cifar100"


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    study = nasbed.Study.parse("""
        name = "mixed"
        seeds = 6
        budget = { evaluations = 20 }
        reference = "random_search"
        [[benchmark]]
        use = "nasbench201"
        objectives = ["accuracy", "flops"]
        [[benchmark]]
        use = "nasbench201"
        dataset = "cifar100"
        [[strategy]]
        use = "random_search"
        [[strategy]]
        use = "local_search"
    """)
    return nasbed.run_study(study, tmp_path_factory.mktemp("mixed") / "out")


def test_fronts_come_first_in_markdown_and_only_where_there_are_several(results: Results) -> None:
    found = nasbed.comparison_table(results)
    heads = re.findall(r"^## (.+)$", found, re.MULTILINE)
    assert heads == [
        f"{SEVERAL}: accuracy (%, max), flops (multiply-accumulates, min)",
        f"{SEVERAL} (accuracy alone, %)",
        f"{ONE} (accuracy, %)",
        "Robust and anytime measures",
    ]
    assert found.count("True front: volume") == 2  # validation and test, said once each
    assert found.count("6 seeds (0 to 5)") == 1
    assert (
        "these scores are of accuracy alone, and so are the tests: what the fronts are worth stands before them"
        in found
    )


def test_latex_has_indicators_and_contrasts_of_fronts_before_the_scores(results: Results) -> None:
    found = nasbed.comparison_table(results, "latex")
    captions = re.findall(r"\\caption\{(mixed[:a-z ]*)", found)
    assert [caption.strip() for caption in captions] == [
        "mixed: fronts",
        "mixed: contrasts of fronts",
        "mixed",
        "mixed: contrasts and costs",
        "mixed: robust and anytime measures",
    ]
    assert found.count(r"\begin{table*}") == found.count(r"\end{table*}") == 5
    assert r"\multicolumn{2}{c}{hypervolume regret}" in found
    first, against, *_ = found.split(r"\end{table*}")
    assert r"\emph{floor}" in first
    assert r"\emph{floor}" not in against
    assert "random\\_search &" not in against


def test_csv_has_the_statistics_of_fronts_before_those_of_accuracy(results: Results) -> None:
    rows = list(csv.DictReader(nasbed.comparison_table(results, "csv").splitlines()))
    names = list(rows[0])
    assert names[:4] == ["benchmark", "strategy", "seeds", "hypervolume_regret_mean"]
    assert names.index("without_front") < names.index("validation_regret_mean")
    summary = fronts.summary(results.subset(benchmarks=[SEVERAL]))
    told = {(row["benchmark"], row["strategy"]): row["hypervolume_regret_mean"] for row in rows}
    for _, row in summary.iterrows():
        assert float(told[SEVERAL, row["strategy"]]) == pytest.approx(row["hypervolume_regret_mean"], rel=1e-5)
    assert [told[ONE, name] for name in results.strategies] == ["", ""]
    assert len(statistics(results)) == len(results.summary()) == 4


def test_the_page_has_its_own_section_of_fronts_before_the_curves(results: Results) -> None:
    page = html.page(results, results.curves())
    places = [page.index(f'<section id="{name}"') for name in ("fronts", "curves", "results", "contrasts")]
    assert places == sorted(places)
    assert re.search(r'<ul><li><a href="#fronts">Fronts</a></li><li><a href="#curves">', page)
    section = page[places[0] : places[1]]
    mean = fronts.summary(results.subset(benchmarks=[SEVERAL])).iloc[0]["hypervolume_regret_mean"]
    assert f'data-value="{1e3 * mean:.9g}"' in section
    assert section.count("<table") == 2
    alone = results.subset(benchmarks=[ONE])
    assert 'id="fronts"' not in html.page(alone, alone.curves())


def test_the_terminal_shows_fronts_first(results: Results, capsys: pytest.CaptureFixture[str]) -> None:
    show(results, Path("out"), [], False)
    out = capsys.readouterr().out
    places = [
        out.index(words) for words in (fronts_table.ABOUT_CELLS, f"{SEVERAL}: acc", f"{SEVERAL} (accuracy alone, %)")
    ]
    assert places == sorted(places)
    show(results, Path("out"), [], True)
    assert '"hypervolume_regret_mean"' in capsys.readouterr().out


def test_contrasts_alone_have_an_interval_and_neither_reference_nor_floor(results: Results) -> None:
    (table,) = fronts_table.tables(results, fronts_table.FrontPart.CONTRASTS)
    assert (table.foot, [row[0].text for row in table.rows]) == ((), ["local_search"])
    row = fronts.summary(results.subset(benchmarks=[SEVERAL])).iloc[1]
    cell = table.rows[0][1]
    assert cell.value == pytest.approx(1e3 * row["hypervolume_regret_difference"])
    assert re.fullmatch(r"[+-][\d.]+\*? \[[+-][\d.]+, [+-][\d.]+\]", cell.text)
    assert fronts_table.tables(results.subset(["local_search"]), fronts_table.FrontPart.CONTRASTS) == []


def test_one_table_has_both_with_the_floor_as_data(results: Results) -> None:
    (table,) = fronts_table.tables(results)
    assert [head.text for head in table.heads[:4]] == ["strategy", "hypervolume regret", "Δ", "p"]
    assert table.rows[0][2].text == "reference"
    floors = floor(results.series_on(SEVERAL)[0])
    assert table.foot[1].value == pytest.approx(1e3 * floors["hypervolume_regret"])
    assert float(table.foot[1].text) == pytest.approx(1e3 * floors["hypervolume_regret"], abs=0.05)


def test_where_no_true_front_is_known_the_notes_say_so(results: Results, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results.benchmarks[SEVERAL], "recorded", lambda epochs: None)
    truths._truth.cache_clear()
    alone = results.subset(benchmarks=[SEVERAL])
    assert (fronts.judged(alone), fronts_table.tables(alone)) == ([], [])
    assert "fronts are not judged, since the true one, or what was observed" in " ".join(about_scores(alone))
    assert list(statistics(alone).columns) == list(alone.summary().columns)
