"""Cells as drawings: layers, ways, what is said of vertices and edges, and what has no cell."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise
from pathlib import Path

import made_nlp as made
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import nasbed
from nasbed.benchmarks.nasbench_nlp import NASBenchNLP
from nasbed.benchmarks.spaces.nasbench101 import NASBench101Space
from nasbed.commands import catalogue
from nasbed.errors import ArchitectureError, UnknownNameError
from nasbed.figures.architecture_drawing import drawn
from nasbed.figures.cell_drawing import kind_of, orders
from nasbed.figures.layered import layout
from nasbed.reports import architectures
from nasbed.vocabulary import Graph, graph_of

STUDY = """
name = "cells"
seeds = 3
budget = { evaluations = 4 }
[[benchmark]]
use = "nasbench_nlp"
[[strategy]]
use = "random_search"
"""


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data home with the made-up table of recurrent cells."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NASBED_DATA", str(folder))
        made.imported(folder)
        yield folder


def cells() -> list[Graph]:
    """Recurrent cells, and cells of NAS-Bench-101."""
    recurrent, convolutional = NASBenchNLP().space, NASBench101Space(5)
    found = [recurrent.graph(arch) for arch in recurrent.archs]
    return found + [convolutional.graph(convolutional.at(index)) for index in range(0, 2532, 97)]


def test_every_edge_leads_downwards_from_its_source_to_its_target() -> None:
    for graph in cells():
        found = layout(graph)
        assert set(found.places) == {vertex for edge in graph.edges for vertex in edge}
        assert len(set(found.places.values())) == len(found.places)
        for (source, target), way in zip(graph.edges, found.ways, strict=True):
            assert way[0] == found.places[source]
            (across, depth), (end, last) = found.places[target], way[-1]
            assert depth == last
            assert abs(end - across) <= (len(graph.labels[target]) / 2 if target in graph.ordered else 0)
            assert [depth for _, depth in way] == list(range(way[0][1], way[-1][1] + 1))
            assert not set(way[1:-1]) & set(found.places.values()), "an edge goes through another vertex"
        assert all(0 < across < found.width and 0 <= depth < found.depth for across, depth in found.places.values())


def test_what_is_in_a_layer_has_the_room_that_its_label_needs() -> None:
    for graph in cells():
        found = layout(graph)
        for one, other in combinations(found.places, 2):
            (left, depth), (right, level) = found.places[one], found.places[other]
            if depth == level:
                assert abs(left - right) > (len(graph.labels[one]) + len(graph.labels[other])) / 2 + 2


def test_the_ends_of_numbered_edges_stand_side_by_side_in_the_order_in_which_they_come() -> None:
    for graph in cells():
        found = layout(graph)
        for vertex in graph.ordered:
            into = sorted(
                way[-2:] for way, (_, target) in zip(found.ways, graph.edges, strict=True) if target == vertex
            )
            ends = [end for _, (end, _) in into]
            assert ends == sorted(ends)
            assert min(after - before for before, after in pairwise(ends)) > 1.5


def test_edges_that_need_not_cross_do_not() -> None:
    crossed = Graph(("a", "b", "c", "d"), ((0, 3), (1, 2)), frozenset({2, 3}))
    places = layout(crossed).places
    assert (places[0][0] < places[1][0]) == (places[3][0] < places[2][0])


def test_a_drawing_shows_every_vertex_inside_of_the_page() -> None:
    space = NASBenchNLP().space
    for arch in space.archs:
        figure = drawn(space, arch)
        (axes,), renderer = figure.axes, FigureCanvasAgg(figure).get_renderer()
        (left, right), (low, high) = axes.get_xlim(), axes.get_ylim()
        graph = space.graph(arch)
        vertices = [text for text in axes.texts if not text.get_text().isdigit()]
        assert sorted(text.get_text() for text in vertices) == sorted(
            label for vertex, label in enumerate(graph.labels) if any(vertex in edge for edge in graph.edges)
        )
        for text in vertices:
            box = text.get_window_extent(renderer).transformed(axes.transData.inverted())
            assert left <= box.x0 <= box.x1 <= right
            assert high <= min(box.y0, box.y1) <= max(box.y0, box.y1) <= low


def test_the_order_of_inputs_is_said_where_it_matters() -> None:
    graph = NASBenchNLP().space.graph(NASBenchNLP().space.archs[4])
    (blend,) = graph.ordered
    assert graph.labels[blend] == "blend>h0"
    assert sorted(order for (_, target), order in zip(graph.edges, orders(graph), strict=True) if target == blend) == [
        1,
        2,
        3,
    ]
    assert {order for (_, target), order in zip(graph.edges, orders(graph), strict=True) if target != blend} == {0}
    assert [kind_of(graph, vertex) for vertex in (0, 4, blend)] == ["input", "inner", "output"]


def test_a_page_has_the_cells_of_the_architectures_that_it_shows(tmp_path: Path) -> None:
    results = nasbed.run_study(nasbed.Study.parse(STUDY), tmp_path / "out")
    (label,) = results.benchmarks
    found = architectures.content(results, label)
    space = results.benchmarks[label].space
    for index, graph in zip(found["indices"], found["graphs"], strict=True):
        assert graph["text"] == space.format(space.at(index))
        assert len(graph["labels"]) == len(graph["places"]) == len(graph["kinds"])
        assert len(graph["ways"]) == len(graph["orders"])


def test_a_query_draws_into_a_file(tmp_path: Path) -> None:
    for kind, first in (("pdf", b"%PDF"), ("png", b"\x89PNG"), ("svg", b"<?xml")):
        catalogue.draw("nasbench_nlp", made.CELLS[0], tmp_path / f"cell.{kind}")
        assert (tmp_path / f"cell.{kind}").read_bytes().startswith(first)
    with pytest.raises(UnknownNameError, match="unknown kind of file 'gif'; known: pdf, svg, png"):
        catalogue.draw("nasbench_nlp", "0", tmp_path / "cell.gif")
    assert graph_of(nasbed.load_benchmark("digits201").space, (0,) * 6) is None
    with pytest.raises(ArchitectureError, match="'nasbench201' has nothing to draw: it gives no graph"):
        catalogue.draw("nasbench201", "0", tmp_path / "cell.pdf")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cell.pdf", "cell.png", "cell.svg"]
