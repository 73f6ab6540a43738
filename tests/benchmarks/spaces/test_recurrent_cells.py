"""Recurrent cells: writings of one cell, texts and recipes, and what is no cell."""

from __future__ import annotations

import json
import random

import made_nlp as made
import pytest

from nasbed.benchmarks.spaces.nasbench_nlp import RecurrentCellWritings
from nasbed.benchmarks.spaces.recurrent_cells import cell_of_recipe, format_cell, parameters_of, parse_cell
from nasbed.errors import ArchitectureError

ALIKE = "|linear~x+h0|linear~x+h0|linear~x+h0|linear~x+h0|prod~1+2|prod~3+4|sum~5+6>h0|"
"""A cell with eight ways to swap its nodes that leave it as it is."""
LSTM = (
    "|linear~x+h0|linear~x+h0|linear~x+h0|linear~x+h0|tanh~1|tanh~2|sigm~3|sigm~4|prod~h1+7|prod~5+8|sum~9+10>h1|tanh~11"
    "|prod~6+12>h0|"
)


@pytest.mark.parametrize("text", [*made.CELLS, ALIKE, LSTM])
def test_names_and_orders_do_not_matter(text: str) -> None:
    cell, rng = parse_cell(text), random.Random(2)
    for trial in range(10):
        names = [f"node_{number}" for number in rng.sample(range(50), 15)]
        assert cell_of_recipe(json.dumps(made.recipe(text, names, rng))) == cell, trial
    assert parse_cell(format_cell(cell)) == cell


def test_further_states_have_no_names_of_their_own() -> None:
    first = "|linear~x+h0|tanh~1>h0|linear~x+h1|tanh~3>h1|linear~x+h2|sigm~5>h2|"
    other = "|linear~x+h0|tanh~1>h0|linear~x+h1|sigm~3>h1|linear~x+h2|tanh~5>h2|"
    alone = "|linear~x+h0|tanh~1>h0|linear~x+h2|tanh~3>h2|"
    assert parse_cell(first) == parse_cell(other)
    assert format_cell(parse_cell(alone)) == format_cell(parse_cell(alone.replace("h2", "h1")))
    assert ">h1" in format_cell(parse_cell(alone))


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("|linear~x+h0|sigm~1|linear~x|blend~2+3+h0>h0|", "|linear~x+h0|sigm~1|linear~x|blend~2+h0+3>h0|"),
        ("|linear~x+h0|linear~x+h0|sum~1+2>h0|", "|linear~x+h0|tanh~1|sum~1+2>h0|"),
        ("|linear~x+h0|tanh~1|sigm~1|sum~2+3>h0|", "|linear~x+h0|linear~x+h0|tanh~1|sigm~2|sum~3+4>h0|"),
        ("|linear~x+h0|tanh~1>h0|sigm~h1>h1|", "|linear~x+h0|sigm~1>h0|tanh~h1>h1|"),
    ],
)
def test_what_differs_in_more_is_another_cell(text: str, other: str) -> None:
    assert parse_cell(text) != parse_cell(other)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", r"malformed cell ''; the form is \|linear~x\+h0\|tanh~1>h0\|"),
        ("|linear~x+h0|tanh~2>h0|", r"the nodes 2 read each other in a circle"),
        ("|linear~x+2|tanh~1>h0|", r"the nodes 1, 2 read each other in a circle"),
        ("|linear~x+h0|tanh~1|", r"the cell makes no state; expected h0"),
        ("|linear~x+h0>h1|", r"the cell makes h1; expected h0, and each other state that it has, once"),
        ("|linear~x+h0>h0|tanh~1>h0|", r"the cell makes h0, h0; expected h0"),
        ("|linear~x+h1|tanh~1>h0|", r"the cell reads h1 and makes no new one"),
        ("|linear~x+h0|sigm~1|tanh~1>h0|", r"no state is made of node 2; leave it out"),
        ("|linear~x+h0|tanh~1+x>h0|", r"node 2, tanh, has 2 inputs; expected 1$"),
        ("|linear~x+x>h0|", r"node 1, linear, reads an input twice; expected each once"),
        ("|linear~x+h0|tanh~9>h0|", r"node 2 reads '9'; expected x, h0, h1, h2, or the place of one of the 2 nodes"),
        ("|linear~x+h0>h7|", r"node 1 makes h7; the states are h0, h1, h2"),
        ("|linear~x+h0|tahn~1>h0|", r"unknown operation of node 2 'tahn'; did you mean 'tanh'\?"),
        ("|linear~x>h0" + "|tanh~1" * 24 + "|", r"the cell has 25 nodes; expected 1 \.\. 24"),
    ],
)
def test_what_is_no_cell_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ArchitectureError, match=problem):
        parse_cell(text)


@pytest.mark.parametrize(
    ("recipe", "problem"),
    [
        ("nothing", r"the recipe 'nothing' is no JSON"),
        ("[" * 100_000, r"is no JSON"),
        ("[1]", r"is no object of nodes by name"),
        ("{}", r"the cell has 0 nodes; expected 1 \.\. 24"),
        ('{"x": {"op": "linear", "input": ["h_prev_0"]}}', r"the recipe has a node 'x', which is what a cell reads"),
        ('{"h_new_0": {"op": "linear"}}', r"node 'h_new_0' is .*; expected its op and a list, its input"),
        ('{"h_new_0": {"op": ["linear"], "input": ["x"]}}', r"unknown operation of node 'h_new_0' \['linear'\]"),
        (
            '{"h_new_0": {"op": "linear", "input": ["y"]}}',
            r"node 'h_new_0' reads 'y', which is neither a node nor x nor h_prev_0",
        ),
        ('{"h_new_0": {"op": "linear", "input": [{}]}}', r"node 'h_new_0' reads \{\}, which is neither"),
    ],
)
def test_what_is_no_recipe_is_refused(recipe: str, problem: str) -> None:
    with pytest.raises(ArchitectureError, match=problem):
        cell_of_recipe(recipe)


def test_numbers_of_a_cell_in_any_writing_have_one_canonical_writing() -> None:
    writings = RecurrentCellWritings(4)
    arch = writings.parse("|linear~x+h0|tanh~1>h0|")
    assert writings.format(arch) == "|linear~x+h0|tanh~1>h0|"
    spread = (0,) * 5 + (1, 2, 1, 0, 0) + (0,) * 5 + (2, 0, 6, 0, 1)
    assert writings.canonical(spread) == arch
    for wrong, problem in (
        ((1, 2), "expected a tuple of 20 integers"),
        ((9, *arch[1:]), "outside the space 'nasbench_nlp'"),
        ((0,) * 20, r"the cell has 0 nodes; expected 1 \.\. 4"),
    ):
        with pytest.raises(ArchitectureError, match=problem):
            writings.canonical(wrong)


def test_weights_are_those_of_linear_maps() -> None:
    cell = parse_cell("|linear~x+h0|linear~1|tanh~2>h0|")
    assert parameters_of(cell, [(2, 3)]) == 3 * (1 + 2 + 3) + 3 * (1 + 3)
