"""What a notebook shows of results, searches, benchmarks and figures, where they are the value of a cell."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pytest
from matplotlib.image import imread

import nasbed
from nasbed import figures
from nasbed.benchmarks import Synthetic
from nasbed.figures.notebook_figure import NotebookFigure
from nasbed.tables import comparison
from nasbed.tables.notes import about_contrasts
from nasbed.vocabulary import Benchmark, Proposals, Spending


class _Balanced(HTMLParser):
    """The elements that are open, and all text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.open += [] if tag == "br" else [tag]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += "" if self.open[-1:] == ["style"] else data


def text_of(shown: nasbed.Results | nasbed.SearchResult | Benchmark) -> str:
    """The words of a page, whose elements are all closed and which brings no script and no address."""
    page = shown._repr_html_()
    parser = _Balanced()
    parser.feed(page)
    assert parser.open == []
    assert not re.search(r"<script|<img|<link|(src|href)=", page)
    return parser.text


def test_results_show_their_tables_and_their_caption(tiny_results: nasbed.Results) -> None:
    text = text_of(tiny_results)
    for label in tiny_results.benchmarks:
        assert f"{label} (accuracy, %)" in text
    assert nasbed.caption(tiny_results) in text
    assert all(note in text for note in about_contrasts(tiny_results))


def test_labels_of_a_user_are_escaped(tiny_results: nasbed.Results) -> None:
    renamed = tiny_results.appearing(labels={"random_search": "<script>x</script> & co"})
    assert "&lt;script&gt;x&lt;/script&gt; &amp; co" in renamed._repr_html_()
    assert "<script>x</script> & co" in text_of(renamed)
    assert "Tiny & 100 % real" in text_of(renamed)


def test_one_strategy_has_no_contrasts(tiny_results: nasbed.Results) -> None:
    assert "signed-rank" in text_of(tiny_results)
    assert "signed-rank" not in text_of(tiny_results.subset(["random_search"]))


def test_a_page_of_results_has_no_time_of_this_machine(tiny_results: nasbed.Results) -> None:
    heads = {head.key: head.text for head in comparison.tables(tiny_results)[0].heads}
    text = text_of(tiny_results)
    assert heads["simulated_hours"] in text
    assert heads["thinking_microseconds"] not in text
    assert heads["thinking_seconds"] not in text


def test_a_search_shows_its_incumbent_its_scores_and_what_it_spent(cifar10: Benchmark) -> None:
    result = nasbed.search("random_search", cifar10, budget={"evaluations": 9}, seed=3)
    text, found = text_of(result), result.incumbent
    assert found is not None
    assert cifar10.space.format(found.arch) in text
    assert f"test accuracy{result.scores()['test']:.4g} %" in text
    assert f"test regret{result.scores()['test_regret']:.4g} % points" in text
    assert "spent9 evaluations of 9 evaluations" in text
    assert all(sentence in text for sentence in result.rules.sentences(cifar10))


def test_what_is_spent_is_the_sum_over_outcomes() -> None:
    result = nasbed.search("successive_halving", Synthetic(), budget={"epochs": 500}, seed=1)
    clock = max(outcome.time for outcome in result.outcomes)
    assert result.spent == Spending(len(result.outcomes), sum(result.added), clock, {"seconds": result.spent.clock})
    assert result.spent.epochs < sum(outcome.epochs for outcome in result.outcomes)
    assert f"spent{result.spent.epochs} epochs of 500 epochs" in text_of(result)


class Gives(nasbed.Script):
    """Gives up before its first proposal."""

    def search(self, task: nasbed.Task, rng: nasbed.Stream) -> Proposals:
        yield []


@pytest.mark.filterwarnings("ignore::nasbed.errors.UnwiseWarning")
def test_a_search_without_an_evaluation_says_so() -> None:
    result = nasbed.search(Gives(), Synthetic(), budget={"evaluations": 5})
    assert result.spent == Spending(0, 0, 0.0, {})
    assert "incumbentnone: every training failed, or none was made" in text_of(result)


def test_a_benchmark_shows_space_objectives_fidelities_runs_and_source(cifar10: Benchmark) -> None:
    text = text_of(cifar10)
    assert "nasbench201: 15,625 architectures, 6 decisions of 5 choices" in text
    assert "accuracy (%, higher is better)" in text
    assert "200 epochs" in text
    assert "up to 3" in text
    assert "arXiv 2001.00326" in text
    made = text_of(Synthetic())
    assert "1, 3, 9, 27, 81 epochs, resumable" in made
    assert "licence" not in made


def test_to_show_a_benchmark_reads_no_data_and_loads_nothing_heavy() -> None:
    code = (
        "import sys, nasbed; page = nasbed.load_benchmark('nasbench201')._repr_html_();"
        "print(len(page) > 500, {'pandas', 'scipy', 'matplotlib'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "True set()"


@pytest.mark.parametrize("style", ["single", "double"])
def test_a_figure_is_a_picture_of_its_own_size(tiny_results: nasbed.Results, style: figures.drawing.Style) -> None:
    figure = figures.render(tiny_results, "finals", style)
    assert isinstance(figure, NotebookFigure)
    before = figure.dpi
    picture, size = figure._repr_png_()
    pixels = imread(io.BytesIO(picture))
    inches = figure.get_size_inches()
    assert np.allclose(inches * 96, (size["width"], size["height"]), atol=0.5)
    assert np.allclose(pixels.shape[1::-1], inches * 192, atol=1)
    assert pixels.std() > 0
    assert figure.dpi == before
    assert picture == figure._repr_png_()[0]
